"""E-mail by SMTP: what is taken, what is for now, what is for good, and where no e-mail may go."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import SecretStr

from models.errors import Declined, OutcomeUnknown, ProviderError, Unavailable, WrongKeys
from services.calls import Calls
from services.mail.contract import AddressRefused, Letter, Mail
from services.mail.smtp import Smtp, SmtpKeys
from tests.fakes.mailserver import MailServer, certificates
from tests.services.conftest import TestClock

SENDER = "shop@aurora.example"
LETTER = Letter("Grüße: 北京 🎉", "Hello\n\n" + "ä" * 2000, "<p>Hello <b>ä</b></p>")
MAIL = Mail(
    key="65f0c0ffee65f0c0ffee65f0",
    date=datetime(2026, 11, 25, 12, 0, tzinfo=UTC),
    to="ada@engine.example",
    sender_name='Aurora "Übershop", Inc. <evil@x>',
    letter=LETTER,
    reply_to="staff@aurora.example",
)


@pytest.fixture
async def server() -> AsyncIterator[MailServer]:
    """A server without TLS or log-in, as a relay next door."""
    async with MailServer() as made:
        yield made


def keys(server: MailServer, **other: object) -> SmtpKeys:
    """How to reach it."""
    known: dict[str, object] = {"sender": SENDER, "host": "localhost", "port": server.port}
    return SmtpKeys.model_validate({**known, **other})


def relay(calls: Calls) -> Smtp:
    """The adapter of an installation that trusts its own network."""
    return Smtp(calls, Smtp.site, anywhere=True, in_clear=True)


async def test_an_e_mail_arrives_as_it_was_written(server: MailServer, calls: Calls) -> None:
    """Plain text before HTML, every script, a quoted name, a stable id, a date, an answer to the staff."""
    await relay(calls).send(keys(server), MAIL)
    [letter] = server.letters
    assert letter["Subject"] == LETTER.subject
    assert letter["From"].addresses[0].addr_spec == SENDER
    assert letter["From"].addresses[0].display_name == MAIL.sender_name
    assert letter["To"] == "ada@engine.example"
    assert letter["Reply-To"] == "staff@aurora.example"
    assert letter["Message-ID"] == "<65f0c0ffee65f0c0ffee65f0@aurora.example>"
    assert letter["Date"].datetime == MAIL.date
    parts = [part.get_content_type() for part in letter.iter_parts()]
    assert parts == ["text/plain", "text/html"]
    plain, html = letter.get_body(("plain",)), letter.get_body(("html",))
    assert plain is not None
    assert html is not None
    assert plain.get_content().splitlines() == LETTER.text.splitlines()
    assert html.get_content().strip() == LETTER.html
    assert all(len(line) <= 998 and line.isascii() for line in server.raw[0].splitlines())


@pytest.mark.parametrize(
    ("command", "answer", "kind", "code"),
    [
        ("MAIL", "451 4.3.0 try later", Unavailable, "451 4.3.0"),
        ("MAIL", "550 5.7.1 not your sender", Declined, "550 5.7.1"),
        ("RCPT", "421 4.7.0 too many", Unavailable, "421 4.7.0"),
        ("RCPT", "450 greylisted", Unavailable, "450"),
        ("RCPT", "550 5.1.1 no such user ada@engine.example", AddressRefused, "550 5.1.1"),
        ("DATA", "451 later", Unavailable, "451"),
        ("DATA", "554 5.7.0 spam", Declined, "554 5.7.0"),
    ],
)
async def test_what_the_server_refuses_is_for_now_or_for_good(
    server: MailServer, calls: Calls, command: str, answer: str, kind: type[ProviderError], code: str
) -> None:
    """4xx may pass, 5xx does not, and nothing of the server's own text is repeated."""
    server.says(command, answer)
    with pytest.raises(ProviderError) as refused:
        await relay(calls).send(keys(server), MAIL)
    assert type(refused.value) is kind
    assert refused.value.code == code
    assert not server.letters
    await relay(calls).send(keys(server), MAIL)
    assert len(server.letters) == 1


async def test_a_server_that_hangs_is_given_up(server: MailServer, calls: Calls) -> None:
    """Before the text certainly nothing was taken; after it nobody knows, and the id is the same again."""
    hasty = Smtp(calls, Smtp.site, anywhere=True, in_clear=True, within=1.0)
    server.says("MAIL", MailServer.HANG)
    with pytest.raises(Unavailable):
        await hasty.send(keys(server), MAIL)
    server.says("DATA", MailServer.HANG)
    with pytest.raises(OutcomeUnknown):
        await hasty.send(keys(server), MAIL)
    await hasty.send(keys(server), MAIL)
    assert len({letter["Message-ID"] for letter in server.letters}) == 1
    assert len(server.letters) == 2


