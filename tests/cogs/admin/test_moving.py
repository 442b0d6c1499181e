"""A shop moves to another server: by its owner alone, whole or not at all, and never where one is."""

import pytest

from bot.sandbox import Community, Person, Sandbox, Seen
from models.absence import Absence
from models.audit import AuditLog
from models.base import Db
from models.customer import Customer
from models.discount import Discount, DiscountType
from models.errors import AlreadyExists, BadInput, ChangedMeanwhile, NoShop, NotFound
from models.order import Order
from models.product import Product
from services import Services
from services.shops import Shop
from tests.cogs.conftest import give_key, member, services_over
from tests.services import buying
from tests.services.conftest import MakeProduct, TestClock

pytestmark = pytest.mark.usefixtures("bot")


@pytest.fixture
def harbour(discord: Sandbox, olivia: Person) -> Community:
    """Another server, which Olivia owns, too, and in which the bot is."""
    place = discord.add_guild("Harbour", owner="hanna")
    place.guild.owner_id = olivia.id
    place.join(olivia)
    return place


async def allowed(olivia: Person) -> Seen:
    """The owner allows the move, from /admin people user on."""
    seen = await (await olivia.run("/admin people user")).press("Who runs the shop")
    seen = await seen.press("Move to another server")
    form = await seen.open("Allow the move")
    return await form.submit({"Type the shop's name": "aurora"})


def there(place: Community, olivia: Person) -> Person:
    """The same person in the other server."""
    return Person(olivia.world, olivia.user, place.guild, olivia._patience)


async def test_the_owner_moves_the_shop_in_two_servers_and_sees_what_it_means(
    guild: Community, harbour: Community, olivia: Person, ada: Person, services: Services, shop: Shop,
    product: MakeProduct, db: Db,
) -> None:  # fmt: skip
    """Allowed in the old one, ended in the new one; books stay, roles and channels are cleared and named."""
    vip = await product("VIP", granted_role_ids=["77"])
    mug = await product("Mug")
    hush = Discount(tenant_id=shop.id, label="Hush", type=DiscountType.PERCENT, percent=10, role_ids=["77"])
    await hush.insert(db)
    placed = await buying.order(services, shop, member(ada), mug)
    await buying.order(services, shop, member(ada), vip)
    card = await allowed(olivia)
    assert "Nothing has changed yet" in card.text
    assert (await services.shops.of_guild(str(guild.id))).id == shop.id
    me = there(harbour, olivia)
    seen = await me.run("/admin setup")
    seen = await seen.choose("Move a shop of yours here", "Aurora")
    for said in ("What stays", "1 product", "1 discount", "stay there", "1 order that is not paid"):
        assert said in seen.text
    form = await seen.open("Move it here")
    assert "not what I asked for" in (await form.submit({"Type the shop's name": "Borealis"})).text
    form = await seen.open("Move it here")
    seen = await form.submit({"Type the shop's name": "Aurora"})
    assert "Aurora is here" in seen.text
    moved = await services.shops.of_guild(str(harbour.id))
    assert moved.id == shop.id
    config = moved.config
    assert (config.admin_role_ids, config.staff_role_ids, config.staff_channel_id) == ([], [], None)
    assert config.enabled_payment_methods == shop.config.enabled_payment_methods
    assert moved.tenant.moving_until is None
    with pytest.raises(NoShop):
        await services.shops.of_guild(str(guild.id))
    sold = await Product.get(db, shop.id, vip.key)
    assert sold is not None
    assert (sold.granted_role_ids, sold.is_active) == ([], False)
    kept = await Product.get(db, shop.id, mug.key)
    assert kept is not None
    assert kept.is_active
    found = await Discount.find_one(db, {"tenantId": shop.id})
    assert found is not None
    assert (found.role_ids, found.is_active) == (["77"], False)
    rows = await AuditLog.about(db, shop.id, "Product", vip.key, skip=0, limit=1)
    assert [(row.action, row.meta["before"], row.meta["after"]) for row in rows] == [
        (
            "product.move",
            {"isActive": True, "grantedRoleIds": ["77"]},
            {"isActive": False, "grantedRoleIds": []},
        )
    ]
    rows = await AuditLog.about(db, shop.id, "Discount", found.key, skip=0, limit=1)
    assert [(row.action, row.meta["before"]) for row in rows] == [("discount.move", {"isActive": True})]
    assert await Order.get(db, shop.id, placed.key) is not None
    assert await Customer.find_one(db, {"tenantId": shop.id}) is not None
    acts = [row.action for row in await AuditLog.find_all(db, {"tenantId": shop.id}, sort="_id")]
    assert acts[-4:] == ["move.offer", "shop.move", "product.move", "discount.move"]
    assert "no shop yet" in (await ada.run("/shop browse")).text
    assert "Mug" in (await me.run("/shop browse")).text
    assert "Step 1 of 5" in (await seen.press("Guide me through")).text


