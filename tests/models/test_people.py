import asyncio
from typing import Any

import pytest
from pymongo.errors import DuplicateKeyError

from models.access import Role, RoleAssignment, User, roles_of
from models.address import Address, SavedAddress
from models.base import Db, transact
from models.counter import Counter
from models.customer import Customer
from models.fund import CommunityFundConfig, CommunityFundContribution
from models.tenant import BotConfig, Tenant
from tests.models.samples import sample


async def permission_keys(db: Db, tenant_id: str, discord_id: str) -> set[str]:
    """What the roles of a Discord user carry; nothing for who is no user."""
    user = await User.of_discord(db, tenant_id, discord_id)
    roles = await roles_of(db, user) if user is not None else []
    return {key for role in roles for key in role.permission_keys}


async def hire(db: Db, tenant_id: str, discord_id: str, *roles: str) -> User:
    """A user who holds the named roles, each of which carries the key of its name."""
    user = await sample(User, tenant_id=tenant_id, discord_id=discord_id).insert(db)
    for name in roles:
        role = await sample(
            Role, tenant_id=tenant_id, name=name, permission_keys=[f"{name}.do", "see"]
        ).insert(db)
        await RoleAssignment(tenant_id=tenant_id, user_id=user.key, role_id=role.key).insert(db)
    return user


async def test_a_person_holds_the_keys_of_all_assigned_roles(db: Db) -> None:
    """Keys of several roles add up; an unassigned role gives nothing."""
    await hire(db, "a", "boss", "stock", "orders")
    await sample(Role, tenant_id="a", name="unassigned", permission_keys=["everything"]).insert(db)
    assert await permission_keys(db, "a", "boss") == {"stock.do", "orders.do", "see"}


async def test_a_stranger_and_a_person_without_roles_hold_no_key(db: Db) -> None:
    """Nothing is granted by being known."""
    await hire(db, "a", "clerk")
    assert await permission_keys(db, "a", "clerk") == set()
    assert await permission_keys(db, "a", "stranger") == set()


async def test_keys_of_one_shop_open_nothing_in_another(db: Db) -> None:
    """Neither the user nor an assignment nor a role crosses tenants."""
    boss = await hire(db, "a", "boss", "stock")
    await hire(db, "b", "boss")
    foreign = (await Role.find_all(db, {"tenantId": "a"}))[0]
    guest = await User.find_one(db, {"tenantId": "b"})
    assert guest is not None
    await RoleAssignment(tenant_id="b", user_id=guest.key, role_id=foreign.key).insert(db)
    await RoleAssignment(tenant_id="b", user_id=boss.key, role_id=foreign.key).insert(db)
    assert await permission_keys(db, "b", "boss") == set()


async def test_a_role_that_is_gone_or_never_was_gives_nothing(db: Db) -> None:
    """A dangling or malformed role id is no error."""
    user = await hire(db, "a", "boss", "stock")
    await Role.rows(db).delete_many({})
    await RoleAssignment(tenant_id="a", user_id=user.key, role_id="not an id").insert(db)
    assert await permission_keys(db, "a", "boss") == set()


async def test_names_that_must_be_unique_are(db: Db) -> None:
    """A Discord account is one user per shop, a role name one role; users without Discord are many."""
    user = await hire(db, "a", "boss", "stock")
    doubles: list[Any] = [
        sample(User, tenant_id="a", discord_id="boss"),
        sample(Role, tenant_id="a", name="stock"),
        (await RoleAssignment.find_all(db, {"userId": user.key}))[0].model_copy(
            update={"id": sample(User).id}
        ),
    ]
    for double in doubles:
        with pytest.raises(DuplicateKeyError):
            await double.insert(db)
    for _ in range(2):
        await sample(User, tenant_id="a").insert(db)


async def test_numbers_are_given_out_without_gap_or_double(db: Db) -> None:
    """Forty orders at once, the counter's first use among them."""
    numbers = await asyncio.gather(
        *(transact(db, lambda tx: Counter.next(db, "a", "orders", tx=tx)) for _ in range(40))
    )
    assert sorted(numbers) == list(range(1, 41))
    assert await transact(db, lambda tx: Counter.next(db, "b", "orders", tx=tx)) == 1


def visitor(discord_id: str, **more: Any) -> Customer:
    """A person as Discord shows them."""
    return sample(Customer, tenant_id="a", discord_id=discord_id, **more)


