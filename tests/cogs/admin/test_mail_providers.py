"""Admins enter the keys of a mail service: tested at once, one in use, and no webhook to care for."""

from collections.abc import AsyncIterator

import pytest

from bot.outside import Outside
from bot.sandbox import Person, Seen
from models.base import Db
from services import Services
from services.partner import PartnerKind, Site
from services.shops import Shop
from tests.cogs.admin.conftest import Neighbour, everything
from tests.cogs.conftest import member
from tests.fakes.mailserver import MailServer
from tests.fakes.provider import Fault
from tests.fakes.sendgrid import SendGrid
from tests.outside import OUTSIDE
from tests.services import buying
from tests.services.conftest import MakeProduct

pytestmark = pytest.mark.usefixtures("bot")
SENDGRID = {"Sender address": SendGrid.SENDER, "API key": SendGrid.KEY}
RELAY = {"Sender address": "shop@aurora.example", "Mail server": "localhost"}


@pytest.fixture
async def sendgrid() -> AsyncIterator[SendGrid]:
    """SendGrid, on this machine."""
    async with SendGrid() as fake:
        yield fake


@pytest.fixture
async def server() -> AsyncIterator[MailServer]:
    """A mail server on this machine."""
    async with MailServer() as made:
        yield made


@pytest.fixture
def outside(sendgrid: SendGrid) -> Outside:
    """SendGrid answers here, and mail servers may be next door."""
    return Outside(OUTSIDE.vault, {"sendgrid": Site(sendgrid.url)}, mail_anywhere=True)


async def opened(person: Person, name: str) -> Seen:
    """One provider's card."""
    return await (await person.run("/admin providers")).choose("Open a provider", name)


async def entered(person: Person, keys: dict[str, str], name: str = "SendGrid") -> Seen:
    """The card after keys were entered."""
    return await (await (await opened(person, name)).open("Enter keys")).submit(keys)


async def in_use(services: Services, shop: Shop) -> dict[str, str]:
    """Who does what for the shop."""
    return (await services.shops.of_tenant(shop.id)).config.partners


async def test_mail_services_stand_in_a_group_of_their_own(olivia: Person) -> None:
    """Under the payment providers, and the card of one speaks of no webhook."""
    seen = await olivia.run("/admin providers")
    listed = seen.text.replace("**", "")
    assert (
        listed.index("Payment providers") < listed.index("__E-mail__") < listed.index("SendGrid: not set up")
    )
    card = await opened(olivia, "SendGrid")
    assert "Webhook" not in card.text
    assert "Its messages" not in str(card.buttons)


async def test_right_keys_are_tested_and_used_at_once(
    services: Services, shop: Shop, sendgrid: SendGrid, olivia: Person, ada: Person, product: MakeProduct
) -> None:
    """From then on the shop sends e-mail."""
    assert "sends no e-mails" in (await ada.run("/account profile")).text
    seen = await entered(olivia, SENDGRID)
    assert "State: in use" in seen.text.replace("**", "")
    assert "accepts these keys" in seen.followups[-1].text
    assert SendGrid.KEY not in seen.text
    assert await in_use(services, shop) == {"mail": "sendgrid"}
    assert "sends no e-mails" not in (await ada.run("/account profile")).text
    now = await services.shops.of_tenant(shop.id)
    await services.customers.set_profile(now, member(ada), "ada@engine.example", "")
    await buying.order(services, now, member(ada), await product())
    while await services.worker.drain():
        pass
    assert len(sendgrid.sent) == 1


