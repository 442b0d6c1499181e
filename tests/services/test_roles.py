"""Nobody gives, takes or changes what they may not do themselves, whatever card they click on."""

import asyncio
from collections import Counter

import pytest

from models.access import Role, RoleAssignment, User
from models.audit import AuditLog
from models.base import Db
from models.errors import AlreadyExists, BadInput, BeyondOwnKeys, ChangedMeanwhile, NotAllowed, NotFound
from models.fund import CommunityFundConfig
from models.member import Member
from services import Services
from services.access import EVERYTHING, FUND_APPROVAL, STAFF, Held, Permission, Source
from services.role_desk import MAX_ROLES, stamp
from services.shops import Shop
from tests.services.conftest import ADA, BOB, OWNER
from tests.services.staffing import held, hire, role

SAM = Member("9", "sam", "Sam")
P = Permission


async def keys(services: Services, shop: Shop, who: Member, made: Role, *chosen: str) -> Role:
    """Let a role carry exactly these keys, as it is shown now."""
    shown = (await services.role_desk.view(shop, made.key)).role
    return await services.role_desk.set_keys(
        shop, who, made.key, offered=[*P], chosen=chosen, seen=stamp(shown)
    )


async def test_a_role_is_made_filled_given_renamed_taken_and_deleted(
    db: Db, services: Services, shop: Shop
) -> None:
    """What it allows follows at once, its name stands beside its holders, and each step is audited."""
    made = await services.role_desk.create(shop, OWNER, "  Packers \n")
    await keys(services, shop, OWNER, made, P.ORDER_VIEW, P.ORDER_SHIP)
    user = await hire(services, shop, ADA, made)
    assert await services.access.permissions_of(shop, ADA) == {P.ORDER_VIEW, P.ORDER_SHIP}
    assert not await services.role_desk.assign(shop, OWNER, made.key, user.key)
    await services.role_desk.rename(shop, OWNER, made.key, "Senders")
    assert (await services.users.get(shop, user.key)).roles == ["Senders"]
    view = await services.role_desk.view(shop, made.key)
    assert ([each.key for each in view.holders], view.total) == ([user.key], 1)
    assert await services.role_desk.take(shop, OWNER, made.key, user.key)
    assert not await services.role_desk.take(shop, OWNER, made.key, user.key)
    await services.role_desk.assign(shop, OWNER, made.key, user.key)
    assert await services.role_desk.remove(shop, OWNER, made.key) == 1
    assert await services.access.permissions_of(shop, ADA) == set()
    assert (await services.users.get(shop, user.key)).roles == []
    assert await RoleAssignment.find_all(db, {}) == []
    acts = [row.action for row in await AuditLog.find_all(db, {"entityId": made.key}, sort="_id")]
    done = ["create", "keys", "assign", "rename", "take", "assign", "delete"]
    assert acts == [f"role.{act}" for act in done]


async def test_nobody_gives_a_key_that_they_lack(db: Db, services: Services, shop: Shop) -> None:
    """By the keys of a role, by assigning one, by renaming, deleting or taking one that carries more."""
    await hire(services, shop, SAM, await role(services, shop, "Head", P.ROLE_MANAGE, P.ORDER_VIEW))
    own = await services.role_desk.create(shop, SAM, "Mine")
    strong = await role(services, shop, "Strong", P.CONFIG_MANAGE)
    user, ada = await hire(services, shop, SAM), await hire(services, shop, ADA, strong)
    desk = services.role_desk
    for step in (
        keys(services, shop, SAM, own, P.CONFIG_MANAGE),
        keys(services, shop, SAM, strong),
        keys(services, shop, SAM, strong, P.ORDER_VIEW),
        desk.assign(shop, SAM, strong.key, user.key),
        desk.take(shop, SAM, strong.key, ada.key),
        desk.rename(shop, SAM, strong.key, "Weak"),
        desk.remove(shop, SAM, strong.key),
    ):
        with pytest.raises(BeyondOwnKeys) as refused:
            await step
        assert refused.value.keys == (P.CONFIG_MANAGE,)
    assert await held(db, shop, user) == {"Head"}
    assert await held(db, shop, ada) == {"Strong"}
    await keys(services, shop, SAM, own, P.ORDER_VIEW)
    await desk.assign(shop, SAM, own.key, ada.key)
    assert await services.access.permissions_of(shop, ADA) == {P.CONFIG_MANAGE, P.ORDER_VIEW}


async def test_a_key_that_this_version_does_not_know_is_only_the_owners_to_give(
    db: Db, services: Services, shop: Shop
) -> None:
    """Another version may know what it opens; editing the role keeps it."""
    await hire(services, shop, SAM, await role(services, shop, "Head", *P))
    old = await Role(tenant_id=shop.id, name="Old", permission_keys=["tomorrow.rule"]).insert(db)
    user = await hire(services, shop, ADA)
    with pytest.raises(BeyondOwnKeys):
        await services.role_desk.assign(shop, SAM, old.key, user.key)
    changed = await keys(services, shop, OWNER, old, P.ORDER_VIEW)
    assert changed.permission_keys == [P.ORDER_VIEW, "tomorrow.rule"]


