"""What the audit says of stock, roles and digital items, keys and parcels."""

from bot.audit.words import Said

_STOCK = "`/admin stock` shows the ledger of product <product>. Count what is really there."
_ORDER = "`/admin order` shows order <order> and its history."
_SNAPSHOT = 'db.inventorysnapshots.updateOne({_id: ObjectId("<record>"), '
# Dated, because it says of a role when it was removed; without a reason, because the shop had none.
_TAKEN_BACK = (
    'db.entitlements.updateOne({_id: ObjectId("<entitlement>")}, '
    '{$set: {status: "REVOKED", revokedReason: null, revokedAt: new Date()}}).'
)

SAID = {
    "stock_drift": Said(
        "Product <product> has <stock> units and <held> held; by its ledger there are <ledger> and "
        "<ledger_held>.",
        _STOCK,
        "If the ledger is right: "
        + _SNAPSHOT
        + "quantityAvailable: <stock>, quantityReserved: <held>}, "
        + "{$set: {quantityAvailable: <ledger>, quantityReserved: <ledger_held>}}). "
        + "Then set what you counted with `/admin stock`.",
    ),
    "stock_negative": Said(
        "Product <product> has <stock> units and <held> held: below nothing.",
        _STOCK,
        "Take it off the shelf with `/admin product` first. Let it be readable again: "
        + _SNAPSHOT
        + "quantityAvailable: <stock>, quantityReserved: <held>}, "
        + "{$max: {quantityAvailable: 0, quantityReserved: 0}}). "
        + "Then run the audit again: it says what the ledger comes to.",
    ),
    "hold_left": Said(
        "<pieces> units of product <product> are held for order <order>, whose Confirm ended long ago "
        "(the order exists: <stands>).",
        "Is the bot (or `run.py worker`) running? `/admin doctor` says who goes the rounds.",
        "Start it: it settles or gives back such holds within a minute.",
    ),
    "offer_left": Said(
        "A unit of product <product> is kept for somebody whose time to take it is over.",
        "Is the bot (or `run.py worker`) running? `/admin doctor` says who goes the rounds.",
        "Start it: the next in line is offered the unit.",
    ),
    "goods_moved": Said(
        "For order <order> the ledger holds <held> and sold <sold> of product <product>; "
        "due are <due_held> and <due_sold>.",
        f"{_ORDER} {_STOCK}",
        'Look at db.inventorytransactions.find({orderId: "<order>", productId: "<product>"}), add '
        "the row that is "
        "missing with settled: false (the stock takes it over by itself), or set what you counted with "
        "`/admin stock`.",
    ),
    "goods_back": Said(
        "Of product <product> in order <order> <back> went back on the shelf, and <sold> were sold.",
        f"{_ORDER} {_STOCK}",
        "Set what you counted with `/admin stock`.",
    ),
    "entitlement_missing": Said(
        "Order <order> is paid and owes a <kind> of product <product> that nobody wrote down.",
        f"{_ORDER} Ask the customer whether they have it.",
        "Hand it over and note that with `/admin order`, or give the money of the line back with "
        "`/admin refund`.",
    ),
    "entitlement_extra": Said(
        "Order <order> has entitlement <entitlement> (product <product>, <state>), which none of "
        "its lines owes.",
        _ORDER,
        "If it is one too many, take the role away in Discord and set it to REVOKED: " + _TAKEN_BACK,
    ),
    "entitlement_unpaid": Said(
        "Order <order> is not paid and has entitlement <entitlement> (<state>).",
        f"{_ORDER} `/admin payments` shows whether money came in.",
        "If it did not, take the role away in Discord and set it to REVOKED: " + _TAKEN_BACK,
    ),
    "entitlement_kept": Said(
        "The line of product <product> in order <order> was refunded, and entitlement <entitlement> "
        "is <state>.",
        _ORDER,
        "Take the role away in Discord, unless another order grants it, and set it to REVOKED: "
        + _TAKEN_BACK,
    ),
    "entitlement_other": Said(
        "Entitlement <entitlement> of order <order> belongs to somebody else than who bought.",
        f"{_ORDER} `/admin customer` shows whether two accounts were merged.",
        "Set userId of the entitlement to the order's customer.discordId, "
        "then let `/admin queue` grant it again.",
    ),
    "key_apart": Said(
        "Key <key> of product <product> is <state>, and its other fields say something else.",
        "`/admin order` of the order that it was taken for, if it names one.",
        "Never put it back among the free ones. If somebody may have seen it, set it to REPLACED "
        "with replacedAt, and with takenAt where it has none.",
    ),
    "key_twice": Said(
        "Keys <key> and <other> are the same.",
        "`/admin order` of both orders that they were handed out for.",
        "Replace it for the later buyer with `/admin order`, Keys.",
    ),
    "key_other": Said(
        "Key <key> of product <product> was handed out for entitlement <entitlement>, which is of "
        "another order "
        "or product, or is not there.",
        "`/admin order` of both orders.",
        "Replace it with `/admin order`, Keys, for whoever has it by mistake.",
    ),
    "key_slot": Said(
        "Key <key> was handed out for entitlement <entitlement>, which owes fewer.",
        "`/admin order` of its order, Keys.",
        "Nothing was lost but a key: note it, and import another one with `/admin import`.",
    ),
    "keys_many": Said(
        "Entitlement <entitlement> of order <order> owes <due> keys and has <said>.",
        _ORDER,
        "Nothing was lost but keys: note it, and import others with `/admin import`.",
    ),
    "keys_short": Said(
        "Entitlement <entitlement> of order <order> is handed over with <said> of <due> keys.",
        f"{_ORDER} `/admin product` shows how many keys are free.",
        'db.entitlements.updateOne({_id: ObjectId("<entitlement>"), status: "GRANTED"}, '
        '{$set: {status: "FAILED", failedReason: "no_keys"}}), then try again in `/admin queue`.',
    ),
    "shipment_missing": Said(
        "Order <order> has something to send, and its shipment <shipment> is not there.",
        _ORDER,
        "Restore that one record from a backup; without one, send by hand and note it with `/admin order`.",
    ),
    "shipment_extra": Said(
        "Shipment <shipment> belongs to order <order>, which names another one or has nothing to send.",
        f"{_ORDER} `/admin ship` shows its parcels.",
        'If it has no parcels: db.shipments.deleteOne({_id: ObjectId("<shipment>"), parcels: []}).',
    ),
    "parcel_pieces": Said(
        "Parcels of order <order> hold <said> of product <product>, and <due> were ordered.",
        "`/admin ship` shows what is in which parcel.",
        "Drop a parcel that was not sent; for one that was, ask the customer what arrived.",
    ),
    "parcel_twice": Said(
        "Two parcels of order <order> have the same number or key.",
        "`/admin ship` shows them.",
        "Drop the one that was not sent, with `/admin ship`.",
    ),
    "shipping_state": Said(
        "Order <order> or its shipment <shipment> says that it is <said>; by its parcels it is <due>.",
        "`/admin ship` shows its parcels.",
        "Any step with one of its parcels counts it anew, such as a note of its tracking number.",
    ),
    "label_unasked": Said(
        "The label of parcel <number> of order <order> is being bought, and nobody is there to buy it.",
        "It was given up, or its effect is gone. Nobody buys it again by themselves.",
        "Open the parcel with `/admin ship` and choose **Look again**, which asks the partner whether it was "
        "bought. If it was not, and is not on the partner's site either, choose **It was not bought**.",
    ),
}
