"""Findings of a second review of the way of the money: news that overtakes news, and refunds by hand."""

import pytest

from models.base import Db
from models.order import Order, OrderStatus
from models.payment import RefundState
from services import Services
from services.payments.processor import Money, News, What
from services.settlement import Settlement
from services.settling.credit import Picked, everything, left_of
from services.shops import Shop
from tests.services import hosting, refunding
from tests.services.conftest import OWNER, MakeProduct
from tests.services.refunding import TOTAL, made, revoked, take_back, tell
from tests.services.test_hosted import outside, placed, shop, square
from tests.services.test_review_money import back
from tests.services.test_settlement import alerts, settlement, told

__all__ = ["outside", "placed", "settlement", "shop", "square"]

_BOUNCED = back("ch_1", 1000, What.REFUND_FAILED)


# What a refund came to


@pytest.mark.parametrize("first", [(back("ch_1", 1000), _BOUNCED), (_BOUNCED,)])
async def test_an_older_word_of_a_refund_that_bounced_does_not_make_it_again(
    db: Db, services: Services, shop: Shop, settlement: Settlement, placed: Order, first: tuple[News, ...]
) -> None:
    """The word that it was made may come late, or be replayed by staff: the money is here all the same."""
    await told(settlement, shop, placed, hosting.paid(placed, "ch_1"), *first)
    before = await alerts(db)
    assert await told(settlement, shop, placed, back("ch_1", 1000)) == ["known"]
    view = await services.payments.of_order(shop, placed.key)
    assert [each.state for each in view.payment.refunds] == [RefundState.FAILED]
    assert (view.payment.refundable_cents, view.order.refunded_cents) == (3000, 0)
    assert await alerts(db) == before


async def test_what_staff_sent_themselves_is_no_part_of_a_providers_sum(
    services: Services, shop: Shop, settlement: Settlement, placed: Order
) -> None:
    """The provider counts what left by it; a reversal told as a sum does not hide behind the rest."""
    await told(settlement, shop, placed, hosting.paid(placed, "ch_1"))
    await services.refunds.ask(shop, OWNER, placed.payment_id, 1000, "cash", by_hand=True)
    total = News(What.REFUNDED, charge_ref="ch_1", amount=Money(800, "USD"), total=True)
    assert await told(settlement, shop, placed, total, total) == ["refunded", "known"]
    assert (await hosting.payment(services, shop, placed)).refunded_cents == 1800
    named = back("ch_1", 800)
    await told(settlement, shop, placed, named)
    assert (await hosting.payment(services, shop, placed)).refunded_cents == 1800


async def test_all_of_it_back_for_a_moment_takes_everything_for_good(
    db: Db, services: Services, shop: Shop, product: MakeProduct
) -> None:
    """A part and the rest are made, the rest bounces: what was taken back stays so, and staff are called."""
    shop, of = await refunding.opened(services, shop), await refunding.basket(product)
    order = await refunding.paid(services, shop, of)
    payment = await take_back(services, shop, order, Picked({of.mug.key: 1}))
    payment = await take_back(services, shop, order, everything(left_of(order, payment)))
    part, rest = made(order, payment, 0), made(order, payment, 1)
    bounced = made(order, payment, 1, What.REFUND_FAILED)
    await tell(services, shop, part)
    assert await revoked(db, shop, order) == set()
    await tell(services, shop, rest)
    assert await revoked(db, shop, order) == {of.vip.key, of.book.key}
    await tell(services, shop, bounced)
    assert await revoked(db, shop, order) == {of.vip.key, of.book.key}
    assert "refund_bounced" in await alerts(db)
    now = await refunding.now(services, shop, order)
    assert (now.status, now.refunded_cents) == (
        OrderStatus.PARTIALLY_REFUNDED,
        part.amount and part.amount.cents,
    )
    assert now.refunded_cents < TOTAL
