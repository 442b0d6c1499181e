"""What is called otherwise within a record's field than by itself, or stands nowhere else."""

from cogs._ui.theme_refusals import COLOURS
from cogs._ui.words import Words, later
from cogs.admin._panel_fields import field

WITHIN = {
    "address": later("Address"),
    "asked": later("Label was asked for"),
    "byHand": later("By hand"),
    "cents": later("Amount"),
    "chargeRef": later("Receipt that it comes from"),
    "city": later("Town"),
    "coins": later("Coins that arrived"),
    "costCurrency": later("Currency of the label's price"),
    "country": later("Country"),
    "days": later("Days on the way"),
    "deliveryFile": later("File that the buyer gets"),
    "discountCents": later("Part of the discount"),
    "doneAt": later("Done on"),
    "estimatedDays": later("Days on the way"),
    "fileId": later("Number of the file"),
    "giftCents": later("Of it for the fund"),
    "id": later("Number"),
    "labelUrl": later("Where the label is"),
    "line1": later("Street and number"),
    "line2": later("Second line"),
    "lines": later("Lines"),
    "locale": later("Language"),
    "madeAt": later("Made on"),
    "memberId": later("Member"),
    "messageId": later("Message"),
    "movedAt": later("Moved on"),
    "movement": later("Where it is"),
    "note": later("Note"),
    "number": later("Number"),
    "offer": later("Kept for"),
    "orderReceived": later("Told of orders"),
    "orderShipped": later("Told of parcels"),
    "partner": later("Partner"),
    "paymentConfirmed": later("Told of payments"),
    "postalCode": later("Postal code"),
    "quantity": later("Quantity"),
    "quoteRef": later("The partner's number of the question"),
    "rates": later("Offers of carriers"),
    "ref": later("The provider's number"),
    "refundedQuantity": later("Pieces that went back"),
    "restock": later("Back into stock"),
    "sentAt": later("Sent on"),
    "service": later("Service"),
    "shippingCents": later("Of it for shipping"),
    "street": later("Street and number"),
    "surplus": later("Came too much"),
    "taxCents": later("Part of the tax"),
    "ticker": later("Coin"),
    "trackRef": later("The partner's number of the parcel"),
    "until": later("Until"),
    "waitingId": later("Place in the line"),
    "what": later("What happened"),
    # A theme's own colours.
    "colors": later("Signs"),
    "sectionBg": COLOURS["section_bg"],
    **{name: words for name, words in COLOURS.items() if "_" not in name},
}


def field_within(stored: str, w: Words) -> str:
    """The same of a part of a record's field."""
    known = WITHIN.get(stored)
    return w(known) if known else field(stored, w)