async def test_names_that_approve_payments_of_the_fund_are_no_loophole(
    db: Db, services: Services, shop: Shop
) -> None:
    """Whoever makes roles cannot call one after those who approve, nor join them."""
    await hire(services, shop, SAM, await role(services, shop, "Head", P.ROLE_MANAGE))
    own = await services.role_desk.create(shop, SAM, "Mine")
    leader = await role(services, shop, "community_leader")
    user = await hire(services, shop, SAM)
    await CommunityFundConfig(tenant_id=shop.id, disbursement_approval_roles=["community_leader"]).insert(db)
    for step in (
        services.role_desk.create(shop, SAM, "Community_Leader"),
        services.role_desk.rename(shop, SAM, own.key, "COMMUNITY_LEADER"),
        services.role_desk.assign(shop, SAM, leader.key, user.key),
    ):
        with pytest.raises(BeyondOwnKeys) as refused:
            await step
        assert refused.value.keys == (FUND_APPROVAL,)
    await services.role_desk.assign(shop, OWNER, leader.key, user.key)
    await services.role_desk.assign(shop, SAM, leader.key, (await hire(services, shop, ADA)).key)


async def test_a_stale_menu_changes_nothing(services: Services, shop: Shop) -> None:
    """It was opened before somebody else changed the role; a value that was not offered is refused, too."""
    made = await role(services, shop, "Packers", P.ORDER_VIEW)
    old = stamp(made)
    await keys(services, shop, OWNER, made, P.ORDER_VIEW, P.ORDER_SHIP)
    with pytest.raises(ChangedMeanwhile):
        await services.role_desk.set_keys(shop, OWNER, made.key, offered=[*P], chosen=[], seen=old)
    with pytest.raises(BadInput):
        await services.role_desk.set_keys(
            shop, OWNER, made.key, offered=[P.ORDER_VIEW], chosen=["order.ship"], seen=old
        )
    now = (await services.role_desk.view(shop, made.key)).role
    assert now.permission_keys == [P.ORDER_SHIP, P.ORDER_VIEW]


async def test_a_role_that_grows_while_it_is_given_is_not_given(
    db: Db, services: Services, shop: Shop
) -> None:
    """Sam gives a harmless role at the moment in which the owner makes it strong: never both."""
    await hire(services, shop, SAM, await role(services, shop, "Head", P.ROLE_MANAGE, P.ORDER_VIEW))
    outcomes = Counter[str]()
    for turn in range(12):
        made = await role(services, shop, f"R{turn}", P.ORDER_VIEW)
        user = await hire(services, shop, Member(f"{100 + turn}", "x", "X"))
        given, grown = await asyncio.gather(
            services.role_desk.assign(shop, SAM, made.key, user.key),
            keys(services, shop, OWNER, made, P.CONFIG_MANAGE),
            return_exceptions=True,
        )
        row = await AuditLog.find_one(db, {"action": "role.assign", "entityId": made.key})
        first = await AuditLog.find_one(
            db, {"action": "role.keys", "entityId": made.key, "meta.after.permissionKeys": P.CONFIG_MANAGE}
        )
        outcomes[type(given).__name__] += 1
        assert isinstance(given, bool | BeyondOwnKeys), given
        assert isinstance(grown, Role | ChangedMeanwhile), grown
        if isinstance(given, bool) and first is not None:
            assert row is not None
            assert row.created_at <= first.created_at, "it was given after it had grown"
        await services.role_desk.remove(shop, OWNER, made.key)
    assert sum(outcomes.values()) == 12


async def test_a_role_that_is_deleted_while_it_is_given_leaves_nothing(
    db: Db, services: Services, shop: Shop
) -> None:
    """Either it was given first and is taken again, or there was nothing to give any more."""
    for turn in range(12):
        made = await role(services, shop, f"R{turn}", P.ORDER_VIEW)
        users = [await hire(services, shop, Member(f"{100 + n}", "x", "X")) for n in range(3)]
        *given, gone = await asyncio.gather(
            *(services.role_desk.assign(shop, OWNER, made.key, user.key) for user in users),
            services.role_desk.remove(shop, OWNER, made.key),
            return_exceptions=True,
        )
        assert gone == sum(each is True for each in given)
        assert all(each is True or isinstance(each, NotFound) for each in given)
        assert await RoleAssignment.find_all(db, {"roleId": made.key}) == []
    assert all(not user.roles for user in await User.find_all(db, {"tenantId": shop.id}))


async def test_two_clicks_give_a_role_once(db: Db, services: Services, shop: Shop) -> None:
    """And make a user and an identity of a member once."""
    made = await role(services, shop, "Packers", P.ORDER_VIEW)
    users = await asyncio.gather(*(services.users.of_member(shop, OWNER, ADA) for _ in range(6)))
    assert len({user.key for user in users}) == 1
    given = await asyncio.gather(
        *(services.role_desk.assign(shop, OWNER, made.key, users[0].key) for _ in range(6))
    )
    assert Counter(given) == {True: 1, False: 5}
    assert len(await RoleAssignment.find_all(db, {})) == 1


