"""A move killed anywhere, and two at once: a shop is in one server, wholly, and a server has one shop."""

import asyncio
from datetime import timedelta

import pytest

from models.absence import Absence
from models.audit import AuditLog
from models.base import Db, Tx, transact
from models.entitlement import Entitlement, EntitlementStatus
from models.errors import AlreadyExists, NotFound, OwnerOnly, RolesMissing
from models.member import Member
from models.outbox import OutboxEffect
from models.product import Product
from models.storefront import Storefront
from models.tenant import BotConfig
from services import Services
from services.shops import Shop
from tests.services import buying
from tests.services.conftest import ADA, OWNER, MakeProduct, TestClock
from tests.services.mortal import dies
from tests.services.test_crashes import MOST_COMMANDS

HERE, THERE = "900", "901"


async def moved_in(db: Db, shop: Shop, guild_id: str) -> Shop:
    """The shop with staff, a channel and a window, as it is before a move."""
    config = await BotConfig.of_tenant(db, shop.id)
    assert config is not None
    fields = {"guildId": guild_id, "staffRoleIds": ["5"], "announcementChannelId": "6"}
    made = await BotConfig.edit(db, config, fields)
    assert made is not None
    return Shop(shop.tenant, made)


async def whole(db: Db, shop: Shop, vip: Product, guild_id: str) -> None:
    """Everything of the shop belongs to this server."""
    config = await BotConfig.of_tenant(db, shop.id)
    product = await Product.get(db, shop.id, vip.key)
    front = await Storefront.of_tenant(db, shop.id)
    absence = await Absence.of(db, shop.id)
    assert config is not None
    assert product is not None
    assert front is not None
    assert config.guild_id == guild_id
    at_home = guild_id == HERE
    told = (config.staff_role_ids, config.announcement_channel_id, product.granted_role_ids)
    assert told == ((["5"], "6", ["77"]) if at_home else ([], None, []))
    assert (product.is_active, front.channel_id) == ((True, "8") if at_home else (False, None))
    assert (absence is not None) is at_home


async def test_a_move_killed_anywhere_has_happened_or_not(
    db: Db, mongo_uri: str, services: Services, shop: Shop, product: MakeProduct
) -> None:
    """Whatever command was the last: all of it belongs to the old server or to the new one."""
    vip = await product("VIP", granted_role_ids=["77"])
    for moves, last in enumerate(range(1, MOST_COMMANDS, 2), 1):
        shop = await moved_in(db, shop, HERE)
        back = {"grantedRoleIds": ["77"], "isActive": True}
        await Product.rows(db).update_one({"_id": vip.id}, {"$set": back})
        services.shops.forget()
        await services.storefronts.place(shop, OWNER, "8", None)
        assert await services.absences.left(HERE, "Aurora")
        died = await dies(db, mongo_uri, last, "move", shop.id, THERE, shop.name)
        config = await BotConfig.of_tenant(db, shop.id)
        assert config is not None
        await whole(db, shop, vip, config.guild_id)
        if config.guild_id == HERE:
            await services.moving.move(OWNER, shop.id, THERE, shop.name)
        await whole(db, shop, vip, THERE)
        rows = await AuditLog.find_all(db, {"tenantId": shop.id, "action": "shop.move"})
        assert len(rows) == moves
        if not died:
            assert last > 10, "the step was killed too seldom to prove anything"
            return
    raise AssertionError("the step never ended")


async def test_two_shops_on_their_way_to_one_server_arrive_as_one(services: Services, shop: Shop) -> None:
    """The slower one is refused, stays where it was and may still move elsewhere."""
    other = Member("9", "otto", "Otto")
    second = await services.shops.claim("950", "Borealis", other)
    await services.moving.offer(shop, OWNER, " AURORA ")
    await services.moving.offer(second, other, "Borealis")
    came = await asyncio.gather(
        services.moving.move(OWNER, shop.id, THERE, "Aurora"),
        services.moving.move(other, second.id, THERE, "Borealis"),
        return_exceptions=True,
    )
    assert sorted(type(each).__name__ for each in came) == ["AlreadyExists", "Shop"]
    (slower,) = [
        each for each in (shop, second) if (await services.shops.of_tenant(each.id)).guild_id != THERE
    ]
    assert (await services.shops.of_tenant(slower.id)).guild_id == slower.guild_id


async def test_one_shop_moved_twice_at_once_is_in_one_place(services: Services, shop: Shop) -> None:
    """The permission is used up by the first."""
    await services.moving.offer(shop, OWNER, "Aurora")
    came = await asyncio.gather(
        *(services.moving.move(OWNER, shop.id, guild, "Aurora") for guild in (THERE, "902")),
        return_exceptions=True,
    )
    assert sorted(type(each).__name__ for each in came) == ["NotFound", "Shop"]
    with pytest.raises(NotFound):
        await services.moving.one(OWNER, shop.id)


