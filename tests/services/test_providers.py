"""A shop's keys: entered by staff, kept sealed, changed by several at once, never lost or shown."""

import asyncio

import pytest

from bot.outside import Outside
from models.audit import AuditLog
from models.base import Db
from models.errors import BadInput, NotFound
from models.payment_method import PaymentMethod
from models.provider import Provider
from models.webhook import WebhookProvider
from services import Services
from services.partner import AnyPartner
from services.partners import known_partners
from services.payments import processors
from services.payments.processor import Site
from services.provider_keys import key_fields
from services.shops import Shop
from tests.fakes.square import Square
from tests.outside import OUTSIDE
from tests.services import hosting
from tests.services.conftest import ADA, OWNER

METHOD = "CASHAPP_PAY"
KEYS = hosting.KEYS[METHOD]
ANOTHER = "EAAAl-another-token-0002"


@pytest.fixture
def outside(square: Square) -> Outside:
    """Square answers here."""
    return Outside(OUTSIDE.vault, {"cashapp_pay": Site(square.url, square.url)})


async def fresh(services: Services, shop: Shop) -> Shop:
    """The shop as it is stored now."""
    return await services.shops.of_tenant(shop.id)


async def opened(services: Services, shop: Shop) -> dict[str, str]:
    """The keys as an adapter gets them."""
    keys = await services.providers.keys(shop.id, "cashapp_pay")
    shown = keys.model_dump()
    secrets = {
        name: value.get_secret_value() for name, value in shown.items() if hasattr(value, "get_secret_value")
    }
    return {**shown, **secrets}


async def test_two_who_change_different_keys_at_once_both_have_their_way(
    services: Services, shop: Shop
) -> None:
    """What one left empty is what the other entered, whoever came first."""
    await hosting.offer(services, shop)
    now = await fresh(services, shop)
    one = {**KEYS, "access_token": ANOTHER, "signature_key": ""}
    two = {**KEYS, "access_token": "", "signature_key": "another-signature-key"}
    await asyncio.gather(
        services.providers.configure(now, OWNER, METHOD, one),
        services.providers.configure(now, ADA, METHOD, two),
    )
    keys = await opened(services, shop)
    assert (keys["access_token"], keys["signature_key"]) == (ANOTHER, "another-signature-key")


async def test_ten_who_enter_the_first_keys_at_once_leave_one_record(
    db: Db, services: Services, shop: Shop
) -> None:
    """All succeed, and the method is offered once."""
    await asyncio.gather(*(services.providers.configure(shop, OWNER, METHOD, KEYS) for _ in range(10)))
    assert len(await Provider.all_of(db, shop.id)) == 1
    enabled = (await fresh(services, shop)).config.enabled_payment_methods
    assert enabled.count(PaymentMethod.CASHAPP_PAY) == 1


async def test_offering_comes_through_whatever_else_is_changed_meanwhile(
    services: Services, shop: Shop
) -> None:
    """A card that was read before does not undo what others did to the shop."""
    await hosting.offer(services, shop)
    await services.shops.configure(await fresh(services, shop), OWNER, low_inventory_threshold=3)
    await services.providers.offer(shop, OWNER, METHOD, offered=False)
    await services.providers.offer(shop, OWNER, METHOD, offered=True)
    now = (await fresh(services, shop)).config
    assert now.low_inventory_threshold == 3
    assert now.enabled_payment_methods == [
        PaymentMethod.VENMO,
        PaymentMethod.ZELLE,
        PaymentMethod.CASHAPP_PAY,
    ]


async def test_two_methods_that_are_offered_at_once_are_both_offered(services: Services, shop: Shop) -> None:
    """Whoever is second looks again instead of being refused."""
    more = {"client_id": "AeA1", "secret": "a-secret-of-paypal", "webhook_id": "8PT5"}
    await hosting.offer(services, shop)
    await services.providers.configure(shop, OWNER, "PAYPAL", more)
    for offered in (False, True):
        await asyncio.gather(
            services.providers.offer(shop, OWNER, METHOD, offered=offered),
            services.providers.offer(shop, ADA, "PAYPAL", offered=offered),
        )
        enabled = (await fresh(services, shop)).config.enabled_payment_methods
        both = {PaymentMethod.CASHAPP_PAY, PaymentMethod.PAYPAL}
        assert both & set(enabled) == (both if offered else set())


