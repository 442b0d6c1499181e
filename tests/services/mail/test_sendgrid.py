"""E-mail through SendGrid: what is sent once, what is refused, and what may have been taken."""

from collections.abc import AsyncIterator

import pytest

from models.errors import Declined, OutcomeUnknown, ProviderError, Unavailable, WrongKeys
from services.calls import Calls
from services.mail.contract import AddressRefused
from services.mail.sendgrid import SendGrid as Adapter
from services.mail.sendgrid import SendGridKeys
from services.partner import Site
from tests.fakes.provider import Fault
from tests.fakes.sendgrid import SendGrid
from tests.services.mail.test_smtp import LETTER, MAIL

KEYS = SendGridKeys.model_validate({"sender": SendGrid.SENDER, "api_key": SendGrid.KEY})


@pytest.fixture
async def sendgrid() -> AsyncIterator[SendGrid]:
    """SendGrid, on this machine."""
    async with SendGrid() as fake:
        yield fake


@pytest.fixture
def adapter(calls: Calls, sendgrid: SendGrid) -> Adapter:
    """The adapter, which asks it."""
    return Adapter(calls, Site(sendgrid.url), eu="http://127.0.0.1:9")


async def test_an_e_mail_is_taken_as_it_was_written(adapter: Adapter, sendgrid: SendGrid) -> None:
    """Both texts, our id for the event and the mailbox, and nothing that follows what is clicked."""
    await adapter.send(KEYS, MAIL)
    [sent] = sendgrid.sent
    assert sent["subject"] == LETTER.subject
    assert [each["value"] for each in sent["content"]] == [LETTER.text, LETTER.html]
    assert sent["from"] == {"email": SendGrid.SENDER, "name": MAIL.sender_name}
    assert sent["reply_to"] == {"email": "staff@aurora.example"}
    assert sent["personalizations"] == [
        {"to": [{"email": MAIL.to}], "custom_args": {"outbox": MAIL.key}},
    ]
    assert sent["headers"] == {"Message-ID": f"<{MAIL.key}@aurora.example>"}
    assert not sent["tracking_settings"]["click_tracking"]["enable"]


async def test_trying_the_keys_sends_nothing(adapter: Adapter, sendgrid: SendGrid) -> None:
    """Sandbox mode checks key, permission and sender."""
    await adapter.test(KEYS)
    assert (len(sendgrid.asked), sendgrid.sent) == (1, [])
    for wrong in ({"api_key": "SG.wrong"}, {"sender": "me@elsewhere.example"}):
        with pytest.raises(WrongKeys):
            await adapter.test(SendGridKeys.model_validate({**_given(), **wrong}))


def _given() -> dict[str, str]:
    return {"sender": SendGrid.SENDER, "api_key": SendGrid.KEY}


async def test_an_account_of_the_european_union_has_its_own_host(calls: Calls, sendgrid: SendGrid) -> None:
    """The switch is a word in the form, in any case."""
    adapter = Adapter(calls, Site("http://127.0.0.1:9"), eu=sendgrid.url)
    await adapter.send(SendGridKeys.model_validate({**_given(), "region": "EU"}), MAIL)
    assert len(sendgrid.sent) == 1


@pytest.mark.parametrize(
    ("fault", "kind", "sent"),
    [
        (Fault.BUSY, Unavailable, 0),
        (Fault.SHUT, WrongKeys, 0),
        (Fault.DOWN, OutcomeUnknown, 0),
        (Fault.LOST, OutcomeUnknown, 1),
        (Fault.LATE_ERROR, OutcomeUnknown, 1),
    ],
)
async def test_nothing_is_sent_again_in_one_try(
    adapter: Adapter, sendgrid: SendGrid, fault: Fault, kind: type[ProviderError], sent: int
) -> None:
    """What went wrong is left to the outbox, which waits before it tries again."""
    sendgrid.fail(fault)
    with pytest.raises(kind):
        await adapter.send(KEYS, MAIL)
    assert (len(sendgrid.requests), len(sendgrid.sent)) == (1, sent)


async def test_a_rate_limit_is_waited_out(adapter: Adapter, sendgrid: SendGrid) -> None:
    """429 certainly took nothing."""
    sendgrid.busy = 1
    with pytest.raises(Unavailable):
        await adapter.send(KEYS, MAIL)
    await adapter.send(KEYS, MAIL)
    assert len(sendgrid.sent) == 1


async def test_a_refusal_names_the_field_and_quotes_nothing(adapter: Adapter, sendgrid: SendGrid) -> None:
    """A wrong receiver is told from a wrong e-mail; the message, which holds the address, is left out."""
    sendgrid.unknown.add(MAIL.to)
    with pytest.raises(AddressRefused) as refused:
        await adapter.send(KEYS, MAIL)
    assert refused.value.code == "personalizations.0.to.0.email"
    assert isinstance(refused.value, Declined)
    assert MAIL.to not in repr(refused.value)
