"""Switches: whose word counts, what each gates, and that what is owed goes on."""

import asyncio
from datetime import timedelta

import pytest

from bot.config import FlagSettings
from models.audit import AuditLog
from models.base import Db
from models.errors import BadInput, CartChanged, ChangedMeanwhile, FeatureOff
from models.flag import FeatureFlag, Flag, FlagScope
from models.outbox import OutboxEffect
from models.platform_entitlement import PlatformEntitlement
from models.tenant import BotConfig
from models.waiting import Waiting
from services import Services
from services.features import FEATURES, EmailPayload, MailEvent, WaitlistPayload, settings_of
from services.flags import keep_system_flags
from services.shops import Shop
from tests.services.conftest import ADA, BOB, OWNER, MakeProduct, TestClock
from tests.services.test_discounts import place, running


@pytest.fixture
async def other(services: Services, shop: Shop) -> Shop:
    """A second shop of the same installation."""
    assert shop.guild_id == "900"
    return await services.shops.claim("901", "Borealis", OWNER)


async def off(services: Services, shop: Shop, flag: Flag) -> None:
    """Let the shop switch a part off."""
    assert not (await services.flags.switch(shop, OWNER, flag, on=False)).on


def test_every_flag_is_declared_once_and_can_be_configured() -> None:
    """The enumeration, the declarations and the section of the configuration name the same parts."""
    assert list(FEATURES) == list(Flag)
    assert list(FlagSettings.model_fields) == [flag.value for flag in Flag]
    assert FlagSettings(labels="never").said() == {Flag.LABELS: "never"}
    for feature in FEATURES.values():
        assert feature.default, "what was there before flags stays there"
        assert feature.payload() == feature.payload.model_validate({})
        assert all(setting.label != setting.name for setting in settings_of(feature.payload))


@pytest.mark.parametrize(
    ("system", "own", "on"),
    [
        (None, None, True),
        ("on", None, True),
        ("off", None, False),
        ("never", None, False),
        (None, False, False),
        ("on", False, False),
        ("off", True, True),
        ("never", True, False),
    ],
)
async def test_the_shops_word_wins_unless_the_installation_leaves_no_choice(
    db: Db, services: Services, shop: Shop, other: Shop, system: str | None, own: bool | None, on: bool
) -> None:
    """Default, installation and shop, in every combination; the neighbour hears of the installation alone."""
    if own is not None:
        await services.flags.switch(shop, OWNER, Flag.LABELS, on=not own)
        await services.flags.switch(shop, OWNER, Flag.LABELS, on=own)
    said = FlagSettings.model_validate({} if system is None else {"labels": system}).said()
    await keep_system_flags(db, said)
    assert await services.flags.on(other.id, Flag.LABELS) is (system in {None, "on"})
    state = await services.flags.state(shop, Flag.LABELS)
    assert state.on is on
    if system == "never":
        assert state.said == "final"
        with pytest.raises(FeatureOff) as refused:
            await services.flags.switch(shop, OWNER, Flag.LABELS, on=True)
        assert refused.value.final
        with pytest.raises(FeatureOff):
            await services.flags.fill(shop, OWNER, Flag.LABELS, {}, state.version)


async def test_the_installations_word_is_kept_once_by_many_processes_and_forgotten_with_its_line(
    db: Db,
) -> None:
    """Five starts at once leave one record each; a start without the line takes it back."""
    said = FlagSettings(labels="never", email="off").said()
    await asyncio.gather(*(keep_system_flags(db, said) for _ in range(5)))
    rows = await FeatureFlag.find_all(db, {}, sort="key")
    assert [(row.name, row.scope, row.enabled, row.final) for row in rows] == [
        ("email", FlagScope.SYSTEM, False, False),
        ("labels", FlagScope.SYSTEM, False, True),
    ]
    await keep_system_flags(db, {})
    assert await FeatureFlag.find_all(db, {}) == []


async def test_a_switch_is_remembered_for_two_seconds_elsewhere_and_seen_at_once_here(
    db: Db, services: Services, shop: Shop, clock: TestClock
) -> None:
    """Another process's switch is obeyed after the moment's memory; one's own at once."""
    assert await services.flags.on(shop.id, Flag.WAITLIST)
    row = FeatureFlag(name="waitlist", scope=FlagScope.TENANT, tenant_id=shop.id, enabled=False)
    await row.insert(db)
    assert await services.flags.on(shop.id, Flag.WAITLIST)
    clock.forward(seconds=2)
    assert not await services.flags.on(shop.id, Flag.WAITLIST)
    await services.flags.switch(shop, OWNER, Flag.WAITLIST, on=True)
    assert await services.flags.on(shop.id, Flag.WAITLIST)


