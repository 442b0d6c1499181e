"""By which address a request is counted: a proxy that is trusted says for whom it asks, nobody else does."""

import ipaddress
from collections.abc import Sequence

from aiohttp import web

type Address = ipaddress.IPv4Address | ipaddress.IPv6Address
type Network = ipaddress.IPv4Network | ipaddress.IPv6Network

FORWARDED = "X-Forwarded-For"
# What one customer of a provider is given of IPv6.
_ONE_HOME = 64


class Visitors:
    """Knows the proxies of the installation."""

    def __init__(self, trusted: Sequence[Network] = ()) -> None:
        self._trusted = trusted

    def key_of(self, request: web.Request) -> str | None:
        """Who asks, IPv6 by network; None where nobody must be counted."""
        return self.counted(request.remote or "", request.headers.getall(FORWARDED, []))

    def counted(self, remote: str, forwarded: Sequence[str]) -> str | None:
        """The same, by the address of the other end and what it says for whom it asks.

        Who is not trusted and may be a proxy all the same, behind which everybody is, is not counted: what
        comes from a network of our own, and whoever says to ask for somebody.
        """
        peer = _address(remote)
        if peer is None:
            return None
        if not self._trusts(peer):
            return _key(peer) if peer.is_global and not forwarded else None
        for text in reversed(",".join(forwarded).split(",")):
            said = _address(text)
            if said is None:
                return None
            if not self._trusts(said):
                return _key(said)
        return None

    def _trusts(self, address: Address) -> bool:
        return any(address in network for network in self._trusted)


def _address(text: str) -> Address | None:
    """An address as proxies write it: bare, with a port, or with a port in brackets."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        found = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return mapped or found


def _key(address: Address) -> str:
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    return str(ipaddress.ip_network((address, _ONE_HOME), strict=False))
