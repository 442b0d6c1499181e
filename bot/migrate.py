"""`run.py migrate`: does ahead, while the release before still sells, what a start would have to wait for."""

import contextlib
from collections.abc import Callable

from pymongo.errors import PyMongoError

from bot.config import Settings
from bot.embedded import Mongod
from bot.outside import open_database
from bot.upkeep import Upkeep
from models.index_plan import build, lacking
from models.migrations import migrations
from models.registry import IndexRefused
from models.schema import SchemaRefused

type Say = Callable[[str], object]


async def migrate(settings: Settings, say: Say) -> int:
    """Move records and build indexes until nothing is left; status 1 with a sentence when that cannot be.

    Raises EmbeddedUnavailable, also while a bot runs on the data folder.
    """
    async with contextlib.AsyncExitStack() as stack:
        if settings.database.uri is not None:
            uri = settings.database.uri.get_secret_value()
        else:
            uri = await stack.enter_async_context(Mongod(settings.data_dir))
        db = open_database(uri, settings.database.name)
        stack.callback(db.client.close)
        kept = settings.retention
        try:
            upkeep, known = Upkeep(db, kept=kept), migrations()
            for each in known[(await upkeep.standing()).version :]:
                say(f"Migration {each.number} of {len(known)}: {each.what}.")
                await upkeep.move(each.number)
            for wanted in await lacking(db, kept):
                say(f"Index {wanted.name}.")
                await build(db, wanted)
        except (SchemaRefused, IndexRefused) as reason:
            say(str(reason))
            return 1
        except PyMongoError as error:
            why = type(error).__name__
            say(f"The database could not be used ({why}): `run.py check` says what is wrong.")
            return 1
    say(f"The database is at schema {len(known)}, and every index is there.")
    return 0