async def test_many_switch_at_once_and_one_record_with_a_truthful_history_remains(
    db: Db, services: Services, shop: Shop
) -> None:
    """Ten clicks on Switch off: one record, one line in the audit."""
    await asyncio.gather(
        *(services.flags.switch(shop, OWNER, Flag.EMAIL, on=False) for _ in range(10)),
        return_exceptions=True,
    )
    (row,) = await FeatureFlag.find_all(db, {"tenantId": shop.id})
    assert not row.enabled
    (line,) = await AuditLog.find_all(db, {"tenantId": shop.id, "action": "flag.switch"})
    assert line.meta == {
        "before": {"flag": "email", "enabled": True},
        "after": {"flag": "email", "enabled": False},
    }
    change = await services.flags.last_change(shop, await services.flags.state(shop, Flag.EMAIL))
    assert change is not None
    assert change.actor_id == OWNER.discord_id


async def test_what_is_set_is_checked_and_nobody_is_overwritten(services: Services, shop: Shop) -> None:
    """Wrong values are named; the second of two who had the same form open is told."""
    fill, flag = services.flags.fill, Flag.WAITLIST
    for wrong, problem in ((0, "between"), (10**9, "between"), ("x", "not_a_number")):
        with pytest.raises(BadInput) as refused:
            await fill(shop, OWNER, flag, {"offer_minutes": wrong}, 0)
        assert (refused.value.field, refused.value.problem) == ("offer_minutes", problem)
    with pytest.raises(BadInput):
        await fill(shop, OWNER, Flag.EMAIL, {"events": ("birthdays",)}, 0)
    with pytest.raises(BadInput):
        await fill(shop, OWNER, flag, {"unheard": 1}, 0)
    answers = await asyncio.gather(
        *(fill(shop, OWNER, flag, {"offer_minutes": each}, 0) for each in (5, 7)), return_exceptions=True
    )
    assert sum(isinstance(each, ChangedMeanwhile) for each in answers) == 1
    state = await services.flags.state(shop, flag)
    assert state.on
    with pytest.raises(ChangedMeanwhile):
        await fill(shop, OWNER, flag, {"offer_minutes": 9}, 0)
    await fill(shop, OWNER, flag, {"offer_minutes": None}, state.version)
    assert await services.flags.payload(shop.id, flag, WaitlistPayload) == WaitlistPayload()


async def test_a_payload_written_by_hand_does_no_harm(db: Db, services: Services, shop: Shop) -> None:
    """Junk in the database counts as nothing set, and a flag of another version as none."""
    for name in ("email", "a_flag_of_tomorrow"):
        row = FeatureFlag(name=name, scope=FlagScope.TENANT, tenant_id=shop.id, enabled=True)
        row.payload = {"events": ["x"], "more": {"$where": 1}}
        await row.insert(db)
    assert await services.flags.payload(shop.id, Flag.EMAIL, EmailPayload) == EmailPayload()
    assert len(await services.flags.states(shop)) == len(Flag)


async def test_without_a_waiting_list_nobody_joins_and_those_in_line_keep_their_turn(
    db: Db, services: Services, shop: Shop, other: Shop, product: MakeProduct, clock: TestClock
) -> None:
    """Bob waited before; Ada cannot ask, and the unit that comes is Bob's for as long as the shop set."""
    mug = await product(stock=0)
    await services.waitlist.ask(shop, BOB, mug.key)
    await services.flags.fill(shop, OWNER, Flag.WAITLIST, {"offer_minutes": 90}, 0)
    await off(services, shop, Flag.WAITLIST)
    assert await services.flags.on(other.id, Flag.WAITLIST)
    assert not (await services.catalog.entry(shop, ADA, mug.key)).lines_up
    with pytest.raises(FeatureOff):
        await services.waitlist.ask(shop, ADA, mug.key)
    await services.stock.restock(shop, OWNER, mug.key, 1, "box")
    (wait,) = await Waiting.find_all(db, {"tenantId": shop.id})
    assert wait.discord_user_id == BOB.discord_id
    assert wait.offered_until == clock.now() + timedelta(minutes=90)
    assert await services.waitlist.ask(shop, BOB, mug.key) is not None
    assert await OutboxEffect.find_all(db, {"kind": "stock.offer"})


