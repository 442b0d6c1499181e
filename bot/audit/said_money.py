"""What the audit says of sums, payments, discounts, the fund and invoices."""

from bot.audit.words import Said

_ORDER = "`/admin order` shows order <order>, its payment and both histories."
_LEAVE = "When you know which of the two is right, write the other with an exact update, "
_ASK = "Ask the customer and the provider what was paid before you change anything."


def _order(field: str) -> str:
    return (
        _LEAVE + 'such as db.orders.updateOne({_id: ObjectId("<order>"), ' + field + ": <said>}, "
        "{$set: {" + field + ": <due>}})."
    )


SAID = {
    "subtotal_off": Said(
        "The subtotal of order <order> is <said>, its lines come to <due>.", _ORDER, _order("subtotalCents")
    ),
    "discount_off": Said(
        "Order <order> says <said> of discount, its lines come to <due>.",
        _ORDER,
        _order("discountAmountCents"),
    ),
    "tax_off": Said(
        "Order <order> says <said> of tax, its lines and shipping come to <due>.",
        _ORDER,
        _order("taxAmountCents"),
    ),
    "total_off": Said(
        "The total of order <order> is <said>, its parts come to <due>.",
        f"{_ORDER} What was asked of the customer is the payment's amount.",
        _order("totalCents"),
    ),
    "line_off": Said(
        "A line of order <order> (product <product>) has more discount than it costs: <said> of <due>.",
        _ORDER,
        "Give back what was paid too much with `/admin refund`; the line itself can stay as it is.",
    ),
    "refund_off": Said(
        "A line of order <order> (product <product>) says that <said> went back of it, and it cost <due>.",
        f"{_ORDER} `/admin refund` shows what was given back.",
        "Compare with the provider's own list of refunds. "
        "Once money goes back for this order again, the lines are counted anew.",
    ),
    "number_twice": Said(
        "Orders <order> and <other> have the same number.",
        "`/admin doctor` says whether the index on order numbers is there.",
        "Let `/admin doctor` make the index anew after one of the two has another number: "
        'db.orders.updateOne({_id: ObjectId("<other>")}, {$set: {orderNumber: "A-NEW-NUMBER"}}), '
        'and the same for db.payments with {orderId: "<other>"}.',
    ),
    "payment_missing": Said(
        "Order <order> names payment <payment>, which is not there.",
        'Look for db.payments.find({_id: ObjectId("<payment>")}) in a backup.',
        "Restore that one record from the backup. Without one, cancel the order with `/admin order` "
        "if nothing was paid.",
    ),
    "payment_twice": Said(
        "Order <order> has <many> payments, <other> beside <payment>.",
        "`/admin payments` shows whether money came in on both; `/admin doctor` whether an index is missing.",
        "Give back with `/admin refund` what was paid twice. Remove the one without money only then: "
        'db.payments.deleteOne({_id: ObjectId("<other>"), receipts: []}).',
    ),
    "payment_other": Said(
        "Order <order> and its payment <payment> differ in number or way to pay.",
        _ORDER,
        _LEAVE + 'on db.payments with {_id: ObjectId("<payment>")}.',
    ),
    "amount_other": Said(
        "Payment <payment> asks for <said>, its order <order> costs <due>.",
        f"{_ORDER} {_ASK}",
        'db.payments.updateOne({_id: ObjectId("<payment>"), amountCents: <said>}, '
        "{$set: {amountCents: <due>}}) if the order is right.",
    ),
    "currency_other": Said(
        "Payment <payment> is in <said>, its order <order> in <due>.",
        f"{_ORDER} {_ASK}",
        'db.payments.updateOne({_id: ObjectId("<payment>"), currency: "<said>"}, '
        '{$set: {currency: "<due>"}}) if the order is right.',
    ),
    "states_apart": Said(
        "Order <order> is <order_state> while its payment <payment> is <payment_state>.",
        f"{_ORDER} `/admin webhooks` shows what the provider told.",
        "Replay the provider's last event with `/admin webhooks`. Where money came in and the order is open, "
        "`/admin payments` offers Fulfil anyway; where it is paid without money, `/admin refund` "
        "takes it back.",
    ),
    "paid_undated": Said(
        "Order <order> is <order_state>, and whether it was paid says something else.",
        _ORDER,
        _LEAVE + 'on db.orders with {_id: ObjectId("<order>")} and paidAt from its history, or null.',
    ),
    "hold_endless": Said(
        "Order <order> waits for its payment (<payment_state>) and nothing ever ends its hold.",
        _ORDER,
        "Cancel it with `/admin order`: its stock and discount are given back.",
    ),
    "hold_overdue": Said(
        "The hold of order <order> is over and it still waits for its payment (<payment_state>).",
        "Is the bot (or `run.py worker`) running? `/admin doctor` says who goes the rounds.",
        "Start it: the order is cancelled within a minute. Else cancel it with `/admin order`.",
    ),
    "refunded_too_much": Said(
        "Of payment <payment> <said> is given back, and <due> came in.",
        "`/admin refund` for order <order>, and the provider's own list of refunds.",
        "Mark what the provider did not make as not made, in `/admin queue`. What really went back too much "
        "only the customer can return.",
    ),
    "payment_status": Said(
        "Payment <payment> of order <order> is <said>; by its money it is <due>.",
        f"{_ORDER} `/admin webhooks` shows what the provider told.",
        "Replay the provider's last event with `/admin webhooks`; if that changes nothing, "
        'db.payments.updateOne({_id: ObjectId("<payment>"), status: "<said>"}, {$set: {status: "<due>"}}).',
    ),
    "refund_apart": Said(
        "Order <order> says that <said> went back; by its payment <payment> it is <due>.",
        _ORDER,
        _order("refundedCents"),
    ),
    "refund_status": Said(
        "Order <order> is <said>; by what went back of its payment <payment> it is <due>.",
        _ORDER,
        'db.orders.updateOne({_id: ObjectId("<order>"), status: "<said>"}, {$set: {status: "<due>"}}), '
        "after you know whether goods were handed over.",
    ),
    "uses_off": Said(
        "Discount <discount> counts <said> uses, its orders come to <due>.",
        "`/admin discount` shows its uses.",
        'db.discounts.updateOne({_id: ObjectId("<discount>"), usageCount: <said>}, '
        "{$set: {usageCount: <due>}}).",
    ),
    "limit_exceeded": Said(
        "Discount <discount> was used <said> times, its limit is <due>.",
        "`/admin discount` shows its uses.",
        "Turn it off with `/admin discount`. Orders that have it keep what they were promised.",
    ),
    "assignment_off": Said(
        "Assignment <assignment> of discount <discount> counts <said> uses, its orders come to <due>.",
        "`/admin discount` shows who holds it and its uses.",
        'db.discountassignments.updateOne({_id: ObjectId("<assignment>"), usedCount: <said>}, '
        "{$set: {usedCount: <due>}}).",
    ),
    "assignment_exceeded": Said(
        "Assignment <assignment> of discount <discount> was used <said> times, <due> are allowed.",
        "`/admin discount` shows who holds it and its uses.",
        "Revoke it with `/admin discount`. Orders that have it keep what they were promised.",
    ),
    "use_missing": Said(
        "Order <order> has discount <discount>, and no use of it is written down.",
        "`/admin discount` shows its uses.",
        "Insert the use from a backup, then run the audit again: it says what the count has to be.",
    ),
    "use_apart": Said(
        "Use <use> of discount <discount> does not agree with its order <order>: it is <said>, due is <due>, "
        "or sum, currency or discount differ.",
        _ORDER,
        'db.discountuses.updateOne({_id: ObjectId("<use>")}, {$set: {status: "<due>"}}) '
        "if only the state differs, then run the audit again: it says what the count has to be.",
    ),
    "use_unordered": Said(
        "Use <use> is written down for order <order>, which has no discount.",
        _ORDER,
        'db.discountuses.deleteOne({_id: ObjectId("<use>")}), then run the audit again: '
        "it says what the count has to be.",
    ),
    "fund_balance": Said(
        "The fund's balance <balance> says <said>, its entries come to <due>.",
        "`/admin fund` shows every entry.",
        "Pay nothing out until you know why. If the entries are right: "
        'db.fundbalances.updateOne({_id: ObjectId("<balance>"), balanceCents: <said>}, '
        "{$set: {balanceCents: <due>, inCents: <came>, outCents: <went>}}).",
    ),
    "fund_overdrawn": Said(
        "More was paid out of the fund than was there: balance <balance> is <said>, <returned> went back.",
        "`/admin fund` shows every payment out of it.",
        "Take a payment back that was a mistake, with `/admin fund`; else gifts have to make up for it.",
    ),
    "gift_entries": Said(
        "Gift <gift> has <many> entries in the fund's books that do not come to its amount.",
        "`/admin fund` shows every entry.",
        'Add or remove the entry that is too few or too many in db.fundentries {contributionId: "<gift>"}, '
        "with settled: false for one that you add: the balance takes it over by itself.",
    ),
    "payout_entries": Said(
        "Payment <payout> out of the fund has <many> entries in its books that do not come to its amount.",
        "`/admin fund` shows every entry.",
        "Add or remove the entry that is too few or too many in "
        'db.fundentries {disbursementId: "<payout>"}, and run the audit again for the balance.',
    ),
    "gift_missing": Said(
        "Order <order> is paid and gave <due> to the fund; <many> gifts of it are written down.",
        _ORDER,
        "Insert the gift and its entry (settled: false) from a backup.",
    ),
    "gift_unpaid": Said(
        "Gift <gift> is written down for order <order>, which is not paid or gives nothing.",
        _ORDER,
        "Take gift and entries out together, then run the audit again for the balance.",
    ),
    "gift_other": Said(
        "Gift <gift> differs from order <order> in sum, currency or in whether it went back.",
        _ORDER,
        "Set amountCents, currency and returnedAt of the gift to what the order says, "
        "then run the audit again for its entries.",
    ),
    "invoice_gap": Said(
        "<many> invoice numbers were given out to no order: <names>.",
        "A backup may know the orders that had them.",
        "Restore those orders. Never give a number to another order; note the gap for your tax "
        "office instead.",
    ),
    "invoice_twice": Said(
        "<many> invoice numbers stand on two orders: <names>.",
        "`/admin doctor` says whether the index on invoice numbers is there.",
        "Take invoiceNumber off the later order and let `/admin queue` give it a new one.",
    ),
    "invoice_foreign": Said(
        "<many> invoice numbers were never given out by the counter <counter>: <names>.",
        "Were orders restored or imported beside it?",
        'Raise the counter to the highest: db.counters.updateOne({_id: ObjectId("<counter>")}, '
        "{$max: {last: THE_HIGHEST}}).",
    ),
}
