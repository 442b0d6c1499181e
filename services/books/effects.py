"""Whether every order owes to the outside what its state calls for."""

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta

from models.entitlement import Entitlement, EntitlementStatus, EntitlementType
from models.fund import CommunityFundContribution
from models.order import Order
from models.outbox import KEPT, OutboxEffect, OutboxStatus
from models.payment import Payment, RefundState
from services.books.contract import Check, Finding, wrong
from services.books.look import Look
from services.draft import first_effect
from services.effects import EffectKind
from services.paid import owed_when_paid

# What happened long ago is forgotten, and was owed a while before it happened.
_REMEMBERED = KEPT - timedelta(days=2)


class Effects(Check):
    """What is not in the outbox reaches nobody."""

    name = "effects"
    over = (Order,)
    finds = frozenset({"effect_missing", "invoice_unnumbered", "refund_unsent", "removal_missing"})

    async def look(self, look: Look) -> AsyncIterator[Finding]:
        """Compare the effects of each order with those that it owes."""
        entitlements = await look.beside(Entitlement, "orderId")
        gifts = await look.beside(CommunityFundContribution, "orderId")
        payments = await look.beside(Payment, "orderId")
        rows = await look.fields(
            OutboxEffect, "orderId", look.keys, "dedupeKey", "status", "kind", "payload.key"
        )
        of_order: dict[str, dict[str, dict[str, object]]] = {}
        for row in rows:
            of_order.setdefault(row["orderId"], {})[row["dedupeKey"]] = row
        for order in look.records(Order):
            mine, there = entitlements.get(order.key, []), of_order.get(order.key, {})
            for finding in (
                *_paid(look, order, mine, gifts.get(order.key, []), there),
                *_unpaid(look, order, there),
                *_refunds(look, order, payments.get(order.key, []), there),
            ):
                yield finding


type _There = dict[str, dict[str, object]]


def _paid(
    look: Look, order: Order, mine: list[Entitlement], gifts: list[CommunityFundContribution], there: _There
) -> Iterator[Finding]:
    if order.paid_at is None:
        return
    where = {"order": order.key}
    number = there.get(f"{EffectKind.INVOICE_NUMBER}:{order.key}")
    if order.invoice_number is None and number is not None and number["status"] == OutboxStatus.DONE:
        yield wrong(look, "invoice_unnumbered", order, where=where)
    # Entitlements that were added or taken away are another check's; here counts what there is.
    owed = [each.dedupe_key for each in owed_when_paid(order.tenant_id, order, mine, order.paid_at)]
    owed += [f"{EffectKind.FUND_CELEBRATE}:{gift.key}" for gift in gifts]
    if order.paid_at > look.now - _REMEMBERED:
        for key in owed:
            if key not in there:
                kind, _, subject = key.partition(":")
                yield wrong(look, "effect_missing", order, where={**where, "effect": subject}, kind=kind)
    for each in mine:
        taken = each.type is EntitlementType.DISCORD_ROLE and each.status is EntitlementStatus.REVOKED
        if taken and each.revoked_at is None and f"{EffectKind.ROLE_REVOKE}:{each.key}" not in there:
            yield wrong(look, "removal_missing", order, where={**where, "entitlement": each.key})


def _unpaid(look: Look, order: Order, there: _There) -> Iterator[Finding]:
    """Whoever ordered is told how to pay."""
    if order.total_cents == 0 or order.placed_at <= look.now - _REMEMBERED:
        return
    key = first_effect(order, order.placed_at).dedupe_key
    if key not in there:
        kind, _, subject = key.partition(":")
        yield wrong(look, "effect_missing", order, where={"order": order.key, "effect": subject}, kind=kind)


def _refunds(look: Look, order: Order, payments: list[Payment], there: _There) -> Iterator[Finding]:
    """A refund that was asked for is sent by an effect that has not happened yet."""
    open_keys = {
        (row.get("payload") or {}).get("key")  # type: ignore[attr-defined]
        for row in there.values()
        if row["kind"] == EffectKind.PAYMENT_REFUND and row["status"] != OutboxStatus.DONE
    }
    for payment in payments:
        for refund in payment.refunds:
            if refund.state is RefundState.ASKED and refund.key not in open_keys:
                where = {"order": order.key, "payment": payment.key, "refund": refund.key}
                yield wrong(look, "refund_unsent", order, where=where, cents=refund.amount_cents)


CHECK = Effects()
