"""Nobody gets by a setting what the shop did not give them."""

import asyncio

import pytest

from models.access import Role
from models.audit import AuditLog
from models.base import Db
from models.errors import BadInput, BeyondOwnKeys, ChangedMeanwhile, OwnerOnly
from models.fund import CommunityFundConfig
from models.member import Member
from models.provider import Provider
from models.tenant import BotConfig
from services import Services
from services.access import FUND_APPROVAL, MAIL_CARRIER, STAFF, Permission
from services.setting_rights import TOLD
from services.shops import Shop
from tests.fakes.taxjar import TaxJar
from tests.services.conftest import OWNER, MakeProduct
from tests.services.staffing import hire, role

SAM = Member("9", "sam", "Sam", role_ids=frozenset({"70"}))
P = Permission


@pytest.fixture
async def clerk(services: Services, shop: Shop) -> Member:
    """Somebody who may change settings and nothing else."""
    await hire(services, shop, SAM, await role(services, shop, "Setter", P.CONFIG_MANAGE))
    return SAM


async def stored(db: Db, shop: Shop) -> BotConfig:
    """The set-up as it is."""
    found = await BotConfig.of_tenant(db, shop.id)
    assert found is not None
    return found


async def test_the_key_of_settings_makes_nobody_an_admin(
    db: Db, services: Services, shop: Shop, clerk: Member
) -> None:
    """Not oneself by one's own role, not another one, and it takes no admins away."""
    shop = await services.shops.configure(shop, OWNER, admin_role_ids=["71"])
    for roles in (["70"], ["70", "71"], []):
        with pytest.raises(OwnerOnly):
            await services.shops.configure(shop, clerk, admin_role_ids=roles)
    assert (await stored(db, shop)).admin_role_ids == ["71"]
    assert not await AuditLog.find_all(db, {"actorId": clerk.discord_id})


@pytest.mark.parametrize("how", ["role", "person"])
async def test_an_admin_makes_no_admins(services: Services, shop: Shop, how: str) -> None:
    """As with people: who was made one by the owner could otherwise not be unmade."""
    if how == "role":
        shop = await services.shops.configure(shop, OWNER, admin_role_ids=["70"])
    else:
        shop = await services.ownership.make_admin(shop, OWNER, SAM.discord_id)
    with pytest.raises(OwnerOnly):
        await services.shops.configure(shop, SAM, admin_role_ids=["70", "72"])
    shop = await services.shops.configure(shop, SAM, staff_role_ids=["72"], admin_channel_id="5")
    assert (shop.config.staff_role_ids, shop.config.admin_channel_id) == (["72"], "5")


async def test_the_owner_of_the_server_says_who_the_admins_are(services: Services, shop: Shop) -> None:
    """Also where somebody else opened the shop."""
    shop = await services.ownership.hand_over(shop, OWNER, "2", "2")
    landlord = Member("7", "lou", "Lou", owns_guild=True)
    shop = await services.shops.configure(shop, landlord, admin_role_ids=["70"])
    assert shop.config.admin_role_ids == ["70"]


async def test_staff_are_chosen_by_those_who_may_do_what_staff_may(
    db: Db, services: Services, shop: Shop, clerk: Member
) -> None:
    """The refusal names what is missing; with all of it, one may."""
    with pytest.raises(BeyondOwnKeys) as refused:
        await services.shops.configure(shop, clerk, staff_role_ids=["70"])
    assert set(refused.value.keys) == STAFF - {P.CONFIG_MANAGE}
    await Role.rows(db).update_many({}, {"$set": {"permissionKeys": [*STAFF, P.CONFIG_MANAGE]}})
    shop = await services.shops.configure(shop, clerk, staff_role_ids=["70"])
    assert shop.config.staff_role_ids == ["70"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("default_order_channel_id", "5"),
        ("announcement_channel_id", "5"),
        ("admin_channel_id", "5"),
        ("admin_notify_email", "sam@evil.example"),
    ],
)
async def test_what_staff_are_told_is_sent_only_by_those_who_may_read_it(
    db: Db, services: Services, shop: Shop, clerk: Member, field: str, value: str
) -> None:
    """A channel or address of one's own would show orders, alerts and figures."""
    shop = await services.shops.configure(shop, OWNER, **{field: "4" if value == "5" else "a@b.example"})
    with pytest.raises(BeyondOwnKeys) as refused:
        await services.shops.configure(shop, clerk, **{field: value})
    assert set(refused.value.keys) == TOLD
    other = await services.shops.configure(shop, clerk, low_inventory_threshold=7, **{field: None})
    assert other.config.low_inventory_threshold == 7
    await Role.rows(db).update_many({}, {"$set": {"permissionKeys": [*TOLD, P.CONFIG_MANAGE]}})
    other = await services.shops.configure(other, clerk, **{field: value})
    assert getattr(other.config, field) == value


async def test_the_panel_is_no_way_round(db: Db, services: Services, shop: Shop, clerk: Member) -> None:
    """The address of the staff stands on a form there, too; the rest of that form may be changed."""
    await Role.rows(db).update_many({}, {"$push": {"permissionKeys": "panel.view"}})
    row = await stored(db, shop)
    seen = await services.panel.one(shop, clerk, "config", row.key)
    typed = {"adminNotifyEmail": "sam@evil.example", "paymentInstructions": "Thanks"}
    with pytest.raises(BeyondOwnKeys):
        await services.panel_edits.fill(shop, clerk, ("config", seen.key, seen.stamp), 1, typed)
    assert (await stored(db, shop)).admin_notify_email is None
    typed["adminNotifyEmail"] = ""
    await services.panel_edits.fill(shop, clerk, ("config", seen.key, seen.stamp), 1, typed)
    assert (await stored(db, shop)).payment_instructions == "Thanks"