async def test_a_shop_handed_over_takes_its_permission_to_the_new_owner(
    services: Services, shop: Shop
) -> None:
    """Who is not its owner any more can neither move it nor allow it."""
    await services.moving.offer(shop, OWNER, "Aurora")
    await services.ownership.hand_over(shop, OWNER, ADA.discord_id, ADA.discord_id)
    with pytest.raises(NotFound):
        await services.moving.move(OWNER, shop.id, THERE, "Aurora")
    with pytest.raises(OwnerOnly):
        await services.moving.offer(shop, OWNER, "Aurora")
    assert (await services.moving.one(ADA, shop.id)).shop.id == shop.id


async def test_what_waited_for_the_old_server_is_tried_in_the_new_one(
    db: Db, services: Services, shop: Shop, clock: TestClock
) -> None:
    """Effects that waited for the bot are due at once, those of a neighbour are not touched."""
    neighbour = await services.shops.claim("950", "Borealis", Member("9", "otto", "Otto"))
    for each in (shop, neighbour):
        await OutboxEffect(
            tenant_id=each.id,
            kind="staff.alert",
            dedupe_key=f"waits:{each.id}",
            next_attempt_at=clock.now() + timedelta(hours=1),
            last_error="guild_left",
        ).insert(db)
    await services.absences.left(HERE)
    await services.moving.move(OWNER, shop.id, THERE, "Aurora")
    due = {"nextAttemptAt": {"$lte": clock.now()}, "lastError": "guild_left"}
    assert [each.tenant_id for each in await OutboxEffect.find_all(db, due)] == [shop.id]
    with pytest.raises(AlreadyExists):
        await services.shops.claim(THERE, "Third", OWNER)


async def test_roles_that_were_delivered_in_the_old_server_stay_delivered(
    db: Db, services: Services, shop: Shop, product: MakeProduct
) -> None:
    """Who joins the new server is owed what is open, and nothing that fails; back home it counts again."""
    vip = await product("VIP", stock=None, granted_role_ids=["77"])
    order = await buying.paid(services, shop, ADA, vip)
    (role,) = await Entitlement.of_order(db, shop.id, order.key)
    await services.delivery.granted(role)
    await services.absences.left(HERE)
    shop = await services.moving.move(OWNER, shop.id, THERE, "Aurora")
    assert await services.delivery.rejoined(shop, ADA, {"88"}) == 0
    (role,) = await Entitlement.of_order(db, shop.id, order.key)
    assert role.status is EntitlementStatus.GRANTED
    assert await services.delivery.rejoined(shop, ADA, {"77"}) == 1


async def test_what_was_for_some_roles_is_not_everybodys_after_a_move(
    db: Db, services: Services, shop: Shop, product: MakeProduct
) -> None:
    """Put on sale again without a choice it is sold to nobody; the audit says what it was."""
    club = await product("Club", stock=None, required_role_ids=["77"])
    await services.moving.offer(shop, OWNER, "Aurora")
    shop = await services.moving.move(OWNER, shop.id, THERE, "Aurora")
    (row,) = await AuditLog.about(db, shop.id, "Product", club.key, skip=0, limit=1)
    assert (row.action, row.meta["before"]["isActive"]) == ("product.move", True)
    await services.catalog.edit(shop, OWNER, club.key, {"is_active": True})
    with pytest.raises(RolesMissing):
        await services.carts.add(shop, ADA, club.key)
    await services.catalog.edit(shop, OWNER, club.key, {"required_role_ids": []})
    assert (await services.carts.add(shop, ADA, club.key)).lines


async def test_a_leave_heard_during_a_move_is_none_of_the_shop_that_has_left(
    db: Db, services: Services, shop: Shop
) -> None:
    """Whoever hears of it waits for the move, and then finds no shop there that could rest for ever."""
    heard: list[asyncio.Task[bool]] = []

    async def work(tx: Tx) -> None:
        assert await BotConfig.move(db, shop.config, THERE, tx=tx)
        heard.append(asyncio.create_task(services.absences.left(HERE)))
        await asyncio.sleep(0.3)

    await transact(db, work)
    assert not any(await asyncio.gather(*heard))
    assert await Absence.of(db, shop.id) is None


async def test_an_owner_of_many_shops_moves_any_of_them(services: Services, shop: Shop) -> None:
    """The one that they allow is offered, however many others they have."""
    many = [await services.shops.claim(f"{2000 + n}", f"Shop {n}", OWNER) for n in range(26)]
    for each in [shop, *many]:
        await services.moving.offer(each, OWNER, each.name)
        assert [found.shop.id for found in await services.moving.movable(OWNER)] == [each.id]
        await services.moving.withdraw(each, OWNER)
