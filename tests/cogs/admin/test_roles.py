"""/admin people roles: made, filled by menus, given and deleted; nobody gives more than they hold."""

import asyncio

import pytest

from bot.sandbox import Community, Person, Seen
from models.access import Role
from models.audit import AuditLog
from models.base import Db
from services import Services
from services.access import Permission
from services.shops import Shop
from tests.cogs.admin.conftest import Neighbour, everything
from tests.cogs.admin.test_user import said
from tests.cogs.conftest import member
from tests.services.role_making import made_role

pytestmark = pytest.mark.usefixtures("bot")
P = Permission
NAME, GIVE, TAKE = "Name of the role", "Give it to a member", "Take it from"


async def opened(staff: Person, name: str) -> Seen:
    """The card of a role."""
    return await (await staff.run("/admin people roles")).choose("Open a role", name)


async def test_a_role_is_made_filled_given_and_deleted(db: Db, olivia: Person, bob: Person) -> None:
    """Each menu holds one heading; what was chosen before stays chosen."""
    seen = await (await (await olivia.run("/admin people roles")).open("New role")).submit({NAME: "Packers"})
    seen = await seen.choose("Orders and money", P.ORDER_VIEW, P.ORDER_SHIP)
    seen = await seen.choose("Goods", P.STOCK_MANAGE)
    assert seen.select("Orders and money").chosen == ("Look at orders", "Pack and send parcels")
    seen = await (await seen.press("Back to the role")).choose(GIVE, bob)
    assert "• Pack and send parcels" in seen.text
    assert "@Bob" in seen.text
    assert "orders" in (await bob.run("/admin order")).text
    seen = await (await seen.press("Permissions")).choose("Orders and money")
    seen = await (await (await seen.press("Back to the role")).open("Rename")).submit({NAME: "Counters"})
    assert "Counters" in seen.text
    assert "`order.view`" in (await bob.run("/admin order")).text
    sure = await seen.press("Delete")
    assert "1 person holds **Counters**" in sure.text
    assert "Counters" in (await sure.press("No, keep it")).text
    gone = await (await (await opened(olivia, "Counters")).press("Delete")).press("Yes, delete it")
    assert "0 roles" in gone.text
    assert await Role.find_all(db, {}) == []
    acts = {row.action for row in await AuditLog.find_all(db, {"actorId": str(olivia.id)})}
    assert {"role.create", "role.keys", "role.assign", "role.rename", "role.delete"} <= acts


async def test_a_holder_of_the_key_reaches_no_further_than_their_own(
    services: Services, shop: Shop, olivia: Person, bob: Person, ada: Person
) -> None:
    """Menus offer what they hold; forged values and stale cards are refused; strong roles stay shut."""
    head = await made_role(services, shop, member(olivia), "Heads", P.ROLE_MANAGE, P.ORDER_VIEW)
    strong = await made_role(services, shop, member(olivia), "Strong", P.CONFIG_MANAGE)
    await (await opened(olivia, "Heads")).choose(GIVE, bob)
    seen = await (await (await bob.run("/admin people roles")).open("New role")).submit({NAME: "Mine"})
    assert [*seen.select("Orders and money").options.values()] == [P.ORDER_VIEW]
    assert all(menu.placeholder != "The shop itself" for menu in seen.selects)
    forged = await bob.choose(seen, "Orders and money", P.PAYMENT_REFUND, forged=True)
    assert "permissions that you do not have yourself: **Give money back**" in said(forged)
    card = await opened(bob, "Strong")
    for step in (card.choose(GIVE, bob), card.choose(GIVE, ada)):
        assert "that you do not have yourself" in said(await step)
    assert "you cannot change it" in (await (await opened(bob, "Strong")).press("Permissions")).text
    sure = await (await opened(bob, "Strong")).press("Delete")
    assert "that you do not have yourself" in said(await sure.press("Yes, delete it"))
    renamed = await (await (await opened(bob, "Strong")).open("Rename")).submit({NAME: "Weak"})
    assert "that you do not have yourself" in said(renamed)
    # A card from before the role became stronger than its reader.
    old = await (await opened(bob, "Mine")).press("Permissions")
    await (await (await opened(olivia, "Mine")).press("Permissions")).choose(
        "The shop itself", P.CONFIG_MANAGE
    )
    stale = await old.choose("Orders and money", P.ORDER_VIEW)
    assert "at the same moment" in said(stale)
    assert await services.access.permissions_of(shop, member(bob)) == {P.ROLE_MANAGE, P.ORDER_VIEW}
    assert head.key != strong.key


async def test_two_staff_change_a_role_at_once(services: Services, shop: Shop, olivia: Person) -> None:
    """The second is told, and nothing is overwritten."""
    await made_role(services, shop, member(olivia), "Packers")
    cards = [await (await opened(olivia, "Packers")).press("Permissions") for _ in range(2)]
    answers = await asyncio.gather(
        cards[0].choose("Goods", P.STOCK_MANAGE), cards[1].choose("Orders and money", P.ORDER_VIEW)
    )
    assert sum("at the same moment" in said(each) for each in answers) == 1
    ((role, _),) = await services.role_desk.every(shop)
    assert len(role.permission_keys) == 1


async def test_wrong_names_are_refused_in_words(services: Services, shop: Shop, olivia: Person) -> None:
    """Taken, blank, too long, hostile; a hostile one that fits is shown harmlessly."""
    await made_role(services, shop, member(olivia), "Packers")
    form = await (await olivia.run("/admin people roles")).open("New role")
    assert "a role of that name already" in (await form.submit({NAME: "Packers"})).text
    assert "Please fill in" in (await form.submit({NAME: "  \u200b "})).text
    seen = await form.submit({NAME: "@everyone **[x](https://evil.example)** \u202e"})
    assert seen.pings == []
    assert "[x](https" not in seen.text
    assert (await olivia.run("/admin people roles")).pings == []


async def test_it_tells_what_any_member_may_do(olivia: Person, sam: Person, ada: Person) -> None:
    """Straight from the list of roles."""
    seen = await (await olivia.run("/admin people roles")).choose("What may this member do?", sam)
    assert "✅ Look at orders: staff role" in seen.text
    seen = await (await seen.press("Back")).choose("What may this member do?", ada)
    assert "may do nothing behind the counter" in seen.text


async def test_staff_customers_and_neighbours_get_nowhere(
    db: Db,
    services: Services,
    shop: Shop,
    guild: Community,
    olivia: Person,
    sam: Person,
    ada: Person,
    neighbour: Neighbour,
) -> None:
    """Staff lack the key; another shop's roles are unknown in every click and form."""
    for person in (sam, ada):
        assert "`role.manage`" in (await person.run("/admin people roles")).text
    theirs = await made_role(services, neighbour.shop, member(neighbour.guild.owner), "Theirs", P.ORDER_VIEW)
    await made_role(services, shop, member(olivia), "Mine", P.ORDER_VIEW)
    seen = await opened(olivia, "Mine")
    form = await seen.open("Rename")
    before = await everything(db)
    for verb in ("open", "rename", "keys", "ask", "delete"):
        answer = await olivia.click(seen, custom_id=f"roles:{verb}:{theirs.key}", forged=True)
        assert "cannot find that role" in said(answer), verb
    form.modal["custom_id"] = f"roles:rename:{theirs.key}"
    assert "cannot find that role" in (await form.submit({NAME: "x"})).text
    assert await everything(db) == before
    assert guild.id != neighbour.guild.id
