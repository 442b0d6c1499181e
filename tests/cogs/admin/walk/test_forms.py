"""Every form of /admin takes whatever is typed, and the second of two who store it is told."""

import asyncio
import logging
from collections import Counter
from collections.abc import Iterator

import pytest
from nextcord.ext import commands

from bot.sandbox import Form, Person, Seen
from models.base import Db
from tests.cogs.admin.walk.conftest import Stocked
from tests.cogs.admin.walk.filling import bad_fillings, likely, send
from tests.cogs.admin.walk.walking import Step, Walk, shape

# A form that shows what was stored, and yet takes no notice of what another stored since.
LAST_WORD = {
    "stock:set": "a count of the shelf says how many there are at this moment; the ledger keeps both counts",
}
# Edits that the walk has to have come by, so that nothing here passes because there was nothing to see.
EDITS = {
    "config:general",
    "config:method",
    "customer:edit",
    "fundrule:texts",
    "goods:edit",
    "panel:save",
    "product:edit",
    "providers:keys",
    "roles:rename",
    "shipping:change",
    "tax:rate",
}


async def digest(db: Db) -> dict[str, str]:
    """What each collection holds, as a short name for all of it."""
    found: dict[str, str] = (await db.database.command("dbHash"))["collections"]
    return found


async def test_every_form_takes_whatever_is_typed(
    db: Db, bot: commands.Bot, olivia: Person, stocked: Stocked, caplog: pytest.LogCaptureFixture
) -> None:
    """Each answers in words, and what it refuses has changed nothing."""
    caplog.set_level(logging.INFO, "cogs._ui.attendance")
    tried: Counter[str] = Counter()

    async def fill(walk: Walk, step: Step, form: Form) -> Seen:
        name = shape(form.custom_id)
        for filling, values in bad_fillings(form) if not tried[name] else ():
            tried[name] += 1
            form = await badly(walk, step, form, filling, values) or form
        return await send(form, likely(form))

    async def badly(walk: Walk, step: Step, form: Form, filling: str, values: dict[str, str]) -> Form | None:
        before, answer = await digest(db), await finished(caplog, form, values)
        after, where = await digest(db), f"{form.custom_id} {filling}"
        changed = [name for name in after if after[name] != before.get(name)]
        walk.trouble += [f"{where}: {each}" for each in walk.wrong(answer)]
        if changed and refused(caplog):
            walk.trouble.append(f"{where}: refused, and yet {changed} changed: {answer.text}")
        return await walk.again(step, answer) if changed else None

    walk = Walk(olivia, bot, caplog, fill=fill)
    await walk.start(stocked.options)
    await walk.on()
    assert len(tried) > len(EDITS)
    assert walk.trouble == []


async def finished(caplog: pytest.LogCaptureFixture, form: Form, values: dict[str, str]) -> Seen:
    """Send a form, and wait for the end of what it set going, which may come after the answer."""
    caplog.clear()
    answer = await send(form, values)
    async with asyncio.timeout(5):
        while not outcomes(caplog):  # noqa: ASYNC110 - a log record sends no event
            await asyncio.sleep(0.01)
    return answer


def outcomes(caplog: pytest.LogCaptureFixture) -> list[str]:
    """How each step since the last look ended."""
    return [str(vars(record)["outcome"]) for record in caplog.records if "outcome" in vars(record)]


def refused(caplog: pytest.LogCaptureFixture) -> bool:
    """Whether the last step ended in a refusal."""
    return outcomes(caplog)[-1] != "done"


async def test_the_second_of_two_admins_is_told(
    db: Db, bot: commands.Bot, olivia: Person, stocked: Stocked, caplog: pytest.LogCaptureFixture
) -> None:
    """Both have the same form open on their screens: what the first one stores is not overwritten."""
    caplog.set_level(logging.INFO, "cogs._ui.attendance")
    raced: set[str] = set()

    async def fill(walk: Walk, step: Step, form: Form) -> Seen:
        action = ":".join(form.custom_id.split(":")[:2])
        for changed in variants(form, "1") if action not in raced else ():
            before, answer = await digest(db), await finished(caplog, form, changed)
            if await digest(db) == before:
                continue
            now = await walk.again(step, answer)
            if now is None or shows(now, form, changed):
                raced.update([action] if now else [])
                walk.trouble += [f"{action}: {each}" for each in await late(form, action) if now]
                return answer
            form = now
        return await send(form, likely(form))

    async def late(form: Form, action: str) -> list[str]:
        """What was stored by, or not told to, somebody who still has the form open."""
        wrong = []
        for changed in variants(form, "2") if action not in LAST_WORD else ():
            between, second = await digest(db), said(await finished(caplog, form, changed))
            wrong += [second] if await digest(db) != between or "Somebody" not in second else []
        return wrong

    walk = Walk(olivia, bot, caplog, fill=fill)
    await walk.start(stocked.options)
    await walk.on()
    assert walk.trouble == []
    assert EDITS - raced == set()


def variants(form: Form, more: str) -> Iterator[dict[str, str]]:
    """The form with one field changed, each in turn."""
    good = likely(form)
    for each in form.fields:
        for changed in (good[each.custom_id] + more, more):
            if len(changed) <= (each.node.get("max_length") or len(changed)):
                yield {**good, each.custom_id: changed}


def shows(now: Form, before: Form, typed: dict[str, str]) -> bool:
    """Whether a form that is opened again is filled with what was typed into it before."""
    old = {each.custom_id: each.value or "" for each in before.fields}
    return any(each.value == typed[each.custom_id] != old[each.custom_id] for each in now.fields)


def said(seen: Seen) -> str:
    """What was said, on the card and beside it."""
    return "\n".join(each.text for each in [seen, *seen.followups])
