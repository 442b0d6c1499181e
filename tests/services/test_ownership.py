"""A shop always has an owner, and only the owner says who runs it."""

import asyncio
from collections import Counter

import pytest

from models.access import Identity, User
from models.audit import AuditLog
from models.base import Db
from models.errors import BadInput, NotFound, OwnerOnly
from models.member import Member
from models.tenant import Tenant
from services import Services
from services.access import EVERYTHING
from services.ownership import MAX_ADMINS
from services.shops import Shop
from tests.services.conftest import ADA, BOB, OWNER
from tests.services.staffing import hire

OLIVIA = Member("1", "olivia", "Olivia")
GUILD_OWNER = Member("7", "gus", "Gus", owns_guild=True)


async def tenant(db: Db, shop: Shop) -> Tenant:
    """Who runs the shop now."""
    found = await Tenant.find_one(db, {"tenantId": shop.id})
    assert found is not None
    return found


async def test_an_admin_may_do_everything_but_make_admins(db: Db, services: Services, shop: Shop) -> None:
    """With or without a user's record; it ends at once."""
    user = await hire(services, shop, ADA)
    for who in (ADA, BOB):
        shop = await services.ownership.make_admin(shop, OLIVIA, who.discord_id)
        assert await services.access.permissions_of(shop, who) == EVERYTHING
    for step in (
        services.ownership.make_admin(shop, ADA, "77"),
        services.ownership.unmake_admin(shop, ADA, BOB.discord_id),
        services.ownership.unmake_admin(shop, ADA, OLIVIA.discord_id),
        services.ownership.hand_over(shop, ADA, ADA.discord_id, ADA.discord_id),
    ):
        with pytest.raises(OwnerOnly):
            await step
    assert (await services.users.get(shop, user.key)).is_admin
    shop = await services.ownership.unmake_admin(shop, GUILD_OWNER, ADA.discord_id)
    assert await services.access.permissions_of(shop, ADA) == set()
    assert (await tenant(db, shop)).admin_user_ids == [BOB.discord_id]
    assert len(await AuditLog.find_all(db, {"action": {"$regex": "^admin"}})) == 3


async def test_a_user_who_is_made_late_gets_no_more_than_stands(services: Services, shop: Shop) -> None:
    """The record is made from a shop that was read when they were still an admin."""
    old = await services.ownership.make_admin(shop, OWNER, ADA.discord_id)
    now = await services.ownership.unmake_admin(old, OWNER, ADA.discord_id)
    await services.users.of_member(old, OWNER, ADA)
    assert await services.access.permissions_of(now, ADA) == set()


async def test_the_owner_stays(db: Db, services: Services, shop: Shop) -> None:
    """Neither the server's owner nor anybody else can take the shop from its owner."""
    for step in (
        services.ownership.unmake_admin(shop, GUILD_OWNER, "1"),
        services.ownership.make_admin(shop, OLIVIA, "1"),
        services.ownership.hand_over(shop, OLIVIA, "1", "1"),
        services.ownership.hand_over(shop, OLIVIA, "2", "3"),
        services.ownership.hand_over(shop, OLIVIA, "2", ""),
    ):
        with pytest.raises(BadInput):
            await step
    with pytest.raises(OwnerOnly):
        await services.ownership.hand_over(shop, GUILD_OWNER, "7", "7")
    for nobody in ("", "erased-1", "everyone"):
        with pytest.raises(NotFound):
            await services.ownership.make_admin(shop, OLIVIA, nobody)
    assert (await tenant(db, shop)).owner_user_id == "1"


async def test_a_shop_is_handed_over(db: Db, services: Services, shop: Shop) -> None:
    """The new owner rules, the old one becomes an admin and can no more take it back."""
    await services.ownership.make_admin(shop, OLIVIA, ADA.discord_id)
    shop = await services.ownership.hand_over(shop, OLIVIA, ADA.discord_id, f" {ADA.discord_id}\n")
    now = await tenant(db, shop)
    assert (now.owner_user_id, now.admin_user_ids) == (ADA.discord_id, ["1"])
    with pytest.raises(OwnerOnly):
        await services.ownership.hand_over(shop, OLIVIA, "1", "1")
    shop = await services.ownership.unmake_admin(shop, ADA, "1")
    assert await services.access.permissions_of(shop, OLIVIA) == set()
    (row,) = await AuditLog.find_all(db, {"action": "shop.hand_over"})
    assert (row.meta["before"]["ownerUserId"], row.meta["after"]["ownerUserId"]) == ("1", ADA.discord_id)


async def test_a_shop_is_handed_to_one_of_two(db: Db, services: Services, shop: Shop) -> None:
    """Two clicks at once, with admins made at the same moment: one owner, nobody forgotten."""
    for turn in range(5):
        owner = Member((await tenant(db, shop)).owner_user_id, "o", "O")
        heirs = [f"{100 + turn * 2}", f"{101 + turn * 2}"]
        results = await asyncio.gather(
            *(services.ownership.hand_over(shop, owner, key, key) for key in heirs),
            services.ownership.make_admin(shop, GUILD_OWNER, f"{500 + turn}"),
            return_exceptions=True,
        )
        kinds = Counter(type(each).__name__ for each in results)
        assert kinds == {"Shop": 2, "OwnerOnly": 1}
        now = await tenant(db, shop)
        assert now.owner_user_id in heirs
        assert {owner.discord_id, f"{500 + turn}"} <= set(now.admin_user_ids)


async def test_there_are_no_more_admins_than_a_menu_can_show(services: Services, shop: Shop) -> None:
    """The twenty-sixth is refused; another shop's admins count for nothing here."""
    for n in range(MAX_ADMINS):
        shop = await services.ownership.make_admin(shop, OWNER, f"{1000 + n}")
    with pytest.raises(BadInput):
        await services.ownership.make_admin(shop, OWNER, "2000")
    boris = Member("50", "boris", "Boris")
    other = await services.shops.claim("901", "Borealis", boris)
    with pytest.raises(OwnerOnly):
        await services.ownership.make_admin(shop, boris, "50")
    assert await services.access.permissions_of(other, Member("1000", "x", "X")) == set()


async def test_a_user_is_found_by_name_and_id_and_knows_its_customer(
    db: Db, services: Services, shop: Shop
) -> None:
    """Made with a Discord identity, linked both ways with the customer, renamed when Discord says so."""
    customer = await services.customers.of(shop, ADA)
    user = await services.users.of_member(shop, OWNER, ADA)
    assert (user.customer_id, (await services.customers.of(shop, ADA)).user_id) == (customer.key, user.key)
    (identity,) = await Identity.find_all(db, {"userId": user.key})
    assert (identity.provider, identity.provider_user_id, identity.tenant_id) == ("discord", "2", shop.id)
    renamed = await services.users.of_member(shop, OWNER, Member("2", "lovelace", "Countess"))
    assert renamed.key == user.key
    for query in ("love", "COUNT", "2"):
        assert [each.key for each in (await services.users.find(shop, query)).people] == [user.key]
    for query in ("nobody", "\0", "(a+)+$" * 600, "ΐ" * 4000):
        assert (await services.users.find(shop, query)).total in {0, 1}
    for n in range(12):
        await services.users.of_member(shop, OWNER, Member(f"{300 + n}", f"u{n:02}", "U"))
    page = await services.users.find(shop, page=99)
    assert (page.page, page.pages, page.total, len(page.people)) == (2, 3, 13, 3)
    assert await User.find_all(db, {"tenantId": "elsewhere"}) == []
