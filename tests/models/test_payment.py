import asyncio
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from pymongo.errors import DuplicateKeyError

from models.base import Db, transact
from models.payment import PAYMENT_LIFE, Payment, PaymentStatus, Receipt
from tests.models.samples import sample

P = PaymentStatus
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


async def a_payment(db: Db, status: PaymentStatus) -> Payment:
    """A stored payment in this state."""
    return await sample(Payment, tenant_id="a", status=status).insert(db)


async def move(db: Db, payment: Payment, to: PaymentStatus) -> Payment | None:
    """One move in a transaction of its own."""
    return await transact(db, lambda tx: Payment.move(db, payment, to, {"approverUserId": to.value}, tx=tx))


async def test_approve_and_reject_at_once_give_one_decision(db: Db) -> None:
    """Two staff, one outcome, and the record tells whose."""
    payment = await a_payment(db, P.AWAITING_ADMIN_APPROVAL)
    wanted = [P.CONFIRMED, P.REJECTED] * 4
    moved = [after for after in await asyncio.gather(*(move(db, payment, to) for to in wanted)) if after]
    assert len(moved) == 1
    stored = await Payment.of_order(db, "a", payment.order_id)
    assert stored == moved[0]
    assert stored.approver_user_id == stored.status


@pytest.mark.parametrize("old", P)
async def test_the_database_moves_a_payment_as_the_table_says(db: Db, old: PaymentStatus) -> None:
    """Every pair of states, allowed or refused."""
    for n, to in enumerate(P):
        payment = await sample(Payment, order_id=f"o{n}", status=old).insert(db)
        assert (await move(db, payment, to) is not None) is PAYMENT_LIFE.allows(old, to)


async def test_a_decision_on_an_older_claim_is_refused(db: Db) -> None:
    """Who looks at the first claim does not decide on the second."""
    seen = await a_payment(db, P.REJECTED)
    claimed = await transact(
        db, lambda tx: Payment.move(db, seen, P.AWAITING_ADMIN_APPROVAL, {}, tx=tx, claims=1)
    )
    assert claimed is not None
    assert claimed.claims == 1
    assert await move(db, seen, P.CONFIRMED) is None
    assert await move(db, claimed, P.CONFIRMED) is not None


async def test_another_tenant_moves_nothing(db: Db) -> None:
    """A payment id alone is not enough."""
    payment = await a_payment(db, P.AWAITING_ADMIN_APPROVAL)
    assert await move(db, payment.model_copy(update={"tenant_id": "b"}), P.CONFIRMED) is None
    assert await Payment.of_order(db, "b", payment.order_id) is None


async def test_a_reference_is_remembered_for_its_method_and_shop_only(db: Db) -> None:
    """The warning is about another payment, by the same method, in the same shop."""
    first = await sample(Payment, tenant_id="a", order_id="o1", customer_reference_key="smith").insert(db)
    second = await sample(Payment, tenant_id="a", order_id="o2").insert(db)
    assert await Payment.with_reference(db, second, "smith") == first
    assert await Payment.with_reference(db, first, "smith") is None
    assert await Payment.with_reference(db, second, "jones") is None
    other = second.model_copy(update={"tenant_id": "b"})
    assert await Payment.with_reference(db, other, "smith") is None


async def test_an_order_has_one_payment(db: Db) -> None:
    """Two payments for one order are refused by the index."""
    await sample(Payment, order_id="o1").insert(db)
    with pytest.raises(DuplicateKeyError):
        await sample(Payment, order_id="o1").insert(db)


async def test_claims_wait_in_order_of_their_age(db: Db) -> None:
    """Staff see the oldest first, and how many there are."""
    for n, day in enumerate((3, 1, 2)):
        claimed_at = datetime(2026, 1, day, tzinfo=UTC)
        status = P.AWAITING_ADMIN_APPROVAL
        await sample(Payment, tenant_id="a", order_id=f"o{n}", status=status, claimed_at=claimed_at).insert(
            db
        )
    await sample(Payment, tenant_id="a", order_id="o9").insert(db)
    waiting = await Payment.waiting(db, "a", skip=0, limit=2)
    assert [payment.order_id for payment in waiting] == ["o1", "o2"]
    assert await Payment.how_many_waiting(db, "a") == 3
    assert await Payment.how_many_waiting(db, "b") == 0


def test_another_coin_makes_no_less_due() -> None:
    """What came in the coin that was asked for counts, and never below nothing."""
    asked = {"nowpayments_deposit_amount_crypto": "0.0004", "nowpayments_crypto_currency": "btc"}
    part = Receipt(ref="1", amount_cents=500, currency="USD", at=NOW, coins="0.0001", ticker="btc")
    wrong = Receipt(ref="2", amount_cents=0, currency="USD", at=NOW, coins="5", ticker="ltc")
    payment = sample(Payment, **asked, receipts=[part, wrong])
    assert payment.coins_due == Decimal("0.0003")
    payment.receipts.append(part.model_copy(update={"coins": "1"}))
    assert payment.coins_due == 0
    assert sample(Payment, receipts=[part]).coins_due is None
