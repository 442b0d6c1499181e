"""Every card of /admin leads somewhere, without a word in another language, and only at home."""

import json
import re

import pytest
from nextcord.ext import commands

from bot.sandbox import Community, Form, Person, Seen
from cogs._ui.visit import Kind
from models.base import Db
from models.fund import ANONYMOUS_CELEBRATION, CELEBRATION, DISCLAIMER
from services.shops import Shop
from tests.cogs.admin.test_gate import ways
from tests.cogs.admin.walk.conftest import Stocked
from tests.cogs.admin.walk.filling import likely, send
from tests.cogs.admin.walk.walking import Walk
from tests.cogs.german import english_in

# Names of records, which the panel shows as they are stored.
STORED = {"High contrast", CELEBRATION, ANONYMOUS_CELEBRATION, DISCLAIMER}
# The share of actions for which no record stood ready: what an outside service or a fault has to come before.
MOST_UNREACHED = 0.2
_ID = re.compile(r"[0-9a-f]{24}")


async def test_every_action_is_answered_in_german_and_only_at_home(
    db: Db,
    bot: commands.Bot,
    german_owner: Person,
    stocked: Stocked,
    elsewhere: tuple[Community, Shop],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """No apology, no error in the log, nothing beyond Discord's limits, nothing left in English.

    Whoever owns another shop then sends all of it in their own guild, and neither sees nor changes a thing.
    """
    walk = Walk(german_owner, bot, caplog, look=lambda shown: [*{*english_in(shown)} - STORED])
    await walk.start(stocked.options)
    await walk.on()
    there, other = elsewhere
    thief = Walk(there.owner, bot, caplog)
    own = await there.owner.run("/admin product")
    form = await own.open("New product")
    before = await all_but(db, other)
    for custom_id, values in walk.sent:
        if _ID.search(f"{custom_id} {values}"):
            await steal(thief, (own, form), (custom_id, values), stocked.secrets)
    after = await all_but(db, other)
    assert [name for name in after if after[name] != before[name]] == []
    assert [*walk.trouble, *thief.trouble] == []
    unreached, every = never(walk, bot)
    assert len(unreached) < MOST_UNREACHED * len(every), unreached


def never(walk: Walk, bot: commands.Bot) -> tuple[set[str], set[str]]:
    """The actions that no card led to, and all that there are."""
    reached = {":".join(name.removeprefix("form ").split(":")[:2]) for name in walk.done}
    marked = {action for kind in (Kind.CLICK, Kind.FORM) for action, _ in ways(bot, kind)}
    return marked - reached, marked


async def steal(
    thief: Walk, own: tuple[Seen, Form], sent: tuple[str, tuple[str, ...]], secrets: list[str]
) -> None:
    """Send what stood on another shop's card: as a click or a choice, and as a form."""
    (seen, form), (custom_id, values) = own, sent
    thief.caplog.clear()
    data = {"custom_id": custom_id, "component_type": 3 if values else 2, "id": 1}
    answers = [await thief.person._touch(seen, data | ({"values": list(values)} if values else {}))]
    form.modal["custom_id"] = custom_id
    answers.append(await send(form, likely(form)))
    for answer in answers:
        shown = answer.text + json.dumps(answer.modal if isinstance(answer, Form) else answer.payload)
        thief.trouble += [f"stolen {custom_id} {values}: {each}" for each in thief.wrong(answer)]
        thief.trouble += [f"stolen {custom_id} {values} shows {each}" for each in secrets if each in shown]


async def all_but(db: Db, shop: Shop) -> dict[str, list[str]]:
    """Every record that is not this shop's."""
    names = await db.database.list_collection_names()
    theirs = {"tenantId": {"$ne": shop.id}}
    return {name: sorted([str(row) async for row in db.database[name].find(theirs)]) for name in names}
