"""What could make somebody an admin of the shop or of the server, tried by who should not become one."""

from typing import Any

import pytest

from bot.sandbox import Community, Permission, Person, Room
from bot.sandbox.guilds import Role
from cogs._ui.role_power import RULING, rules
from models.base import Db
from models.entitlement import Entitlement, EntitlementStatus
from models.product import Product
from models.tenant import BotConfig
from services import Services
from services.access import STAFF
from services.shops import Shop
from tests.cogs.admin.test_csv import bring
from tests.cogs.buying import paid, placed
from tests.cogs.conftest import give_key, member
from tests.services.conftest import MakeProduct

GETS = "Roles that the buyer gets"
pytestmark = pytest.mark.usefixtures("bot")


async def config(db: Db, shop: Shop) -> BotConfig:
    """The set-up as it is stored."""
    found = await BotConfig.of_tenant(db, shop.id)
    assert found is not None
    return found


async def test_who_may_change_settings_does_not_become_admin_by_one(
    db: Db, shop: Shop, guild: Community, bob: Person
) -> None:
    """The menus are there; what they would give is refused in words, and nothing changed."""
    mine = guild.add_role("Mine")
    guild.add_member("eve", roles=[mine])
    await give_key(db, shop, bob, "config.manage", "setup.run")
    seen = await (await bob.run("/admin config")).choose("Change a part", "Who runs the shop")
    assert "Only the shop's owner" in (await seen.choose("Roles of the admins", mine)).text
    answer = await seen.choose("Roles of the staff", mine)
    assert "permissions that you do not have yourself" in answer.text
    seen = await (await bob.run("/admin config")).choose("Change a part", "Channels")
    den = guild.add_channel("den")
    answer = await seen.choose("Staff channel: payments to check, alerts", den)
    assert "permissions that you do not have yourself" in answer.text
    forged = await bob.click(seen, custom_id=f"first:use:{den.id}", forged=True)
    assert forged.text
    now = await config(db, shop)
    assert (now.admin_role_ids, now.staff_role_ids) == ([], shop.config.staff_role_ids)
    assert now.staff_channel_id == shop.config.staff_channel_id


async def test_the_wizard_is_no_way_round_the_settings(
    db: Db, shop: Shop, services: Services, olivia: Person, guild: Community, bob: Person
) -> None:
    """Its own key makes a channel for the staff only for those who may read what is told there."""
    await services.shops.configure(shop, member(olivia), admin_channel_id=None)
    await give_key(db, shop, bob, "setup.run")
    seen = await bob.run("/admin setup")
    fit = guild.add_channel("fit")
    before = len(guild.guild.channels)
    answer = await bob.click(seen, custom_id="first:staff", forged=True)
    assert "`alert.view`" in answer.text
    answer = await bob.click(seen, custom_id=f"first:use:{fit.id}", forged=True)
    assert "cannot take that" in answer.text
    assert (len(guild.guild.channels), (await config(db, shop)).staff_channel_id) == (before, None)


async def test_whoever_keeps_the_keys_does_not_get_the_shops_mail(
    db: Db, shop: Shop, bob: Person, olivia: Person
) -> None:
    """The form of a mail server does not open, and one that was open is refused; of others it does."""
    await give_key(db, shop, bob, "provider.manage")
    listed = await bob.run("/admin providers")
    seen = await listed.choose("Open a provider", "Mail server (SMTP)")
    said = "Choose who carries the shop's e-mails"
    assert said in (await seen.press("Enter keys")).text
    theirs = await (await olivia.run("/admin providers")).choose("Open a provider", "Mail server (SMTP)")
    form = await (await listed.choose("Open a provider", "TaxJar")).open("Enter keys")
    form.modal = (await theirs.open("Enter keys")).modal
    keys = {"Sender address": "shop@evil.example", "Mail server": "mail.evil.example", "Port": "587"}
    assert said in (await form.submit(keys)).text
    assert (await config(db, shop)).partners == {}


