"""Web addresses that buyers get: what is taken for one, so that it can be shown as a link that opens."""

import re
from urllib.parse import urlsplit

from models.errors import BadInput

# Discord ends a link at these, so they are written in the way that means the same.
_ESCAPED = str.maketrans({sign: f"%{ord(sign):02X}" for sign in "()[]<>|*`\"'"})
_BLANK = re.compile(r"[\s\x00-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2066-\u2069]")


def link_of(text: str) -> str:
    """The address as it is stored; raises BadInput for anything but a whole http(s) one."""
    address = text.strip()
    try:
        parts = urlsplit(address)
        port_fits = parts.port is None or parts.port > 0
    except ValueError as error:
        raise BadInput("delivery_link", "not_a_link") from error
    whole = parts.scheme in {"http", "https"} and bool(parts.hostname) and port_fits
    # A name before the host is how addresses pretend to lead elsewhere.
    if not whole or "@" in parts.netloc or _BLANK.search(address):
        raise BadInput("delivery_link", "not_a_link")
    return address.translate(_ESCAPED)