async def test_a_shop_that_was_read_before_a_role_was_taken_opens_nothing(
    db: Db, services: Services, shop: Shop
) -> None:
    """The gate may be two seconds old; who acts is looked at inside the transaction."""
    before = await services.shops.configure(shop, OWNER, admin_role_ids=["70"])
    await BotConfig.rows(db).update_one({"tenantId": shop.id}, {"$set": {"adminRoleIds": []}})
    with pytest.raises((BeyondOwnKeys, ChangedMeanwhile)):
        await services.shops.configure(before, SAM, staff_role_ids=["70"])
    assert (await stored(db, shop)).staff_role_ids == []


async def test_taking_a_key_and_using_it_at_once_is_either_or(db: Db, services: Services, shop: Shop) -> None:
    """Whichever is first, nobody ends with a role as staff whom the owner had already let go."""
    strong = await role(services, shop, "Strong", *STAFF, P.CONFIG_MANAGE)
    user = await hire(services, shop, SAM, strong)
    await asyncio.gather(
        services.role_desk.take(shop, OWNER, strong.key, user.key),
        services.shops.configure(shop, SAM, staff_role_ids=["70"]),
        return_exceptions=True,
    )
    assert not (await services.access.held(shop, SAM)).role_names
    fresh = await services.shops.of_tenant(shop.id)
    with pytest.raises(BeyondOwnKeys):
        await services.shops.configure(fresh, Member("9", "sam", "Sam"), staff_role_ids=["71", "72"])
    assert "72" not in (await stored(db, shop)).staff_role_ids


@pytest.mark.parametrize("field", ["admin_role_ids", "staff_role_ids"])
async def test_a_role_that_is_sold_opens_nothing(
    services: Services, shop: Shop, product: MakeProduct, field: str
) -> None:
    """Not even the owner makes every buyer an admin by mistake; one chosen before may stay chosen."""
    await product("Pass", granted_role_ids=["77"], is_active=False)
    with pytest.raises(BadInput) as refused:
        await services.shops.configure(shop, OWNER, **{field: ["70", "77"]})
    assert (refused.value.problem, refused.value.limit) == ("role_sold", "Pass")
    shop = await services.shops.configure(shop, OWNER, **{field: ["70"]})
    await product("Other", granted_role_ids=["70"])
    shop = await services.shops.configure(shop, OWNER, **{field: ["70", "71"]})
    assert getattr(shop.config, field) == ["70", "71"]


RELAY = {"sender": "shop@aurora.example", "host": "mail.aurora.example", "port": "587"}
EVIL = RELAY | {"host": "mail.evil.example"}


async def test_who_carries_the_shops_mail_is_said_by_its_owner_and_admins(
    db: Db, services: Services, shop: Shop
) -> None:
    """Neither by keys to another server nor by taking one into use; whoever holds the key may end it."""
    await hire(services, shop, SAM, await role(services, shop, "Keys", *frozenset(P) - {P.SETUP_RUN}))
    with pytest.raises(BeyondOwnKeys) as refused:
        await services.providers.configure(shop, SAM, "smtp", EVIL)
    assert refused.value.keys == (MAIL_CARRIER,)
    assert await Provider.of(db, shop.id, "smtp") is None
    shop = await services.providers.configure(shop, OWNER, "smtp", RELAY)
    for attempt in (
        services.providers.configure(shop, SAM, "smtp", EVIL),
        services.shops.configure(shop, SAM, partners={"mail": "sendgrid"}),
        services.providers.may_enter(shop, SAM, "smtp"),
    ):
        with pytest.raises(BeyondOwnKeys):
            await attempt
    carrier = await services.providers.view(shop, "smtp")
    assert (carrier.offered, carrier.values["host"]) == (True, "mail.aurora.example")
    shop = await services.providers.offer(shop, SAM, "smtp", offered=False)
    assert shop.config.partners == {}
    with pytest.raises(BeyondOwnKeys):
        await services.providers.offer(shop, SAM, "smtp", offered=True)
    shop = await services.ownership.make_admin(shop, OWNER, SAM.discord_id)
    shop = await services.providers.offer(shop, SAM, "smtp", offered=True)
    assert shop.config.partners == {"mail": "smtp"}


async def test_other_partners_ask_for_their_key_alone(services: Services, shop: Shop) -> None:
    """Who computes tax or prints labels reads no mail; what stands there of mail may stay."""
    shop = await services.providers.configure(shop, OWNER, "smtp", RELAY)
    await hire(services, shop, SAM, await role(services, shop, "Keys", P.PROVIDER_MANAGE))
    shop = await services.providers.configure(shop, SAM, "taxjar", {"api_token": TaxJar.TOKEN})
    assert shop.config.partners == {"mail": "smtp", "tax": "taxjar"}


async def test_who_pays_out_of_the_fund_is_said_by_those_who_may(
    db: Db, services: Services, shop: Shop
) -> None:
    """Both keys are not enough to name one's own role; whoever approves may name another."""
    keys = (P.FUND_MANAGE, P.CONFIG_MANAGE)
    keeper = await role(services, shop, "keeper", *keys)
    await hire(services, shop, SAM, keeper)
    with pytest.raises(BeyondOwnKeys) as refused:
        await services.fund_rules.approvers(shop, SAM, ["keeper"])
    assert refused.value.keys == (FUND_APPROVAL,)
    await services.fund_rules.approvers(shop, OWNER, ["keeper"])
    await services.fund_rules.approvers(shop, SAM, ["keeper", "treasurer"])
    rules = await CommunityFundConfig.find_one(db, {"tenantId": shop.id})
    assert rules is not None
    assert rules.disbursement_approval_roles == ["keeper", "treasurer"]