async def test_wrong_keys_are_not_used(services: Services, shop: Shop, olivia: Person) -> None:
    """Until others are entered; what cannot be a sender's address is named by the form's own word."""
    form = await (await opened(olivia, "SendGrid")).open("Enter keys")
    answer = await form.submit({**SENDGRID, "Sender address": "x@y.example\r\nBcc: a@b.example"})
    assert "cannot take that for Sender address" in answer.text.replace("**", "")
    seen = await entered(olivia, {**SENDGRID, "API key": "SG.wrong"})
    assert "does not accept these keys" in seen.followups[-1].text
    assert "Until then I do without." in seen.followups[-1].text
    assert await in_use(services, shop) == {}
    seen = await (await seen.open("Change keys")).submit({"API key": SendGrid.KEY})
    assert "Press Use it when you are ready." in seen.followups[-1].text.replace("**", "")
    await seen.press("Use it")
    assert await in_use(services, shop) == {"mail": "sendgrid"}


async def test_one_service_is_in_use_at_a_time(
    services: Services, shop: Shop, server: MailServer, olivia: Person
) -> None:
    """A second one waits until it is chosen, and then takes the first one's place."""
    first = await entered(olivia, SENDGRID)
    second = await entered(olivia, {**RELAY, "Port": str(server.port)}, "Mail server (SMTP)")
    assert "set up, not in use" in second.text
    assert await in_use(services, shop) == {"mail": "sendgrid"}
    second = await second.press("Use it")
    assert await in_use(services, shop) == {"mail": "smtp"}
    assert "set up, not in use" in (await first.press("Look again")).text
    second = await second.press("Do not use it")
    assert await in_use(services, shop) == {}
    gone = await (await second.press("Remove keys")).press("Remove keys")
    assert "State: not set up" in gone.text.replace("**", "")


async def test_what_the_mail_server_says_is_told(server: MailServer, olivia: Person) -> None:
    """A sender it does not take, a port at which nobody answers, a port that is none."""
    server.says("MAIL", "553 5.7.1 not yours")
    seen = await entered(olivia, {**RELAY, "Port": str(server.port)}, "Mail server (SMTP)")
    assert "553 5.7.1" in seen.followups[-1].text
    seen = await (await seen.open("Change keys")).submit({"Mail server": "no-such-host.invalid"})
    assert "does not accept this: Mail server" in seen.followups[-1].text.replace("**", "")
    answer = await (await seen.open("Change keys")).submit({"Port": "99999"})
    assert "cannot take that for Port" in answer.text.replace("**", "")


async def test_e_mails_that_waited_for_right_keys_go_out_with_them(
    services: Services, shop: Shop, sendgrid: SendGrid, olivia: Person, ada: Person, product: MakeProduct
) -> None:
    """A key that was revoked keeps them, a new one sends them at once."""
    seen = await entered(olivia, SENDGRID)
    now = await services.shops.of_tenant(shop.id)
    await services.customers.set_profile(now, member(ada), "ada@engine.example", "")
    await buying.order(services, now, member(ada), await product())
    sendgrid.fail(Fault.SHUT)
    while await services.worker.drain():
        pass
    assert sendgrid.sent == []
    await (await seen.open("Change keys")).submit({"API key": SendGrid.KEY})
    while await services.worker.drain():
        pass
    assert len(sendgrid.sent) == 1


async def test_another_shop_sends_nothing_through_ours(
    db: Db, services: Services, olivia: Person, neighbour: Neighbour, sendgrid: SendGrid
) -> None:
    """It is not set up there, and its partner by a forged click is not to be had."""
    await entered(olivia, SENDGRID)
    theirs = await services.shops.of_tenant(neighbour.shop.id)
    assert not services.mailing.ready(theirs)
    assert await services.providers.in_use(theirs, PartnerKind.MAIL) is None
    boris = neighbour.guild.owner
    before = await everything(db)
    card = await opened(boris, "SendGrid")
    for action in ("offer:sendgrid:yes", "test:sendgrid", "switch:sendgrid:sandbox", "offer:tax:yes"):
        answer = await boris.click(card, custom_id=f"providers:{action}", forged=True)
        assert any(said in answer.text for said in ("cannot find", "cannot take")), action
    assert await everything(db) == before
    assert sendgrid.sent == []
