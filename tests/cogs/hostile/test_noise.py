"""Ids, choices and forms made by hand: each is answered in words, and nothing comes of it."""

import itertools
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from nextcord.ext import commands

from bot.sandbox import Form, Person, Seen
from cogs._ui.desk import Desk
from cogs._ui.visit import Kind
from models.base import Db
from tests.cogs.admin.conftest import everything
from tests.cogs.admin.walk.conftest import Stocked
from tests.cogs.admin.walk.walking import APOLOGY

ODD = (
    "", "0", "-1", "9" * 19, "1e9", "NaN", "٣٤", "²", "%00", "%ff%fe", "%", "../../etc", "$gt", "{'$ne':1}",
    "a" * 24, "f" * 24, "6b07d60c375397bfbf13c4a8", "g1~x", "\u202e@everyone", "👩‍👩‍👧", "1" * 70, "null",
)  # fmt: skip


def desk_of(bot: commands.Bot) -> Desk:
    """The desk at which all of this bot's interactions arrive."""
    (desk,) = {id(found): found for cog in bot.cogs.values() if (found := desk_behind(cog))}.values()
    return desk


def desk_behind(cog: Any) -> Desk | None:
    """The desk of a cog, also when a gate stands before it."""
    found: Desk | None = getattr(cog, "desk", None)
    while found is not None and hasattr(found, "_desk"):
        found = found._desk
    return found


def actions(bot: commands.Bot, kind: Kind) -> list[tuple[str, int]]:
    """Every action that a click or a form can name, with how many arguments it takes."""
    routes = desk_of(bot)._routes.items()
    found = [(action, route.most) for (its_kind, action), route in routes if its_kind is kind]
    assert len(found) > 50
    return found


def forged(action: str, most: int, odd: Iterator[str]) -> Iterator[str]:
    """Ids that name this action: with odd arguments, with none, and with too many."""
    for _ in range(2 if most else 0):
        yield ":".join([action, *(next(odd) for _ in range(min(most, 3)))])
    yield action
    yield ":".join([action, *["1"] * (most + 1)])


def unknown() -> Iterator[str]:
    """Ids that nobody handles, in any version."""
    yield from (
        "",
        ":",
        "::",
        "cart",
        "cart:",
        ":view",
        "nobody:knows:this",
        "x" * 100,
        "\x00",
        "🛒:🛒",
        "g~",
        "g1~",
    )
    yield from (
        "CART:VIEW",
        " cart:view",
        "cart:view\n",
        "gx~cart:view",
    )
    yield from ("cart:view" + ":1" * 45, "%63art:view", "admin:config", "__init__:run", "cart:_show")


def wrong(answer: Seen | Form, caplog: pytest.LogCaptureFixture) -> str:
    """Why this is no good answer; empty for one that is."""
    said = "\n".join(
        each.text for each in ([answer, *answer.followups] if isinstance(answer, Seen) else [answer])
    )
    errors = [
        vars(each).get("traceback") or each.getMessage()
        for each in caplog.records
        if each.levelno >= logging.ERROR
    ]
    return "\n".join([*([said[-200:]] if APOLOGY in said else []), *(each[-900:] for each in errors)])


async def press(person: Person, seen: Seen, custom_id: str, values: list[str] | None) -> Seen | Form:
    """Click a button, or choose in a menu, that is on no message."""
    data: dict[str, Any] = {"custom_id": custom_id, "component_type": 2 if values is None else 3, "id": 1}
    return await person._touch(seen, data | ({} if values is None else {"values": values}))


VALUES: tuple[list[str] | None, ...] = (
    None, [], [""], ["1"], ["nonsense"], ["9" * 25], ["x" * 100], [str(at) for at in range(30)], ["\x00"],
)  # fmt: skip


@pytest.mark.parametrize("who", ["ada", "olivia"])
async def test_clicks_and_choices_made_by_hand_are_answered(
    bot: commands.Bot,
    ada: Person,
    olivia: Person,
    caplog: pytest.LogCaptureFixture,
    stocked: Stocked,
    who: str,
) -> None:
    """Every action, by a customer and by whoever may do everything: in words, and none is a fault of ours."""
    assert stocked.secrets
    person = {"ada": ada, "olivia": olivia}[who]
    seen, trouble = await person.run("/help"), []
    odd, choices = itertools.cycle(ODD), itertools.cycle(VALUES)
    for action, most in actions(bot, Kind.CLICK):
        for custom_id in forged(action, most, odd):
            caplog.clear()
            values = next(choices)
            answer = await press(person, seen, custom_id, values)
            if problem := wrong(answer, caplog):
                trouble.append(f"{custom_id!r} {values}: {problem}")
    assert trouble == []


async def test_forms_made_by_hand_are_answered(
    bot: commands.Bot, olivia: Person, caplog: pytest.LogCaptureFixture, stocked: Stocked
) -> None:
    """Without any field, with one that no form has, with one that is no text or beyond all lengths."""
    assert stocked.secrets
    form = await (await olivia.run("/admin product")).open("New product")
    odd, trouble = itertools.cycle(ODD), []
    fields: Iterator[list[Any]] = itertools.cycle(
        [
            [],
            [{"type": 18, "component": {}}],
            [part("nobody", "x")],
            [part("name", "y" * 5000)],
            [part("code", None)],
        ]
    )
    for action, most in actions(bot, Kind.FORM):
        for custom_id in forged(action, most, odd):
            caplog.clear()
            data = {"custom_id": custom_id, "components": next(fields)}
            if problem := wrong(await olivia.send_form(form, data), caplog):
                trouble.append(f"{custom_id!r} {data['components']}: {problem}")
    assert trouble == []


def part(name: str, value: str | None) -> dict[str, Any]:
    """One field of a form as it comes back."""
    return {"type": 18, "id": 1, "component": {"type": 4, "id": 2, "custom_id": name, "value": value}}


async def test_ids_of_no_version_say_so(
    db: Db, bot: commands.Bot, ada: Person, caplog: pytest.LogCaptureFixture
) -> None:
    """Buttons of an old release, and what never was one: the person learns what to do, nothing changes."""
    assert bot.user
    seen = await ada.run("/cart view")
    before = await everything(db)
    for custom_id in unknown():
        caplog.clear()
        answer = await press(ada, seen, custom_id, None)
        assert isinstance(answer, Seen), custom_id
        said = "\n".join(each.text for each in [answer, *answer.followups])
        assert "older version" in said or "server" in said, (custom_id, said)
        assert wrong(answer, caplog) == "", custom_id
    assert await everything(db) == before
