"""A drop: a thousand customers wait with their carts, and all press Confirm for the same few things."""

import asyncio
import time
from collections import Counter
from functools import partial

from bench.load import Act, timed
from bench.mixed.place import IN_TIME, Place, Town
from bench.report import Figure, percentile
from bot.sandbox import Person, Seen
from bot.sandbox.errors import NoAnswerError
from models.inventory import InventorySnapshot
from models.member import Member
from models.product import Product

CUSTOMERS, UNITS = 1000, 200
_READY_AT_ONCE = 10
_PLACED, _WAY = "Your order is placed", "Choose how to pay"


async def measure(place: Place) -> list[Figure]:
    """All on one product with too few units, against as many people who buy what there is plenty of."""
    town = place.towns[0]
    ordinary = await _rush(place, town, [await _product(place, town, f"S{n}", CUSTOMERS) for n in range(50)])
    scarce = await _product(place, town, "DROP", UNITS)
    drop = await _rush(place, town, [scarce])
    left = await InventorySnapshot.find_one(place.db, {"tenantId": town.shop.id, "productId": scarce.key})
    assert left is not None
    assert (left.quantity_available, left.quantity_reserved) == (0, UNITS), left
    # Whoever was not answered in time may have placed an order all the same.
    assert UNITS - drop.late <= drop.placed <= UNITS, (drop.placed, drop.said)
    assert CUSTOMERS - ordinary.late <= ordinary.placed, (ordinary.placed, ordinary.said)
    return [
        Figure(
            f"a drop of {UNITS} to {CUSTOMERS} customers: seconds until all are answered / of ordinary trade",
            drop.seconds / ordinary.seconds,
            None,
            f"{drop.seconds:.1f} vs {ordinary.seconds:.1f} s; p50 {drop.p50:.2f} vs {ordinary.p50:.2f}, "
            f"p95 {drop.p95:.2f} vs {ordinary.p95:.2f} s; {drop.placed} placed, none too many",
        ),
        Figure(
            f"a drop: people whom nobody answered within {IN_TIME:.0f} s / all",
            drop.late / CUSTOMERS,
            0.0,
            f"{drop.late} vs {ordinary.late} in ordinary trade",
            at_most=True,
        ),
    ]


class _Outcome:
    """How a rush went."""

    def __init__(self, seconds: float, taken: list[float], texts: list[str | None]) -> None:
        self.seconds = seconds
        self.p50, self.p95 = percentile(taken, 50), percentile(taken, 95)
        self.placed = sum(text is not None and _PLACED in text for text in texts)
        self.late = texts.count(None)
        self.said = Counter(text and text[:100] for text in texts)


async def _product(place: Place, town: Town, name: str, units: int) -> Product:
    owner = _member(town.guild.owner)
    fields = {"name": f"Scarce {name}", "sku": name, "price_cents": 5000, "is_digital": True}
    product = await place.services.catalog.create(town.shop, owner, fields)
    await place.services.stock.restock(town.shop, owner, product.key, units, "bench")
    return product


async def _rush(place: Place, town: Town, products: list[Product]) -> _Outcome:
    """Everybody has one of these in the cart and sees the review; then all press at once."""
    reviews: list[Seen] = []

    async def prepare(person: Person, product: Product) -> None:
        await place.services.carts.clear(town.shop, _member(person))
        await place.services.carts.add(town.shop, _member(person), product.key, 1)
        while (review := await _review(person)) is None:  # noqa: ASYNC110 - a person tries again
            await asyncio.sleep(1.0)
        reviews.append(review)

    acts: list[Act] = [
        partial(prepare, person, products[at % len(products)])
        for at, person in enumerate(town.people[:CUSTOMERS])
    ]
    await timed(acts, _READY_AT_ONCE)
    await place.discord.quiet(0.5, timeout=60)
    began = time.perf_counter()
    pressed = await asyncio.gather(*map(_press, reviews))
    seconds = time.perf_counter() - began
    # What the orders owe belongs to nobody else's measurement.
    await place.discord.quiet(1.0, timeout=300)
    return _Outcome(seconds, [taken for taken, _ in pressed], [text for _, text in pressed])


async def _review(person: Person) -> Seen | None:
    """What is left of a checkout but Confirm; a way to pay that was chosen before is kept."""
    try:
        seen = await person.run("/checkout")
        return await seen.choose(_WAY, "Venmo") if seen.selects else seen
    except NoAnswerError:
        return None


async def _press(review: Seen) -> tuple[float, str | None]:
    """How long somebody waited, and what came; None where Discord said that nobody answers."""
    began = time.perf_counter()
    try:
        text = (await review.press("Confirm")).text
    except NoAnswerError:
        return time.perf_counter() - began, None
    return time.perf_counter() - began, text


def _member(person: Person) -> Member:
    return Member(str(person.id), person.user.name, person.name)