async def test_automatic_discounts_go_and_codes_stay(
    services: Services, shop: Shop, product: MakeProduct
) -> None:
    """The cart loses what came by itself; a code still counts."""
    mug = await product(price=1000)
    await running(services, shop)
    await running(services, shop, code="FIVE", off="5%")
    assert (await services.carts.add(shop, ADA, mug.key)).totals.discount == 100
    await off(services, shop, Flag.AUTOMATIC_DISCOUNTS)
    assert (await services.carts.view(shop, ADA)).totals.discount == 0
    assert (await services.carts.enter_code(shop, ADA, "five")).totals.discount == 50
    await services.flags.switch(shop, OWNER, Flag.AUTOMATIC_DISCOUNTS, on=True)
    assert (await services.carts.view(shop, ADA)).totals.discount == 100


async def test_a_tax_service_that_is_off_leaves_the_shops_own_rate(
    db: Db, services: Services, shop: Shop, product: MakeProduct
) -> None:
    """With a service chosen that cannot answer, the flat rate counts while services are off."""
    mug = await product(price=1000)
    await BotConfig.rows(db).update_one({"tenantId": shop.id}, {"$set": {"partners": {"tax": "taxjar"}}})
    shop = await services.shops.of_tenant(shop.id)
    cart = await services.carts.add(shop, ADA, mug.key)
    assert cart.taxed
    assert (await services.checkout.choose_payment(shop, ADA, "VENMO")).totals.tax is None
    await off(services, shop, Flag.TAX_PARTNER)
    assert not (await services.carts.view(shop, ADA)).taxed
    assert (await services.checkout.view(shop, ADA)).totals.tax == 0
    shop = await services.shops.configure(shop, OWNER, tax_percent="10")
    assert (await services.checkout.view(shop, ADA)).totals.tax == 100


async def test_purchases_at_discord_are_heard_again_once_that_is_on(
    db: Db, services: Services, shop: Shop, clock: TestClock
) -> None:
    """While it is off nothing new is noted, but the end of what is known is; the list brings the rest."""

    async def told(kind: str, key: str) -> str:
        data = {"id": key, "sku_id": "5", "type": 8, "user_id": "2", "guild_id": shop.guild_id}
        return await services.discord.hear(kind, data) or ""

    ids = [str((int(clock.now().timestamp() * 1000) - 1420070400000 << 22) + n) for n in (1, 2)]
    assert await told("CREATE", ids[0]) == "new"
    await off(services, shop, Flag.DISCORD_PURCHASES)
    assert await told("CREATE", ids[1]) == "switched_off"
    clock.forward(seconds=1)
    assert await told("DELETE", ids[0]) == "changed"
    assert len(await PlatformEntitlement.find_all(db, {})) == 1
    await services.flags.switch(shop, OWNER, Flag.DISCORD_PURCHASES, on=True)
    assert await told("CREATE", ids[1]) == "new"


async def test_the_events_of_email_are_the_preferences_of_customers(services: Services, shop: Shop) -> None:
    """What can be chosen is what a customer can switch."""
    customer = await services.customers.of(shop, ADA)
    assert all(hasattr(customer.email_preferences, event) for event in MailEvent)
    assert not await services.mailing.offers(shop), "nobody carries e-mails here"


async def test_a_switch_between_review_and_confirm_is_shown_and_what_was_ordered_stays(
    services: Services, shop: Shop, product: MakeProduct
) -> None:
    """Bob ordered with the discount and keeps it; Ada is told before anything is placed without it."""
    mug = await product(price=1000)
    await running(services, shop)
    for member in (BOB, ADA):
        await services.carts.add(shop, member, mug.key)
    bobs = await place(services, shop, BOB)
    view = await services.checkout.choose_payment(shop, ADA, "VENMO")
    await off(services, shop, Flag.AUTOMATIC_DISCOUNTS)
    with pytest.raises(CartChanged) as told:
        await services.placement.place(shop, ADA, view.session.key, view.session.version)
    assert [(each.kind, each.old, each.new) for each in told.value.changes] == [("discount", 100, 0)]
    kept = (await services.orders.staff_view(shop, bobs.key)).order
    assert (kept.discount_amount_cents, kept.total_cents) == (100, 900)
    assert (await place(services, shop, ADA)).total_cents == 1000


async def test_switching_is_undone_with_what_it_belongs_to(db: Db, services: Services, shop: Shop) -> None:
    """Without the audit there is no switch: both are written, or neither."""
    only = {"entityType": "FeatureFlag"}
    once = await AuditLog.rows(db).create_index("entityType", unique=True, partialFilterExpression=only)
    await off(services, shop, Flag.LABELS)
    try:
        with pytest.raises(ChangedMeanwhile):
            await services.flags.switch(shop, OWNER, Flag.EMAIL, on=False)
    finally:
        await AuditLog.rows(db).drop_index(once)
    assert [row.name for row in await FeatureFlag.find_all(db, {"tenantId": shop.id})] == ["labels"]
    assert await services.flags.on(shop.id, Flag.EMAIL)