@pytest.mark.parametrize("who", ["olivia", "sam"])
async def test_power_is_not_for_sale(
    db: Db, guild: Community, staff_role: Role, olivia: Person, sam: Person, product: MakeProduct, who: str
) -> None:
    """Neither by its card nor by a file, neither for the owner nor for staff: some day it is cheap."""
    person = olivia if who == "olivia" else sam
    pass_ = await product("Pass", sku="PASS")
    ruler = guild.add_role("Ruler", permissions=int(Permission.MANAGE_ROLES))
    seen = await person.run("/admin product", name="Pass")
    for role in (ruler, staff_role):
        assert "is not for sale" in (await seen.choose(GETS, role)).text
        file = f"sku,name,price,grantedRoleIds\nPASS,Pass,0,{role.id}\n"
        assert "no file can put it on sale" in (await bring(person, "products", file)).text
    stored = await Product.get(db, pass_.tenant_id, pass_.key)
    assert stored is not None
    assert stored.granted_role_ids == []


async def test_a_role_that_disturbs_takes_the_key_of_settings(
    guild: Community, olivia: Person, sam: Person, product: MakeProduct
) -> None:
    """A community may sell it, but not everybody who fills its shelves."""
    await product("Shout")
    loud = guild.add_role("Loud", permissions=int(Permission.MENTION_EVERYONE))
    seen = await sam.run("/admin product", name="Shout")
    assert "config.manage" in (await seen.choose(GETS, loud)).text
    seen = await (await olivia.run("/admin product", name="Shout")).choose(GETS, loud)
    assert "Loud" in seen.text


def becomes_staff(guild: Community, role: Role) -> dict[str, Any]:
    """The role opens /admin by now."""
    assert guild.guild.roles[role.id] is role
    return {"staffRoleIds": [str(role.id)]}


def becomes_ruler(guild: Community, role: Role) -> dict[str, Any]:
    """The role may rule the server by now."""
    guild.set_permissions(role, int(Permission.ADMINISTRATOR))
    return {}


@pytest.mark.parametrize("turn", [becomes_staff, becomes_ruler])
async def test_what_was_bought_before_it_was_power_is_not_handed_out(
    db: Db,
    services: Services,
    shop: Shop,
    guild: Community,
    ada: Person,
    olivia: Person,
    product: MakeProduct,
    staff_room: Room,
    turn: Any,
) -> None:
    """Whatever price it had and whoever approved it; the staff and the buyer read what to do."""
    vip = guild.add_role("VIP")
    sold = await product("VIP pass", granted_role_ids=[str(vip.id)])
    order = await placed(services, shop, ada, sold.key)
    await BotConfig.rows(db).update_one(
        {"tenantId": shop.id}, {"$set": {"currency": "USD", **turn(guild, vip)}}
    )
    services.shops.forget()
    await paid(services, shop, ada, olivia, order)
    while await services.worker.drain():
        pass
    assert ada.role_names == []
    (owed,) = await Entitlement.of_order(db, shop.id, order.key)
    assert (owed.status, owed.failed_reason) == (EntitlementStatus.FAILED, "role_guarded")
    assert any("I give it to nobody" in each.text for each in staff_room.messages)
    seen = await (await ada.run("/orders view", order=order.order_number)).press("Get my items")
    assert "I give that role to nobody" in seen.text
    assert "VIP pass" in (await olivia.run("/admin doctor")).text
    assert "the role has power" in (await olivia.run("/admin order", find=order.order_number)).text


async def test_whoever_lost_the_role_a_second_ago_is_out(
    db: Db, guild: Community, staff_role: Role, sam: Person, bob: Person, shop: Shop, product: MakeProduct
) -> None:
    """Discord's role with the very click, the shop's own role with the very read."""
    await product("Mug")
    seen = await sam.run("/admin product", name="Mug")
    guild.take(sam, staff_role)
    assert "product.manage" in (await seen.press("Take off sale")).text
    await give_key(db, shop, bob, *sorted(STAFF))
    seen = await bob.run("/admin product", name="Mug")
    await db.database["roles"].update_many({}, {"$set": {"permissionKeys": []}})
    assert "product.manage" in (await seen.press("Take off sale")).text
    assert (await Product.find_all(db, {}))[0].is_active


def test_what_rules_a_server_is_known_by_its_bits() -> None:
    """Each by itself; what members usually have is none of it."""
    ruling = (1 << bit for bit in (1, 2, 3, 4, 5, 28, 29, 40))
    assert all(rules(bit) for bit in ruling)
    assert not rules(int(Permission.MENTION_EVERYONE | Permission.SEND_MESSAGES))
    assert RULING.bit_count() == 8
