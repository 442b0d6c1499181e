"""The order book: found, read, noted and called off."""

import asyncio

import pytest

from bot.sandbox import Community, Person
from models.audit import AuditLog
from models.base import Db
from models.order import OrderStatus
from services import Services
from services.shops import Shop
from tests.cogs.admin.conftest import Buy, Claim
from tests.cogs.conftest import member

WHY = "Why? The customer will read this."

pytestmark = pytest.mark.usefixtures("bot")


async def test_orders_are_found_by_number_name_and_state(
    services: Services, shop: Shop, sam: Person, ada: Person, bob: Person, buy: Buy
) -> None:
    """Typed with the command, in the search form or chosen from the states."""
    hers, his = await buy(ada), await buy(bob)
    await services.orders.staff_cancel(shop, member(sam), his.key, "a mistake")
    assert hers.order_number in (await sam.run("/admin order", find=hers.order_number.lower())).text
    seen = await sam.run("/admin order", find="ADA")
    assert hers.order_number in seen.text
    assert his.order_number not in seen.text
    seen = await seen.press("Show all")
    assert his.order_number in seen.text
    seen = await seen.choose("Show those in a state", "cancelled")
    assert hers.order_number not in seen.text
    assert his.order_number in seen.text
    seen = await (await seen.open("Search")).submit({"Number, customer or state": "nobody here"})
    assert "Nothing found" in seen.text


async def test_many_orders_have_pages(sam: Person, guild: Community, buy: Buy) -> None:
    """Newest first, five to a page; the search stays while pages turn."""
    for number in range(6):
        await buy(guild.add_member(f"fan{number}"))
    seen = await sam.run("/admin order", find="fan")
    assert len(seen.select("Open an order").options) == 5
    seen = await seen.press("▶️")
    assert len(seen.select("Open an order").options) == 1
    assert "`fan`" in seen.text


async def test_orders_are_suggested_with_who_what_and_state(sam: Person, ada: Person, buy: Buy) -> None:
    """A suggestion opens the order that it names."""
    order = await buy(ada)
    (choice,) = await sam.suggest("/admin order", find="ada")
    assert choice.name == f"{order.order_number} · Ada · $15.00 · waiting for payment"
    assert order.order_number in (await sam.run("/admin order", find=choice.value)).text


async def test_an_order_shows_its_payment_what_it_hands_over_and_its_history(
    services: Services, shop: Shop, guild: Community, sam: Person, ada: Person, claim: Claim
) -> None:
    """Before and after the approval, with who did what."""
    vip = guild.add_role("VIP")
    view = await claim(ada, "from ada", granted_role_ids=[str(vip.id)], delivery_text="key 1")
    seen = await sam.run("/admin order", find=view.order.order_number)
    assert "waiting for payment" in seen.text
    assert "from ada" in seen.text
    claim_card = await seen.press("Check the payment")
    assert claim_card.button("Approve")
    seen = await claim_card.press("Order")
    await services.claims.approve(shop, member(sam), view.payment.key, 1, "seen it")
    seen = await seen.press("Look again")
    assert "**paid**" in seen.text
    assert "Approved by" in seen.text
    assert "seen it" in seen.text
    assert "@VIP" in seen.text
    assert f"{view.order.items[0].name}: delivered" in seen.text
    assert "The customer says that it is paid" in seen.text
    assert any(button.label == "Invoice" and button.url for button in seen.buttons)


async def test_a_note_is_kept_for_the_staff_and_audited(
    db: Db, services: Services, shop: Shop, sam: Person, ada: Person, buy: Buy
) -> None:
    """It stands in the history with who wrote it; the customer's view does not have to show it."""
    order = await buy(ada)
    seen = await sam.run("/admin order", find=order.order_number)
    form = await seen.open("Add note")
    seen = await form.submit({"Note, for the staff only": "Called *twice*, @everyone"})
    assert "Called" in seen.text
    assert seen.pings == []
    assert (await services.orders.staff_view(shop, order.key)).order.history[
        -1
    ].note == "Called *twice*, @everyone"
    (row,) = await AuditLog.find_all(db, {"action": "order.note"})
    assert row.actor_id == str(sam.id)


async def test_cancelling_asks_why_gives_the_stock_back_and_happens_once(
    db: Db, services: Services, shop: Shop, sam: Person, olivia: Person, ada: Person, buy: Buy
) -> None:
    """Two staff cancel at once: one does, the other reads that it is cancelled."""
    order = await buy(ada, stock=1)
    forms = [
        await (await person.run("/admin order", find=order.order_number)).open("Cancel the order")
        for person in (sam, olivia)
    ]
    answers = await asyncio.gather(*(form.submit({WHY: "Out of season"}) for form in forms))
    said = ["".join(each.text for each in [answer, *answer.followups]) for answer in answers]
    assert sum("Cancelled. The goods are back" in text for text in said) == 1
    assert sum("not possible any more" in text for text in said) == 1
    view = await services.orders.staff_view(shop, order.key)
    assert view.order.status is OrderStatus.CANCELLED
    assert (await services.stock.of(shop, order.items[0].product_id)).available == 1
    assert len(await AuditLog.find_all(db, {"action": "order.cancel"})) == 1
    seen = await sam.run("/admin order", find=order.order_number)
    assert "Out of season" in seen.text
    assert "Cancel the order" not in [button.label for button in seen.buttons]


async def test_a_paid_order_cannot_be_cancelled_from_an_old_card(
    services: Services, shop: Shop, sam: Person, ada: Person, claim: Claim
) -> None:
    """The card stood open while the payment was approved."""
    view = await claim(ada)
    seen = await sam.run("/admin order", find=view.order.order_number)
    form = await seen.open("Cancel the order")
    await services.claims.approve(shop, member(sam), view.payment.key, 1, "seen")
    assert "not possible any more" in (await form.submit({WHY: "too late"})).text
    assert (await services.orders.staff_view(shop, view.order.key)).order.status is OrderStatus.COMPLETE