async def test_a_server_that_stays_away_is_not_even_asked(calls: Calls, clock: TestClock) -> None:
    """After three tries in vain it rests for a while, so that nobody waits for it; a refusal is an answer."""
    async with MailServer() as server:
        server.says("MAIL", *["451 later"] * 4, *[MailServer.HANG] * 3)
        hasty = Smtp(calls, Smtp.site, anywhere=True, in_clear=True, within=1.0)
        for _ in range(7):
            with pytest.raises(Unavailable):
                await hasty.send(keys(server), MAIL)
        with pytest.raises(Unavailable) as rests:
            await hasty.send(keys(server), MAIL)
        assert rests.value.code == "circuit_open"
        assert len(server.commands) == 7
        clock.forward(seconds=31)
        await hasty.send(keys(server), MAIL)
        assert len(server.letters) == 1


async def test_nobody_listens(calls: Calls, server: MailServer) -> None:
    """A port without a server, and hosts that do not exist or cannot."""
    async with MailServer() as gone:
        pass
    with pytest.raises(Unavailable):
        await relay(calls).send(keys(gone), MAIL)
    for host in ("no-such-host.invalid", "9" * 64, "mail..example.com"):
        with pytest.raises(WrongKeys) as wrong:
            await relay(calls).send(keys(server, host=host), MAIL)
        assert wrong.value.code == "host"


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "localhost", "0.0.0.0", "10.0.0.1", "192.168.1.1", "172.16.5.4", "169.254.169.254"),  # noqa: S104 - refused
        *("::1", "::ffff:127.0.0.1", "fe80::1", "fd00::1", "64:ff9b::7f00:1", "2002:7f00:1::1", "2130706433"),
        *("0x7f.1", "100.64.0.1", "224.0.0.1"),
    ],
)
async def test_staff_cannot_send_the_bot_into_its_own_network(
    server: MailServer, calls: Calls, host: str
) -> None:
    """However an address of this machine or of its network is written, nothing is asked of it."""
    with pytest.raises(WrongKeys) as wrong:
        await Smtp(calls, Smtp.site).test(keys(server, host=host, port=587))
    assert wrong.value.code == "host"
    assert server.commands == []


async def test_only_ports_of_mail_servers_are_knocked_at(server: MailServer, calls: Calls) -> None:
    """Nobody scans the internet with the bot."""
    with pytest.raises(WrongKeys) as wrong:
        await Smtp(calls, Smtp.site).test(keys(server, host="example.com", port=22))
    assert wrong.value.code == "port"


async def test_a_password_travels_over_tls_alone(calls: Calls, tmp_path: Path) -> None:
    """STARTTLS before the log-in; without TLS there is none, and a wrong password is told."""
    shown, trusted = certificates(tmp_path)
    login = {"user": MailServer.USER, "password": MailServer.PASSWORD}
    async with MailServer(tls=shown, login=True) as server:
        smtp = Smtp(calls, Smtp.site, anywhere=True, trust=trusted)
        await smtp.test(keys(server, **login))
        await smtp.send(keys(server, **login), MAIL)
        assert server.secure == [True, True]
        for password in ("no", "nö" * 200, "\u202e"):
            with pytest.raises(WrongKeys) as wrong:
                await smtp.test(keys(server, user=MailServer.USER, password=password))
            assert wrong.value.code == "535 5.7.8"
        strange = Smtp(calls, Smtp.site, anywhere=True)
        with pytest.raises(Unavailable):
            await strange.test(keys(server, **login))
    async with MailServer() as bare:
        with pytest.raises(Declined) as refused:
            await Smtp(calls, Smtp.site, anywhere=True).test(keys(bare, **login))
        assert refused.value.code == "no_tls_or_login"
        assert bare.commands == []


async def test_trying_the_keys_sends_nothing(server: MailServer, calls: Calls) -> None:
    """It logs in and asks for the sender alone."""
    await relay(calls).test(keys(server))
    assert (server.commands, server.letters) == (["MAIL"], [])
    server.says("MAIL", "553 5.7.1 not yours")
    with pytest.raises(Declined):
        await relay(calls).test(keys(server))


def test_what_is_printed_holds_no_address_and_no_text() -> None:
    """A mail and its keys can be logged."""
    said = repr(MAIL) + repr(SmtpKeys(sender=SENDER, host="a.example", port=25, password=SecretStr("secret")))
    for hidden in ("ada@", "Hello", "secret'", "evil@"):
        assert hidden not in said


async def test_many_at_once_are_all_sent(server: MailServer, calls: Calls) -> None:
    """Each has a connection of its own."""
    smtp = relay(calls)
    await asyncio.gather(*(smtp.send(keys(server), MAIL) for _ in range(10)))
    assert len(server.letters) == 10
