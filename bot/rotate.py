"""`run.py rotate`: seals everything that is stored anew under the newest secret, while the shop sells."""

import contextlib
from collections.abc import AsyncIterator, Callable

from pymongo.errors import PyMongoError

from bot.config import Settings
from bot.embedded import EmbeddedInUse, Mongod
from bot.outside import open_database, outside_from
from models.access import Identity
from models.base import Db
from models.data_import import DataImport
from models.digital_key import DigitalKey
from models.provider import Provider
from services.clock import SystemClock
from services.resealing import Resealed, Resealing

_WORDS = {
    Provider.__collection__: "keys to providers",
    Identity.__collection__: "secrets of linked accounts",
    DigitalKey.__collection__: "keys that are sold",
    DataImport.__collection__: "files that are being brought in",
}
_RUNNING = (
    "The bot is running on this data folder, and seals everything anew by itself. Its log says "
    "`secrets_resealed` with the counts; once that counts nothing as renewed, the old secret is not needed."
)
_DONE = (
    "Everything is under the newest secret. The old one can be left out of security.secrets; links that it "
    "signed (invoices for 30 days, reports for 90 at most) and backups made before now still need it."
)

type Say = Callable[[str], object]


async def rotate(settings: Settings, say: Say) -> int:
    """Say what was done in counts; status 1 with a sentence where something is left."""
    try:
        async with _database(settings) as db:
            found = await Resealing(db, SystemClock(), outside_from(settings).vault).everything()
    except EmbeddedInUse:
        say(_RUNNING)
        return 0
    except PyMongoError as error:
        say(f"The database could not be used ({type(error).__name__}): `run.py check` says what is wrong.")
        return 1
    for line in _counted(found):
        say(line)
    return _verdict(settings, found, say)


@contextlib.asynccontextmanager
async def _database(settings: Settings) -> AsyncIterator[Db]:
    async with contextlib.AsyncExitStack() as stack:
        if settings.database.uri is not None:
            uri = settings.database.uri.get_secret_value()
        else:
            uri = await stack.enter_async_context(Mongod(settings.data_dir))
        db = open_database(uri, settings.database.name)
        stack.callback(db.client.close)
        yield db


def _counted(found: Resealed) -> list[str]:
    return [
        f"{words}: {found.sealed[name]} sealed, {found.renewed[name]} of them anew"
        + (f", {found.unreadable[name]} open under no secret" if found.unreadable[name] else "")
        for name, words in _WORDS.items()
    ]


def _verdict(settings: Settings, found: Resealed, say: Say) -> int:
    if found.missed:
        say("Some were changed at the same moment. Run this once more.")
        return 1
    if found.unreadable:
        say("What opens under no secret needs the secret that sealed it: put that last in security.secrets.")
        return 1
    if len(settings.security.secrets) == 1:
        say("There is one secret only. To change it, put a new one before it and run this again.")
        return 0
    say(_DONE)
    return 0
