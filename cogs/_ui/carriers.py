"""Where carriers say where a parcel is, and links to it that lead nowhere else."""

import re
from urllib.parse import quote

from cogs._ui.text import cut, plain
from models.shipment import Parcel

_USPS = "https://tools.usps.com/go/TrackConfirmAction?tLabels="
_UPS = "https://www.ups.com/track?tracknum="
_FEDEX = "https://www.fedex.com/fedextrack/?trknbr="
_DHL = "https://www.dhl.com/global-en/home/tracking.html?submit=1&tracking-id="
# By the first word of what staff or a partner call the carrier; the number comes last.
PAGES = {
    "usps": _USPS,
    "ups": _UPS,
    "upsdap": _UPS,
    "fedex": _FEDEX,
    "fedexdefault": _FEDEX,
    "dhl": _DHL,
    "dhlexpress": _DHL,
}
_WORD = re.compile(r"[a-z]+")
_NUMBER = re.compile(r"[A-Za-z0-9]{1,60}")
# Without what would end a link in a message, or show as something else.
_ADDRESS = re.compile(r"https://[A-Za-z0-9.-]+(?:[/?#][A-Za-z0-9._~:/?#@!$&+,;=%-]*)?")
_LONGEST_ADDRESS = 300
_SHOWN_CARRIER, _SHOWN_NUMBER = 60, 60


def tracking_page(parcel: Parcel) -> str | None:
    """Where its receiver can follow a parcel: the partner's page, or else the carrier's."""
    if parcel.tracking_url:
        found = safe_address(parcel.tracking_url)
        if found:
            return found
    word = _WORD.match((parcel.carrier or "").strip().casefold())
    page = PAGES.get(word[0]) if word else None
    number = parcel.tracking_number or ""
    return page + quote(number, safe="") if page and _NUMBER.fullmatch(number) else None


def safe_address(address: str | None) -> str | None:
    """An address that can stand in a message and on a button; None for any other."""
    known = address is not None and len(address) <= _LONGEST_ADDRESS and _ADDRESS.fullmatch(address)
    return address if known else None


def carried_by(parcel: Parcel) -> str:
    """Carrier and number as far as they are known, the number as a link where there is a page for it."""
    carrier = plain(cut(parcel.carrier or "", _SHOWN_CARRIER))
    number = plain(cut(parcel.tracking_number or "", _SHOWN_NUMBER))
    page = tracking_page(parcel)
    return " ".join(part for part in (carrier, f"[{number}]({page})" if number and page else number) if part)
