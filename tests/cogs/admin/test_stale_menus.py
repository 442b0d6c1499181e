"""A menu that sets a whole list stores nothing once somebody else chose otherwise."""

from collections.abc import Awaitable, Callable

import pytest

from bot.sandbox import Community, Person, Seen
from models.access import Role
from models.base import Db
from services.shops import Shop
from tests.cogs.admin.conftest import everything
from tests.cogs.admin.test_discount import NAME, new
from tests.services.conftest import MakeProduct

pytestmark = pytest.mark.usefixtures("bot")

type Open = Callable[[], Awaitable[Seen]]


async def second_is_told(db: Db, show: Open, menu: str, first: object, second: object) -> None:
    """Two look at the same card; whoever chooses second reads it, and what the first chose stays."""
    one, other = await show(), await show()
    await one.choose(menu, first)
    stored = await everything(db)
    answer = await other.choose(menu, second)
    said = "\n".join(each.text for each in (answer, *answer.followups))
    assert "Somebody changed this record" in said, menu
    assert await everything(db) == stored, menu
    again = await (await show()).choose(menu, second)
    assert "Somebody changed this record" not in again.text
    assert await everything(db) != stored, menu


@pytest.mark.parametrize("menu", ["Roles of the admins", "Roles of the staff"])
async def test_who_runs_the_shop(db: Db, guild: Community, olivia: Person, menu: str) -> None:
    """Nobody loses the role that another chose a moment ago."""

    async def show() -> Seen:
        return await (await olivia.run("/admin config")).choose("Change a part", "Who runs the shop")

    await second_is_told(db, show, menu, guild.add_role("Helpers"), guild.add_role("Packers"))


async def test_what_customers_are_offered(db: Db, olivia: Person) -> None:
    """A way to pay that was switched on stays on."""

    async def show() -> Seen:
        return await (await olivia.run("/admin config")).choose("Change a part", "Ways to pay")

    await second_is_told(db, show, "What customers are offered", "Zelle", "Venmo")


@pytest.mark.parametrize("menu", ["Roles that the buyer gets", "Roles that may buy (empty: everybody)"])
async def test_roles_of_a_product(
    db: Db, guild: Community, olivia: Person, product: MakeProduct, menu: str
) -> None:
    """Both lists of roles."""
    mug = await product()

    async def show() -> Seen:
        return await olivia.run("/admin product", {"name": mug.key})

    await second_is_told(db, show, menu, guild.add_role("Helpers"), guild.add_role("Packers"))


async def test_roles_of_a_discount(db: Db, guild: Community, olivia: Person) -> None:
    """A discount that nobody used yet."""
    await new(olivia, **{NAME: "Summer"})

    async def show() -> Seen:
        seen = await olivia.run("/admin discount")
        return await seen.choose("Open a discount", *list(seen.select("Open a discount").options)[:1])

    menu = "Only for these roles (empty: everybody)"
    await second_is_told(db, show, menu, guild.add_role("Helpers"), guild.add_role("Packers"))


async def test_who_may_pay_out_of_the_fund(db: Db, shop: Shop, olivia: Person) -> None:
    """By the names of the shop's own roles."""
    for name in ("Elders", "Keepers"):
        await Role(tenant_id=shop.id, name=name).insert(db)
    await (await olivia.run("/admin fund")).press("Switch on")

    async def show() -> Seen:
        return await olivia.run("/admin fund")

    await second_is_told(db, show, "Roles that may pay out", "Elders", "Keepers")