async def test_a_first_visit_in_many_places_makes_one_customer(db: Db) -> None:
    """Thirty interactions at once are one record."""
    found = await asyncio.gather(*(Customer.seen(db, visitor("1")) for _ in range(30)))
    assert len({customer.id for customer in found}) == 1
    assert [customer.id for customer in await Customer.find_all(db, {})] == [found[0].id]


async def test_a_later_visit_renews_names_and_nothing_else(db: Db) -> None:
    """What the customer entered stays."""
    first = await Customer.seen(db, visitor("1"))
    await Customer.set_fields(db, first, {"email": "me@example.org", "dmPreferences.refunds": False})
    again = await Customer.seen(db, visitor("1", discord_username="renamed", email="other@example.org"))
    assert (again.id, again.created_at) == (first.id, first.created_at)
    assert (again.discord_username, again.email) == ("renamed", "me@example.org")
    assert again.dm_preferences.refunds is False
    assert again.email_preferences.refunds is True
    assert await Customer.of_discord(db, "b", "1") is None


async def test_an_address_book_never_grows_beyond_its_limit(db: Db) -> None:
    """Ten adds at once into a book of three."""
    customer = await Customer.seen(db, visitor("1"))
    saved = [SavedAddress(id=f"home{n}", address=sample(Address, country="US")) for n in range(10)]
    added = await asyncio.gather(*(Customer.add_address(db, customer, one, limit=3) for one in saved))
    book = await Customer.of_discord(db, "a", "1")
    assert book is not None
    assert len(book.addresses) == sum(after is not None for after in added) == 3
    kept = book.addresses[0]
    assert book.address(kept.id) == kept.address
    assert book.address("never saved") is None
    less = await Customer.drop_address(db, customer, kept.id)
    assert less is not None
    assert less.addresses == book.addresses[1:]
    assert await Customer.drop_address(db, customer, kept.id) is None


async def test_the_fund_s_rules_are_made_once_with_their_defaults(db: Db) -> None:
    """First access from many places gives one record, and later ones find it."""
    found = await asyncio.gather(*(CommunityFundConfig.of_tenant(db, "a") for _ in range(30)))
    assert len({config.id for config in found}) == 1
    config = found[0]
    assert (config.enabled, config.allowed_amounts_cents) == (False, [500, 1000, 2500, 5000, 10_000])
    await CommunityFundConfig.change(db, {"tenantId": "a"}, {"$set": {"enabled": True}})
    assert (await CommunityFundConfig.of_tenant(db, "a")).enabled
    assert not (await CommunityFundConfig.of_tenant(db, "b")).enabled


async def test_an_order_gives_to_the_fund_at_most_once(db: Db) -> None:
    """Gifts outside an order are as many as people like."""
    await sample(CommunityFundContribution, tenant_id="a", order_id="o1").insert(db)
    with pytest.raises(DuplicateKeyError):
        await sample(CommunityFundContribution, tenant_id="a", order_id="o1").insert(db)
    for _ in range(2):
        await sample(CommunityFundContribution, tenant_id="a").insert(db)


async def test_a_guild_is_claimed_by_one_shop(db: Db) -> None:
    """And a shop claims one guild."""
    config = await sample(BotConfig, tenant_id="a", guild_id="1").insert(db)
    await sample(Tenant, tenant_id="a").insert(db)
    for tenant_id, guild_id in [("b", "1"), ("a", "2")]:
        with pytest.raises(DuplicateKeyError):
            await sample(BotConfig, tenant_id=tenant_id, guild_id=guild_id).insert(db)
    assert await BotConfig.of_guild(db, "1") == await BotConfig.of_tenant(db, "a") == config
    renamed = await Tenant.rename(db, "a", "Mugs")
    assert renamed is not None
    assert renamed.name == "Mugs"


@pytest.mark.parametrize(
    ("announcement", "admin", "wanted"),
    [("1", "2", "1"), (None, "2", "2"), ("", "2", "2"), (None, None, None)],
)
def test_staff_are_told_in_the_announcement_channel_else_the_admin_one(
    announcement: str | None, admin: str | None, wanted: str | None
) -> None:
    """Blank counts as not set."""
    config = sample(BotConfig, announcement_channel_id=announcement, admin_channel_id=admin)
    assert config.staff_channel_id == wanted
