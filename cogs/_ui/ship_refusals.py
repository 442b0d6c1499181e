"""What staff are told when something about a parcel cannot be done, and what to do next."""

from cogs._ui.words import Words, later
from models.errors import Refused
from models.shipment import ParcelState

# By the field and its problem, where the sentence for all fields would not help.
SPECIAL = {
    ("lines", "required"): later("Nothing is chosen for the parcel. Please choose what goes into it."),
    ("ship_from", "required"): later(
        "A label needs the sender's address. Please enter it with `/admin config`, under Ways to ship."
    ),
    ("parcels", "too_many"): later(
        "This order has {limit} parcels, and no more fit. Please pay back what is left."
    ),
    ("state", "required"): later(
        "Please write the state or region behind the city, with a comma between: Springfield, Illinois."
    ),
    ("tracking_number", "example"): later(
        "A tracking number is letters, digits and dashes. Please write it like {limit}, or leave it empty."
    ),
}
PROBLEMS = {
    "no_unit": later("Please write the unit of the {field}, too, for example: {limit}."),
    "most": later("That is more than carriers take. Please enter at most {limit} for {field}."),
}
UNKNOWN = {
    "parcel": later("I cannot find that parcel. Please open the order with `/admin ship` and look again."),
    "shipment": later("Nothing of that order is sent by post. Please choose another with `/admin ship`."),
    "rate": later("That price is not there any more. Please ask for the prices again."),
}
_REFUSED = {
    ParcelState.QUOTED: later("This parcel was not packed yet. Please look again."),
    ParcelState.BUYING: later(
        "The label of this parcel is being bought at this moment. Please look again in a minute."
    ),
    ParcelState.UNKNOWN: later(
        "Nobody knows yet whether the label of this parcel was bought. Please settle that there first."
    ),
    ParcelState.LABELLED: later("This parcel has a label already. Void it first, or go on with it as it is."),
    ParcelState.SENT: later(
        "This parcel is on its way already, so that is not possible any more. Please look again."
    ),
    ParcelState.DELIVERED: later(
        "This parcel was delivered, so that is not possible any more. Please look again."
    ),
    ParcelState.EXCEPTION: later(
        "The carrier has trouble with this parcel. Please say at the parcel what became of it."
    ),
    ParcelState.DROPPED: later("This parcel was not sent, and never will be. Please pack a new one."),
    ParcelState.BACK: later("This parcel came back or was lost. Please pack a new one, or pay it back."),
}


def refused(error: Refused, w: Words) -> str:
    """Why a parcel's state does not allow the step."""
    known = error.status in set(ParcelState)
    return w(_REFUSED[ParcelState(error.status)] if known else _REFUSED[ParcelState.QUOTED])
