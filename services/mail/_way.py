"""The way to a mail server whose name somebody typed in: never into the installation's own network."""

import asyncio
import contextlib
import ipaddress
import socket

type Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


class NotPublic(Exception):
    """The name leads to this machine or into its network."""


def is_public(address: Address) -> bool:
    """Whether an address belongs to the internet, also behind a wrapping of IPv4 in IPv6."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return is_public(address.ipv4_mapped)
        if address.sixtofour is not None or address.teredo is not None or address in _NAT64:
            return False
    return address.is_global and not address.is_multicast


async def connected(host: str, port: int, *, anywhere: bool) -> socket.socket:
    """A connection to the host; with `anywhere` wherever that is.

    It is made to the address that was looked at, so that a second answer of the name server changes nothing.
    Raises NotPublic, and OSError for a host that is unknown or does not answer.
    """
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError:
        # A part of a name that is empty or longer than 63 characters is not even asked for.
        raise socket.gaierror(socket.EAI_NONAME, "no such name") from None
    allowed = [each for each in found if anywhere or is_public(ipaddress.ip_address(_bare(each[4][0])))]
    if not allowed:
        raise NotPublic
    problem = OSError()
    for family, kind, protocol, _, address in allowed:
        with contextlib.ExitStack() as stack:
            made = stack.enter_context(socket.socket(family, kind, protocol))
            made.settimeout(0)
            try:
                await loop.sock_connect(made, address)
            except OSError as error:
                problem = error
                continue
            stack.pop_all()
            return made
    raise problem


def _bare(address: str | int) -> str:
    return str(address).partition("%")[0]