async def test_new_keys_do_not_put_back_what_was_taken_off_the_checkout(
    services: Services, shop: Shop
) -> None:
    """Only the first keys offer the method, also after all were removed."""
    await hosting.offer(services, shop)
    await services.providers.offer(shop, OWNER, METHOD, offered=False)
    await services.providers.configure(shop, OWNER, METHOD, {**KEYS, "access_token": ANOTHER})
    view = await services.providers.view(await fresh(services, shop), METHOD)
    assert (view.configured, view.offered) == (True, False)
    await services.providers.remove(shop, OWNER, METHOD)
    await services.providers.configure(shop, OWNER, METHOD, KEYS)
    assert (await services.providers.view(await fresh(services, shop), METHOD)).offered


async def test_what_is_wrong_is_named_and_changes_nothing(db: Db, services: Services, shop: Shop) -> None:
    """Missing, too long, not of the form, or no text at all."""
    for key, value, problem in (
        ("access_token", "", "required"),
        ("access_token", "x" * 4001, "length"),
        ("access_token", "half a \ud800 character", "example"),
        ("location_id", "two words", "example"),
        ("location_id", "L" * 61, "example"),
    ):
        with pytest.raises(BadInput) as wrong:
            await services.providers.configure(shop, OWNER, METHOD, {**KEYS, key: value})
        assert (wrong.value.field, wrong.value.problem) == (key, problem)
    assert await Provider.all_of(db, shop.id) == []
    assert not (await services.providers.view(await fresh(services, shop), METHOD)).offered


async def test_removing_keys_twice_is_written_down_once(db: Db, services: Services, shop: Shop) -> None:
    """And without keys there is no site to choose and nothing to offer."""
    await hosting.offer(services, shop)
    for _ in range(2):
        await services.providers.remove(shop, OWNER, METHOD)
    assert len(await AuditLog.find_all(db, {"action": "provider.remove"})) == 1
    with pytest.raises(NotFound):
        await services.providers.choose_environment(shop, OWNER, METHOD, "sandbox")
    with pytest.raises(NotFound):
        await services.providers.offer(shop, OWNER, METHOD, offered=True)


async def test_the_database_and_the_audit_hold_no_secret(db: Db, services: Services, shop: Shop) -> None:
    """Sealed where they are kept, masked where they are written down, hidden where a record is printed."""
    await hosting.offer(services, shop)
    stored = await Provider.of(db, shop.id, "cashapp_pay")
    rows = [
        row for name in ("providers", "auditlogs") for row in await db.database[name].find().to_list(None)
    ]
    everything = f"{rows} {stored!r} {await services.providers.view(shop, METHOD)!r}"
    assert KEYS["location_id"] in everything
    assert KEYS["access_token"] not in everything
    assert KEYS["signature_key"] not in everything


@pytest.mark.parametrize("partner", known_partners(), ids=lambda partner: partner.name)
def test_the_keys_of_every_partner_fit_a_form(partner: type[AnyPartner]) -> None:
    """At most five, each with a name, an example and a place to find it, as long as Discord shows them."""
    fields = key_fields(partner.keys)
    assert 1 <= len(fields) <= 5
    for field in fields:
        assert 1 <= len(field.label) <= 45
        assert 1 <= len(field.example) <= 100
        assert 1 <= len(field.description) <= 100


def test_every_partner_is_found_and_says_what_it_is() -> None:
    """Names are unique, lists show a line about each, and who delivers webhooks is known to the inbox."""
    found = known_partners()
    assert {each.name for each in found} >= {each.name for each in processors().values()}
    assert len({each.name for each in found}) == len(found)
    for each in found:
        assert all((each.icon, each.title, each.company))
        assert 1 <= len(each.about) <= 100
        assert not each.delivers or each.name.upper() in set(WebhookProvider)