async def test_names_are_checked(services: Services, shop: Shop) -> None:
    """Nothing, what nobody sees, too long, taken, too many."""
    await services.role_desk.create(shop, OWNER, "Packers")
    for text in ("", "   ", "\u200b\u200b", "x" * 101, "ß" * 4000):
        with pytest.raises(BadInput):
            await services.role_desk.create(shop, OWNER, text)
    with pytest.raises(AlreadyExists):
        await services.role_desk.create(shop, OWNER, " Packers ")
    other = await services.role_desk.create(shop, OWNER, "Ведьмы 🧙")
    with pytest.raises(AlreadyExists):
        await services.role_desk.rename(shop, OWNER, other.key, "Packers")
    for n in range(MAX_ROLES - 2):
        await services.role_desk.create(shop, OWNER, f"R{n}")
    with pytest.raises(BadInput):
        await services.role_desk.create(shop, OWNER, "one more")


async def test_another_shops_roles_and_users_are_unknown(db: Db, services: Services, shop: Shop) -> None:
    """Its owner can neither change a role here nor give one to a user from there."""
    boris = Member("50", "boris", "Boris")
    other = await services.shops.claim("901", "Borealis", boris)
    made, theirs = await role(services, shop, "Packers", P.ORDER_VIEW), await hire(services, other, BOB)
    user = await hire(services, shop, ADA)
    desk = services.role_desk
    for step in (
        desk.view(other, made.key),
        desk.rename(other, boris, made.key, "Mine"),
        desk.remove(other, boris, made.key),
        desk.assign(other, boris, made.key, theirs.key),
        desk.assign(shop, OWNER, made.key, theirs.key),
        desk.assign(shop, OWNER, made.key, "nonsense"),
        services.users.view(other, user.key),
    ):
        with pytest.raises(NotFound):
            await step
    with pytest.raises(NotAllowed):
        await desk.rename(shop, boris, made.key, "Mine")
    assert await RoleAssignment.find_all(db, {}) == []


@pytest.mark.parametrize("needs", [P.ROLE_MANAGE, P.USER_MANAGE])
async def test_a_role_that_was_taken_at_this_moment_gives_nothing_more(
    db: Db, services: Services, shop: Shop, needs: Permission
) -> None:
    """The permission is looked up in the transaction itself; the gate saw an older state."""
    head = await role(services, shop, "Head", needs)
    me, user = await hire(services, shop, SAM, head), await hire(services, shop, ADA)
    own = await role(services, shop, "Plain")
    await services.role_desk.assign(shop, SAM, own.key, user.key)
    await services.role_desk.take(shop, OWNER, head.key, me.key)
    with pytest.raises(NotAllowed):
        await services.role_desk.take(shop, SAM, own.key, user.key)
    assert await held(db, shop, user) == {"Plain"}


async def test_every_reason_is_named_and_agrees_with_what_is_allowed(
    db: Db, services: Services, shop: Shop
) -> None:
    """Owner, admin, roles of the server and of the shop, alone and together."""
    shop = await services.shops.configure(shop, OWNER, admin_role_ids=["70"], staff_role_ids=["71", "72"])
    packers = await role(services, shop, "Packers", P.ORDER_SHIP, P.SETUP_RUN)
    await hire(services, shop, ADA, packers)
    await hire(services, shop, BOB)
    shop = await services.ownership.make_admin(shop, OWNER, BOB.discord_id)
    staff = Member("2", "ada", "Ada", role_ids=frozenset({"71", "72"}))
    cases = {
        ADA: [Source.SHOP_ROLE],
        staff: [Source.STAFF_ROLE, Source.STAFF_ROLE, Source.SHOP_ROLE],
        BOB: [Source.TENANT_ADMIN, Source.USER_ADMIN],
        Member("8", "x", "X", role_ids=frozenset({"70"})): [Source.ADMIN_ROLE],
        Member("8", "x", "X", owns_guild=True): [Source.GUILD_OWNER],
        Member("1", "olivia", "Olivia"): [Source.TENANT_OWNER],
        SAM: [],
    }
    for who, sources in cases.items():
        found: Held = await services.access.held(shop, who)
        assert [each.source for each in found.grants] == sources
        assert found.permissions == await services.access.permissions_of(shop, who)
        assert {key for key in P if found.reasons(key)} == found.permissions
        assert found.rules is (found.permissions == EVERYTHING)
    reasons = (await services.access.held(shop, staff)).reasons(P.ORDER_SHIP)
    assert [each.name for each in reasons] == ["71", "72", "Packers"]
    assert not STAFF & {P.USER_MANAGE, P.ROLE_MANAGE, P.IDENTITY_MANAGE, P.CUSTOMER_ERASE}
    assert await User.find_all(db, {"tenantId": "elsewhere"}) == []