async def test_nobody_else_can_pull_a_shop_away(
    harbour: Community, elsewhere: tuple[Community, Shop], olivia: Person, ada: Person, sam: Person,
    services: Services, shop: Shop, db: Db,
) -> None:  # fmt: skip
    """Neither with its id nor with its name, whether it may move or not; nor can others allow it."""
    await give_key(db, shop, ada, "user.manage")
    seen = await (await ada.run("/admin people user")).press("Who runs the shop")
    assert "Only the shop's owner" in (await seen.press("Move to another server")).text
    for forged in ("move:offer", "move:withdraw", "move:ask"):
        assert "Only the shop's owner" in (await ada.click(seen, custom_id=forged, forged=True)).text
    otto = elsewhere[0].owner
    for step in range(2):
        for thief in (otto, sam):
            assert await services.moving.movable(member(thief)) == []
            with pytest.raises(NotFound):
                await services.moving.move(member(thief), shop.id, str(harbour.id), "Aurora")
        if step == 0:
            with pytest.raises(NotFound):
                await services.moving.move(member(olivia), shop.id, str(harbour.id), "Aurora")
            await allowed(olivia)
    place = olivia.world.add_guild("Pit", otto.user, "en-US")
    thief = Person(olivia.world, otto.user, place, otto._patience)
    card = await thief.run("/admin setup")
    assert card.selects == []
    told = await thief.click(card, custom_id=f"move:take:{shop.id}", forged=True)
    assert isinstance(told, Seen)
    assert "no shop of yours" in told.text
    assert (await services.shops.of_tenant(shop.id)).guild_id == shop.guild_id


async def test_no_server_is_claimed_twice_and_an_old_permission_ends(
    guild: Community, elsewhere: tuple[Community, Shop], olivia: Person, services: Services, shop: Shop,
    harbour: Community, clock: TestClock,
) -> None:  # fmt: skip
    """A server with a shop takes no second one, not the shop's own either; after a day nothing moves."""
    await allowed(olivia)
    for place in (elsewhere[0], guild):
        with pytest.raises(AlreadyExists):
            await services.moving.move(member(olivia), shop.id, str(place.id), "Aurora")
    with pytest.raises(BadInput):
        await services.moving.move(member(olivia), shop.id, str(harbour.id), "")
    clock.forward(days=1, seconds=1)
    with pytest.raises(NotFound):
        await services.moving.move(member(olivia), shop.id, str(harbour.id), "Aurora")
    await allowed(olivia)
    card = await (await (await olivia.run("/admin people user")).press("Who runs the shop")).press(
        "Move to another server"
    )
    assert "allowed until" in card.text
    assert "allowed until" not in (await card.press("Stay here")).text
    assert await services.moving.movable(member(olivia)) == []


async def test_who_may_not_claim_the_new_server_moves_nothing_there(
    discord: Sandbox, olivia: Person, services: Services, shop: Shop
) -> None:
    """The owner of the shop is a mere member of that server."""
    place = discord.add_guild("Quay", owner="quentin")
    place.join(olivia)
    await allowed(olivia)
    me = there(place, olivia)
    card = await me.run("/admin setup")
    assert "Manage Server" in card.text
    for forged in (f"move:take:{shop.id}", "move:here"):
        told = await me.click(card, custom_id=forged, forged=True)
        assert isinstance(told, Seen)
        assert "Manage Server" in told.text
    assert (await services.shops.of_tenant(shop.id)).guild_id == shop.guild_id


async def test_no_shop_comes_to_a_server_that_only_has_the_commands(
    discord: Sandbox, harbour: Community, olivia: Person, services: Services, shop: Shop
) -> None:
    """Neither moved there nor opened there, by old buttons either; the way to invite the bot is said."""
    await allowed(olivia)
    me = there(harbour, olivia)
    card = await me.run("/admin setup")
    harbour.expel_bot()
    await discord.quiet()
    for forged in (f"move:take:{shop.id}", "move:here", "setup:start", "setup:claim"):
        told = await me.click(card, custom_id=forged, forged=True)
        assert isinstance(told, Seen)
        assert "invite me first" in told.text
    assert (await services.shops.of_tenant(shop.id)).guild_id == shop.guild_id


async def test_a_shop_moves_although_the_bot_was_removed_from_its_old_server(
    discord: Sandbox, guild: Community, harbour: Community, olivia: Person, services: Services, shop: Shop,
    db: Db,
) -> None:  # fmt: skip
    """The setup in the new server offers it; a bot that is invited to the old one later finds no shop."""
    guild.expel_bot()
    await discord.quiet()
    me = there(harbour, olivia)
    seen = await (await me.run("/admin setup")).choose("Move a shop of yours here", "Aurora")
    form = await seen.open("Move it here")
    assert "Aurora is here" in (await form.submit({"Type the shop's name": "Aurora"})).text
    assert await Absence.of(db, shop.id) is None
    guild.invite_bot()
    await discord.quiet()
    assert await services.moving.movable(member(olivia)) == []
    assert (await services.shops.of_tenant(shop.id)).guild_id == str(harbour.id)


async def test_another_process_forgets_where_the_shop_was(
    harbour: Community, olivia: Person, services: Services, shop: Shop, db: Db, clock: TestClock
) -> None:
    """It remembers for two seconds at most, and what it remembers can change nothing."""
    other = services_over(db, clock)
    remembered = await other.shops.of_guild(shop.guild_id)
    await allowed(olivia)
    await services.moving.move(member(olivia), shop.id, str(harbour.id), "Aurora")
    with pytest.raises(ChangedMeanwhile):
        await other.shops.configure(remembered, member(olivia), admin_role_ids=["5"])
    clock.forward(seconds=3)
    with pytest.raises(NoShop):
        await other.shops.of_guild(shop.guild_id)
    await other.calls.close()
