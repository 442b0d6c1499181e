"""What the audit says of what is owed to the outside, of providers' events, of carts and of strangers."""

from bot.audit.words import Said

_QUEUE = "`/admin queue` shows what waits, and why."
_RUNS = "Is the bot (or `run.py worker`) running? `/admin doctor` says what does not get its turn."
_ORDER = "`/admin order` shows order <order> and its history."

SAID = {
    "effect_missing": Said(
        "Order <order> owes <kind> (<effect>), and it is not in the outbox.",
        f"{_ORDER} Did the customer get what it is about?",
        "Do it by hand where it is still missing: tell the customer, grant the role, hand over the key, "
        "and note it with `/admin order`.",
    ),
    "invoice_unnumbered": Said(
        "Order <order> is paid and its invoice number was given out, but it has none.",
        _ORDER,
        'db.outbox.updateOne({dedupeKey: "invoice.number:<order>"}, '
        '{$set: {status: "PENDING", nextAttemptAt: new Date()}}).',
    ),
    "refund_unsent": Said(
        "Refund <refund> of <cents> for order <order> was asked for, and nobody is there to send it.",
        "`/admin refund` shows it; the provider's own list says whether it was made.",
        'db.payments.updateOne({_id: ObjectId("<payment>"), "refunds.key": "<refund>"}, '
        '{$set: {"refunds.$.state": "unknown"}}), then say in `/admin payments` whether it was made. '
        "If it was not, ask for it once more with `/admin refund`.",
    ),
    "removal_missing": Said(
        "Entitlement <entitlement> of order <order> was taken back, and nobody is there to remove its role.",
        _ORDER,
        "Take the role away in Discord, unless another order grants it, and note when: "
        'db.entitlements.updateOne({_id: ObjectId("<entitlement>"), status: "REVOKED"}, '
        "{$set: {revokedAt: new Date()}}).",
    ),
    "effect_silent": Said(
        "Effect <effect> (<kind>) was given up and nobody was told.",
        _QUEUE,
        "Try it again with `/admin queue`.",
    ),
    "effect_late": Said(
        "Effect <effect> (<kind>) was due long ago.", _RUNS, "Start it: what is due is done at once."
    ),
    "effect_never": Said(
        "Effect <effect> (<kind>) is not due for days.",
        "Was the clock of a machine wrong? `/admin doctor` compares it.",
        'db.outbox.updateOne({_id: ObjectId("<effect>"), status: "PENDING"}, '
        "{$set: {nextAttemptAt: new Date(), leaseToken: null}}).",
    ),
    "effect_unknown": Said(
        "Effect <effect> is of a kind that this version does not know (<kind>).",
        "Do all hosts run the same version?",
        "Start the newer version everywhere.",
    ),
    "event_silent": Said(
        "Event <event> of <provider> is <state> and nobody was told.",
        "`/admin webhooks` shows what it says.",
        "Replay it with `/admin webhooks`, or decide about the payment with `/admin payments`.",
    ),
    "event_late": Said(
        "Event <event> of <provider> waits for long.",
        "Is the bot (or `run.py worker`) running? `/admin webhooks` says why it could not be acted upon.",
        "Start it, or replay it with `/admin webhooks`.",
    ),
    "event_never": Said(
        "Event <event> of <provider> waits and has no time at which it is due.",
        "`/admin webhooks` shows what it says.",
        'db.webhookevents.updateOne({_id: ObjectId("<event>"), state: "WAITING"}, '
        "{$set: {nextAttemptAt: new Date()}}).",
    ),
    "session_twice": Said(
        "The person of cart <session> has <many> open ones.",
        "`/admin doctor` says whether the index on carts is there.",
        'db.ordersessions.updateOne({_id: ObjectId("<session>"), state: "OPEN"}, '
        '{$set: {state: "EXPIRED", isOpen: false}}) for the older one, then let `/admin doctor` '
        "make the index.",
    ),
    "session_apart": Said(
        "Cart <session> is <state>, and whether it is open says something else.",
        "Look at its submittedOrderId: an order that exists is right.",
        'db.ordersessions.updateOne({_id: ObjectId("<session>")}, {$set: {isOpen: false}}) '
        "and state SUBMITTED with an order, EXPIRED without.",
    ),
    "session_unordered": Said(
        "Cart <session> was ordered, and its order <order> is not there.",
        "A backup may have the order. `/admin payments` shows whether it was paid.",
        "Restore order, payment and ledger rows together from the backup.",
    ),
    "session_stuck": Said(
        "Confirm of cart <session> began long ago and did not end.",
        _RUNS,
        "Start it: the cart is given back.",
    ),
    "reference_foreign": Said(
        "<kind> <record> of shop <tenant> names in <field> the <target> <names>, which is another shop's.",
        "Compare both records. Stop selling in this shop until you know how it came about.",
        "Please report it: this must not be possible. Set the field to the shop's own record, or restore it "
        "from a backup.",
    ),
    "reference_dangling": Said(
        "<kind> <record> names in <field> the <target> <names>, which is not there.",
        "Was something removed by hand, or restored in part?",
        "Restore that one record from a backup.",
    ),
    "unreadable": Said(
        "A record cannot be read: <fields> do not fit. It lies in or beside <collection> <record>.",
        "Do all hosts run the same version? `/admin panel` shows records that can be read.",
        "Set those fields to what docs/data-dictionary.md says.",
    ),
    "ownerless": Said(
        "There are records in <collection> of shop <tenant>, which does not exist.",
        "Was a shop removed by hand, or restored in part?",
        "Restore the shop's own record from a backup, or remove what is left of it there.",
    ),
}
