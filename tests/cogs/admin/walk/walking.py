"""Goes wherever the cards of /admin lead: every button, every option, every form, each at least once."""

import logging
import re
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from itertools import compress
from operator import not_
from typing import Any

import pytest
from nextcord.ext import commands

from bot.sandbox import Form, Person, Seen
from bot.sandbox.errors import NoAnswerError, NotOfferedError
from bot.sandbox.seen import Select
from tests.cogs.admin.test_gate import sections
from tests.cogs.admin.walk.filling import likely, send

# How often an action of one kind is tried with other records, and how many steps there are at most.
TRIES, STEPS = 2, 4000
APOLOGY = "TESTCODE"
# An id, a number, a filter or a page; which of them stands there makes no other action.
_ANY = re.compile(r".{0,3}|[A-Z_.]+|.*[0-9].*", re.DOTALL)
_ID = re.compile(r"[0-9a-f]{24}|[0-9]{15,}")
_DANGER = 4
# What switches other parts off.
LATE = ("flags:", "owner:", "erase:", "setup:")


def shape(custom_id: str, value: str = "") -> str:
    """What an action is, apart from the record it is done to."""
    area, _, rest = custom_id.partition(":")
    verb, *arguments = rest.split(":")
    parts = [f"{area}:{verb}", *("#" if _ANY.fullmatch(each) else each for each in arguments)]
    return ":".join([*parts, f"={'#' if _ID.fullmatch(value) else value}"] if value else parts)


@dataclass(frozen=True)
class Step:
    """One press or choice on a card."""

    seen: Seen
    custom_id: str
    menu: Select | None = None
    picks: tuple[Any, ...] = ()
    last: bool = False

    @property
    def values(self) -> tuple[str, ...]:
        """What is sent of the picks."""
        return tuple(str(getattr(each, "id", each)) for each in self.picks)

    @property
    def name(self) -> str:
        """What is counted as one action."""
        return shape(self.custom_id, (*self.values, "nothing")[0] if self.menu else "")


type Fill = Callable[[Walk, Step, Form], Awaitable[Seen]]


@dataclass(repr=False)
class Walk:
    """One person's walk; `trouble` is all that should not have been seen on it."""

    person: Person
    bot: commands.Bot
    caplog: pytest.LogCaptureFixture
    look: Callable[[str], list[str]] = lambda _: []
    texts: Callable[[dict[str, Any]], list[str]] = lambda _: []
    fill: Fill = field(default=lambda _walk, _step, form: send(form, likely(form)))
    trouble: list[str] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)
    sent: dict[tuple[str, tuple[str, ...]], None] = field(default_factory=dict)
    _now: deque[Step] = field(default_factory=deque)
    _later: deque[Step] = field(default_factory=deque)

    async def start(self, options: dict[str, list[dict[str, Any]]]) -> None:
        """Open every section's card, and those that need or take options with each of theirs."""
        for entry in (each.entry for each in sections(self.bot) if each.entry is not None):
            for given in options.get(entry.name, [{}]):
                self.caplog.clear()
                seen = await self.person.call(entry.path, given)
                self.arrived(f"{entry.path} {given}", seen)

    async def on(self) -> None:
        """Walk until nothing is new: what does away with things comes last."""
        steps = 0
        while (self._now or self._later) and steps < STEPS:
            step = self._now.popleft() if self._now else self._later.popleft()
            if self.done[step.name] < (TRIES if "#" in step.name else 1):
                self.done[step.name] += 1
                steps += 1
                await self._take(step)
        assert steps < STEPS

    async def _take(self, step: Step) -> None:
        self.caplog.clear()
        self.sent[step.custom_id, step.values] = None
        try:
            answer = await self._press(step)
        except (NoAnswerError, NotOfferedError) as error:
            self.trouble.append(f"{step.name}: {error}")
            return
        self.arrived(step.name, answer)
        if isinstance(answer, Form):
            await self._fill(step, answer)

    async def _fill(self, step: Step, form: Form) -> None:
        """Fill in a form, and go on from where it led."""
        name = shape(form.custom_id)
        self.sent[form.custom_id, ()] = None
        if self.done[f"form {name}"] < TRIES:
            self.done[f"form {name}"] += 1
            self.caplog.clear()
            self.arrived(f"form {name}", await self.fill(self, step, form))

    async def again(self, step: Step, answer: Seen) -> Form | None:
        """The form as it opens after an answer: from the card that was shown, or from the old one."""
        shown = next((each for each in _steps(answer) if each.name == step.name), step)
        form = await self._press(shown)
        return form if isinstance(form, Form) else None

    async def _press(self, step: Step) -> Seen | Form:
        if step.menu is None:
            return await self.person.click(step.seen, custom_id=step.custom_id)
        return await self.person._choose(step.seen, None, step.picks, step.custom_id, forged=False)

    def arrived(self, name: str, answer: Seen | Form) -> None:
        """Note what is wrong with an answer, and all that can be done next."""
        self.trouble += [f"{name}: {each}" for each in self.wrong(answer)]
        for seen in [answer, *answer.followups] if isinstance(answer, Seen) else []:
            steps = list(_steps(seen))
            late = [step.last or step.custom_id.startswith(LATE) for step in steps]
            self._now += compress(steps, map(not_, late))
            self._later += compress(steps, late)

    def wrong(self, answer: Seen | Form) -> list[str]:
        """What is wrong with an answer: an apology, an error in the log, or whatever `look` finds in it."""
        shown = answer.text
        if isinstance(answer, Seen):
            shown = "\n".join([shown, *(each.text for each in answer.followups)])
            shown += "".join(f"\n{each.label}" for each in answer.buttons)
            shown += "".join(f"\n{each.placeholder}\n{'\n'.join(each.options)}" for each in answer.selects)
        found = ["an apology"] if APOLOGY in shown else []
        found += [
            f"{record.getMessage()} {vars(record).get('traceback', record.exc_text or '')}"[-1500:]
            for record in self.caplog.records
            if record.levelno >= logging.ERROR
        ]
        for each in [answer, *answer.followups] if isinstance(answer, Seen) else []:
            found += self.texts(each.message.payload)
        return found + self.look(shown)


def _steps(seen: Seen) -> Iterator[Step]:
    for button in seen.buttons:
        if button.custom_id and button.enabled:
            yield Step(seen, button.custom_id, last=button.style == _DANGER)
    for menu in seen.selects:
        for picks in _picks(seen, menu) if menu.enabled else ():
            yield Step(seen, menu.custom_id, menu, picks, last=not picks)


def _picks(seen: Seen, menu: Select) -> Iterator[tuple[Any, ...]]:
    """Each option by itself; of people, roles and channels the first and the last; and nothing at all."""
    guild = seen.person.guild
    if menu.options:
        offered: list[Any] = list(menu.options.values())
    else:
        which: dict[int, list[Any]] = {
            5: [each.user for each in guild.members.values()],
            6: list(guild.roles.values()),
            8: list(guild.channels.values()),
        }
        offered = list(dict.fromkeys((which[menu.kind][0], which[menu.kind][-1])))
    yield from ((each,) for each in offered)
    if menu.least == 0:
        yield ()
