"""Staff look through what happened, jump to what it is about, and put it aside."""

import asyncio
from datetime import timedelta

import pytest

from bot.sandbox import Person, Seen
from cogs.admin._alert_list import SEVERITIES, TYPES, Which
from models.alert import Alert, AlertSeverity, AlertType
from models.audit import AuditLog
from models.base import Db, utc_now
from services import Services
from services.shops import Shop
from tests.cogs.admin.conftest import Claim, everything
from tests.cogs.conftest import member
from tests.cogs.german import english_in
from tests.services.conftest import MakeProduct

pytestmark = pytest.mark.usefixtures("bot")


async def raised(db: Db, shop: Shop, count: int, kind: AlertType, severity: AlertSeverity) -> list[Alert]:
    """So many alerts, a minute apart."""
    made = [
        Alert(
            tenant_id=shop.id,
            type=kind,
            severity=severity,
            message="low_stock",
            params={"product": f"Mug {number} @everyone", "left": number},
            created_at=utc_now() - timedelta(minutes=number),
        )
        for number in range(count)
    ]
    await Alert.insert_all(db, made)
    return made


def both(answer: Seen) -> str:
    """What is read on a card and in the short answers beside it."""
    return "".join(each.text for each in [answer, *answer.followups])


def test_every_type_and_severity_has_a_name() -> None:
    """Also those that are added later."""
    assert set(TYPES) == set(AlertType)
    assert set(SEVERITIES) == set(AlertSeverity)


@pytest.mark.parametrize("text", ["", "0", "999", "xyz", "١٢٣", "000111"])
def test_a_forged_filter_filters_nothing_unknown(text: str) -> None:
    """And what is read is written the same."""
    which = Which.read(text)
    assert Which.read(str(which)) == which


async def test_nothing_happened_yet(sam: Person) -> None:
    """An empty list says so."""
    seen = await sam.run("/admin alerts")
    assert seen.ephemeral
    assert "There is none." in seen.text
    assert "0 unread in all" in seen.text


async def test_alerts_are_filtered_paged_and_read(db: Db, shop: Shop, sam: Person, olivia: Person) -> None:
    """Unread ones first; what one has read is read for all; read all takes what the filter shows."""
    await raised(db, shop, 13, AlertType.LOW_INVENTORY, AlertSeverity.WARN)
    await raised(db, shop, 2, AlertType.NEW_ORDER, AlertSeverity.INFO)
    seen = await sam.run("/admin alerts")
    assert "15 alerts" in seen.text
    assert "Page 1 of 2" in str(seen.buttons)
    assert not seen.pings
    seen = await seen.choose("About what", "Sales")
    assert "2 alerts" in seen.text
    assert "15 unread in all" in seen.text
    card = await seen.choose("Open an alert", next(iter(seen.select("Open an alert").options)))
    assert "sold out" in card.text
    seen = await card.press("Mark as read")
    assert "1 alert " in seen.text
    assert "14 unread in all" in (await olivia.run("/admin alerts")).text
    seen = await seen.press("Mark all as read")
    assert "1 alert is read now." in both(seen)
    seen = await seen.choose("About what", "Everything")
    assert "13 unread in all" in seen.text
    assert "There is none." in (await seen.choose("How urgent", "Look at it now")).text
    seen = await (await sam.run("/admin alerts")).choose("Read or not", "Read and unread")
    assert "15 alerts" in seen.text
    acts = await AuditLog.find_all(db, {"tenantId": shop.id, "action": {"$regex": "^alert"}}, sort="_id")
    assert [act.action for act in acts] == ["alert.read", "alert.read_all"]
    assert acts[1].meta["after"]["read"] == 1


async def test_two_of_the_staff_read_one_alert(db: Db, shop: Shop, sam: Person, olivia: Person) -> None:
    """At once: it is read, and one act is written down."""
    (alert,) = await raised(db, shop, 1, AlertType.NEW_ORDER, AlertSeverity.INFO)
    cards = [
        await person.click(await person.run("/help"), custom_id=f"alerts:open:{alert.key}", forged=True)
        for person in (sam, olivia)
    ]
    await asyncio.gather(*(card.press("Mark as read") for card in cards if isinstance(card, Seen)))
    assert len(await AuditLog.find_all(db, {"action": "alert.read"})) == 1
    assert [each.is_read for each in await Alert.find_all(db, {})] == [True]


async def test_an_alert_leads_to_what_it_is_about(
    db: Db, services: Services, shop: Shop, sam: Person, ada: Person, claim: Claim, product: MakeProduct
) -> None:
    """An order's to the order, low stock to the stock."""
    view = await claim(ada)
    await services.claims.approve(shop, member(sam), view.payment.key, 1, "seen it")
    mug = await product()
    await Alert(
        tenant_id=shop.id, type=AlertType.LOW_INVENTORY, severity=AlertSeverity.WARN, message="low_stock",
        params={"product": "Mug", "left": 2}, entity_type="Product", entity_id=mug.key,
    ).insert(db)  # fmt: skip
    seen = await (await sam.run("/admin alerts")).choose("About what", "Sales")
    card = await seen.choose("Open an alert", next(iter(seen.select("Open an alert").options)))
    assert view.order.order_number in (await card.press("Open order")).text
    seen = await (await sam.run("/admin alerts")).choose("About what", "Low stock")
    card = await seen.choose("Open an alert", next(iter(seen.select("Open an alert").options)))
    assert "Mug" in (await card.press("Open stock")).text


async def test_germans_read_german(db: Db, shop: Shop, german_owner: Person) -> None:
    """Lists and cards."""
    await raised(db, shop, 2, AlertType.LOW_INVENTORY, AlertSeverity.WARN)
    seen = await german_owner.run("/admin alerts")
    assert "2 ungelesene insgesamt" in seen.text
    assert english_in(seen.text) == []


async def test_customers_read_none(db: Db, shop: Shop, ada: Person) -> None:
    """Not by command and not by a forged button."""
    (alert,) = await raised(db, shop, 1, AlertType.NEW_ORDER, AlertSeverity.INFO)
    before = await everything(db)
    seen = await ada.run("/admin alerts")
    assert "`alert.view`" in seen.text
    for custom_id in (f"alerts:open:{alert.key}", f"alerts:read:{alert.key}", "alerts:all:000"):
        answer = await ada.click(seen, custom_id=custom_id, forged=True)
        assert "`alert.view`" in both(answer) if isinstance(answer, Seen) else False
    assert await everything(db) == before
