"""Whatever staff enter, the bot calls what the operator configured, and no machine of its own network."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from models.errors import BadInput, ShopError
from services import Services
from services.calls import Calls
from services.mail._way import NotPublic, connected
from services.partner import Site
from services.partners import Partners, known_partners
from services.provider_keys import checked, key_fields
from services.shops import Shop
from tests.services import buying
from tests.services.conftest import ADA, OWNER, MakeProduct
from tests.services.quiet import quiet

PUBLIC, INTERNAL = "93.184.215.14", "127.0.0.1"
# Where the example in the form shows that something was left out.
WHOLE = {
    "secret_key": f"sk_live_{'5' * 24}",
    "webhook_secret": f"whsec_{'9' * 32}",
    "api_key": "SG.ngeVfQFY",
    "region": "eu",
}
NAMES = sorted(partner.name for partner in known_partners() if partner.name != "smtp")


@dataclass
class Ear:
    """A server that answers everything with an empty object, and remembers what it was asked."""

    heard: list[str] = field(default_factory=list)
    url: str = ""

    async def answer(self, request: web.Request) -> web.Response:
        """Remember it."""
        self.heard.append(request.raw_path)
        return web.json_response({})


@contextlib.asynccontextmanager
async def listening() -> AsyncIterator[Ear]:
    """One that runs."""
    ear, app = Ear(), web.Application()
    app.router.add_route("*", "/{rest:.*}", ear.answer)
    async with TestServer(app) as server:
        ear.url = str(server.make_url("")).rstrip("/")
        yield ear


def hostile(inside: str) -> list[str]:
    """What somebody would type who wants the bot to call another address."""
    host = inside.removeprefix("http://")
    return [
        *(inside, f"{inside}/x", f"//{host}/", f"@{host}/", f"x@{host}/#", f"{host}", f"/../..//{host}/"),
        *(f"?next={inside}", f"#{inside}", f"\\\\{host}", f"%40{host}", f"x\r\nHost: {host}", f"{host}%2f.."),
    ]


@pytest.mark.parametrize("name", NAMES)
async def test_keys_cannot_lead_a_call_to_another_address(name: str, calls: Calls) -> None:
    """In each field of each provider: the call goes to its site or is not made, and the paths stay whole."""
    async with listening() as site, listening() as inside:
        partner = Partners(calls, {name: Site(site.url, site.url)}).named(name)
        fields, made = key_fields(partner.keys), 0
        good = {each.key: WHOLE.get(each.key, each.example) for each in fields}
        assert checked(partner.keys, good, None)
        for target in fields:
            for text in hostile(inside.url):
                values = good | {target.key: text}
                with contextlib.suppress(BadInput):
                    keys = checked(partner.keys, values, None)
                    made += 1
                    with contextlib.suppress(ShopError):
                        await partner.test(keys)
                    calls.breaker.succeeded(site.url)
        assert inside.heard == []
        assert all(path.startswith("/") and "\n" not in path for path in site.heard)
        assert made or name == "stripe", "nothing was tried"


class Rebinding(asyncio.SelectorEventLoop):
    """A loop whose name server gives another answer each time, and which connects to nothing."""

    answers: list[list[str]]
    connected: list[str]

    async def getaddrinfo(self, host: Any, port: Any, **_: Any) -> Any:  # noqa: ARG002 - the library's
        """The next answer."""
        found = self.answers.pop(0)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in found]

    async def sock_connect(self, sock: socket.socket, address: Any) -> None:  # noqa: ARG002 - as above
        """Remember where to."""
        self.connected.append(address[0])
        raise ConnectionRefusedError


def tried(*answers: list[str]) -> tuple[list[str], type[BaseException]]:
    """Where a connection was tried while the name server answered so, and how it ended."""
    loop = Rebinding()
    loop.answers, loop.connected = list(answers), []
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        try:
            runner.run(connected("mail.example.org", 587, anywhere=False))
        except (OSError, NotPublic) as error:
            return loop.connected, type(error)
    raise AssertionError("it connected")


def test_a_name_that_changes_its_address_leads_nowhere_else() -> None:
    """The name is asked once, and the address that was looked at is the one that is called."""
    assert tried([PUBLIC], [INTERNAL]) == ([PUBLIC], ConnectionRefusedError)
    assert tried([INTERNAL, PUBLIC, "10.0.0.1", "169.254.169.254"]) == ([PUBLIC], ConnectionRefusedError)
    assert tried([INTERNAL]) == ([], NotPublic)


async def test_addresses_that_staff_enter_for_others_are_never_called_by_the_shop(
    services: Services, shop: Shop, product: MakeProduct
) -> None:
    """Pictures are loaded by Discord, links by whoever clicks them: a whole purchase asks neither address."""
    quiet(services)
    async with listening() as inside:
        url = f"{inside.url}/metadata"
        shop = await services.shops.configure(shop, OWNER, default_product_image_url=url)
        made = await product("Guide", image_url=url, delivery_link=url)
        order = await buying.paid(services, shop, ADA, made)
        await services.worker.drain()
        await services.sweeper.sweep()
        view = await services.orders.staff_view(shop, order.key)
        assert [each.status for each in view.entitlements] == ["GRANTED"]
        assert inside.heard == []
