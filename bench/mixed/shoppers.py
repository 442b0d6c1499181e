"""What people do in a shop all day, each act timed by its kind."""

import random
import time
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from bson import ObjectId

from bench.mixed.place import Place, Town, registered
from bot.sandbox import Person, Seen
from bot.sandbox.errors import NoAnswerError, NotOfferedError
from models.order import Order

_APOLOGY = "Something went wrong on our side"
_WAY = "Choose how to pay"
# How often each is done, and after how many things in the cart somebody buys.
_WEIGHTS = {"browse": 40, "look": 20, "add": 25, "view": 8, "orders": 7}
_FULL = 3


@dataclass
class Tally:
    """What was done while it counted: the seconds of each act by kind, and what went wrong."""

    taken: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    wrong: Counter[str] = field(default_factory=Counter)

    async def time[T](self, kind: str, act: Callable[[], Awaitable[T]]) -> T | None:
        """Do it and note how long it took; None when it was not answered as it should be."""
        began = time.perf_counter()
        try:
            done = await act()
        except (NoAnswerError, NotOfferedError, OSError) as error:
            self.wrong[f"{kind}: {type(error).__name__}"] += 1
            return None
        self.taken[kind].append(time.perf_counter() - began)
        if isinstance(done, Seen) and _APOLOGY in done.text:
            self.wrong[f"{kind}: apology"] += 1
        return done

    @property
    def all(self) -> list[float]:
        """Every act's seconds."""
        return [each for taken in self.taken.values() for each in taken]


class Shopper:
    """Somebody who looks around, and buys when the cart holds enough."""

    def __init__(self, town: Town, person: Person, tally: Tally, seed: int) -> None:
        self._town, self._person, self._tally = town, person, tally
        self._dice = random.Random(seed)  # noqa: S311 - the same people every time, not secrecy
        self._put = 0

    async def act(self) -> None:
        """The next thing."""
        if self._put >= _FULL:
            self._put = 0
            await self._buy()
            return
        (kind,) = self._dice.choices(list(_WEIGHTS), list(_WEIGHTS.values()))
        self._put += kind == "add"
        await self._tally.time(kind, getattr(self, f"_{kind}"))

    async def _browse(self) -> Seen:
        return await self._person.run("/shop browse")

    async def _look(self) -> Seen:
        return await self._person.run("/shop product", name=self._dice.choice(self._town.products))

    async def _add(self) -> Seen:
        return await self._person.run("/cart add", product=self._dice.choice(self._town.products))

    async def _view(self) -> Seen:
        return await self._person.run("/cart view")

    async def _orders(self) -> Seen:
        return await self._person.run("/orders list")

    async def _buy(self) -> None:
        seen = await self._tally.time("checkout", lambda: self._person.run("/checkout"))
        if seen is None:
            return
        if not seen.selects:
            # A way that was chosen before is kept.
            await self._tally.time("confirm", lambda: seen.press("Confirm"))
            return
        way = self._dice.choice(("Venmo", "Cash App Pay"))
        review = await self._tally.time("choose", lambda: seen.choose(_WAY, way))
        if review is not None:
            await self._tally.time("confirm", lambda: review.press("Confirm"))


class Payers:
    """Those who pay on Square's page, and Square, which tells the listener of it."""

    def __init__(self, place: Place, tally: Tally) -> None:
        self._place, self._tally = place, tally
        self._seen = set(place.square.links)
        self.paid = 0

    async def pay(self) -> int:
        """Pay everything whose page is new; how many pages that were."""
        square = self._place.square
        new = [link for link in square.links if link not in self._seen]
        for link in new:
            self._seen.add(link)
            town = await self._town_of(square.links[link])
            square.registered_url = registered(town)
            square.pay(f"{square.links[link]['order_id']}:{link}")
            url, notices = self._place.webhook_of(town), square.notices[:]
            square.notices.clear()
            for notice in notices:
                status = await self._tally.time("webhook", partial(square.deliver, notice, url))
                if status != 200:
                    self._tally.wrong[f"webhook: {status}"] += 1
            self.paid += 1
        return len(new)

    async def _town_of(self, link: dict[str, Any]) -> Town:
        """Whose link it is: its note names the order."""
        order = await Order.rows(self._place.db).find_one({"_id": ObjectId(link["note"])})
        return next(each for each in self._place.towns if order and each.shop.id == order["tenantId"])


async def look_at_reports(place: Place, tally: Tally, number: int) -> None:
    """The owner of a town looks how it is going."""
    town = place.towns[number % len(place.towns)]
    await tally.time("report", lambda: town.guild.owner.run("/admin analytics"))
