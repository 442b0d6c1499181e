"""How the demo's people act: each click is told, and one that does not lead on raises."""

from collections.abc import Callable
from typing import Any

from bot.demo_telling import Telling
from bot.sandbox import Form, Person, Sandbox, Seen


class WentWrong(Exception):
    """The story cannot go on; the text says in one sentence what was missing."""


class Acting:
    """What every scene is made of; `quietly` leaves out what the person then sees."""

    def __init__(self, telling: Telling, discord: Sandbox) -> None:
        self._tell = telling
        self._discord = discord

    async def _run(self, who: Person, path: str, *, quietly: bool = False, **options: Any) -> Seen:
        typed = "".join(f" {name}: {value}" for name, value in options.items())
        self._tell.does(who, f"runs {path}{typed}")
        seen = await who.run(path, **options)
        if not quietly:
            self._tell.sees(seen)
        return seen

    async def _press(self, seen: Seen, label: str, *, quietly: bool = False) -> Seen:
        self._tell.does(seen.person, f"presses [{label}]")
        answer = await seen.press(label)
        if not quietly:
            self._tell.sees(answer)
        return answer

    async def _choose(
        self, seen: Seen, menu: str, pick: Any, called: str = "", *, quietly: bool = False
    ) -> Seen:
        self._tell.does(seen.person, f'chooses {called or pick} in "{menu}"')
        answer = await seen.choose(menu, pick)
        if not quietly:
            self._tell.sees(answer)
        return answer

    async def _open(self, seen: Seen, label: str) -> Form:
        self._tell.does(seen.person, f"presses [{label}] and fills in the form")
        return await seen.open(label)

    async def _submit(self, form: Form, values: dict[str, str], *, quietly: bool = False) -> Seen:
        self._tell.fills(form, values)
        answer = await form.submit(values)
        if not quietly:
            self._tell.sees(answer, "and sees:")
        return answer

    async def _until(self, happened: Callable[[], object], what: str) -> None:
        await self._discord.until(happened, what=what)

    async def _dm(self, who: Person, number: str, words: str, what: str) -> Seen:
        """The DM about this order that says these words, once it is there."""

        def found() -> list[Seen]:
            return [seen for seen in who.dms if words in seen.text and number in seen.text]

        await self._until(found, what)
        self._tell.sees(found()[-1], f"{who.name} receives a DM:")
        return found()[-1]


def number_of(seen: Seen) -> str:
    """The number of the order that a card shows; raises WentWrong where it shows none."""
    title = str(seen.embeds[0].get("title", "")) if seen.embeds else ""
    if not title.startswith("Order "):
        raise WentWrong(f"after Confirm {seen.person.name} saw no order but: {seen.text[:200]}")
    return title.removeprefix("Order ")
