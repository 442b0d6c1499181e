"""E-mail through any mail server (SMTP with TLS)."""

import asyncio
import contextlib
import re
import socket
import ssl
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as WIRE
from email.utils import format_datetime
from functools import cached_property
from typing import ClassVar

import aiosmtplib
from pydantic import Field, SecretStr

from models.errors import Declined, OutcomeUnknown, ProviderError, Unavailable, WrongKeys
from services.calls import Calls
from services.mail._way import NotPublic, connected
from services.mail.contract import AddressRefused, Mail, MailKeys, MailPartner
from services.partner import ProviderKeys, Site
from services.rules import Rules

_NAME = "smtp"
_TLS_PORT = 465
_PORTS = frozenset({25, 465, 587, 2525})
_FINAL = 500
# What the library raises where the server has no TLS, or no way to log in that we know.
_LACKING = {aiosmtplib.SMTPException, aiosmtplib.SMTPNotSupported}
_ENHANCED = re.compile(r"\b[245]\.\d{1,3}\.\d{1,3}\b")


class SmtpKeys(MailKeys):
    """How to reach a mail server and who sends; without a user nobody logs in."""

    host: str = Field(
        title="Mail server",
        examples=["smtp.example.com"],
        pattern=r"^[A-Za-z0-9.:-]+$",
        max_length=253,
        description="Its name on the internet, as its help pages give it",
    )
    port: int = Field(
        title="Port",
        examples=["587"],
        ge=1,
        le=65535,
        description="587, or 465 where TLS begins at once; also 25 and 2525",
    )
    user: str = Field(
        default="",
        title="User",
        examples=["shop@example.com"],
        max_length=254,
        description="Often your mail address; leave it empty where nobody logs in",
    )
    password: SecretStr = Field(
        default=SecretStr(""),
        title="Password",
        examples=["an app password"],
        max_length=500,
        description="An app password where your mail service offers one",
    )


class Smtp(MailPartner[SmtpKeys]):
    """Speaks to a server on the internet over TLS.

    `anywhere` lets it also be in our own network, `in_clear` speak to it without TLS where it has none.
    """

    name: ClassVar[str] = _NAME
    company: ClassVar[str] = "SMTP"
    position: ClassVar[int] = 20
    icon: ClassVar[str] = "📮"
    title: ClassVar[str] = "Mail server"
    about: ClassVar[str] = "E-mail through any mail server that you may use."
    keys: ClassVar[type[ProviderKeys]] = SmtpKeys
    site: ClassVar[Site] = Site("")

    def __init__(
        self,
        calls: Calls,
        site: Site,
        *,
        anywhere: bool = False,
        in_clear: bool = False,
        within: float = Rules.call.total_seconds(),
        trust: ssl.SSLContext | None = None,
    ) -> None:
        super().__init__(calls, site)
        self._anywhere = anywhere
        self._in_clear = in_clear
        self._within = within
        self._given = trust

    def down(self) -> bool:
        """Every shop has another server, so none speaks for all."""
        return False

    async def send(self, keys: SmtpKeys, mail: Mail) -> None:
        """Once the text is on its way an answer that is lost leaves it unknown whether it was taken."""
        written, now = message(keys, mail).as_bytes(), _Stage()
        with _failing(now), self._watched(keys):
            async with self._session(keys) as client:
                await client.mail(keys.sender)
                await client.rcpt(mail.to)
                now.unknown = True
                await client.data(written)

    async def test(self, keys: SmtpKeys) -> None:
        """Log in and ask whether it lets this sender send."""
        with _failing(_Stage()), self._watched(keys):
            async with self._session(keys) as client:
                await client.mail(keys.sender)
                await client.rset()

    @contextlib.contextmanager
    def _watched(self, keys: SmtpKeys) -> Iterator[None]:
        """Let a server that does not answer rest, so that no other effect has to wait for it."""
        breaker, place = self._calls.breaker, f"{_NAME}://{keys.host}:{keys.port}"
        if not breaker.enter(place):
            raise Unavailable(_NAME, "circuit_open")
        try:
            yield
        except aiosmtplib.SMTPResponseException:
            breaker.succeeded(place)
            raise
        except (aiosmtplib.SMTPException, OSError):
            breaker.failed(place)
            raise
        breaker.succeeded(place)

    @contextlib.asynccontextmanager
    async def _session(self, keys: SmtpKeys) -> AsyncIterator[aiosmtplib.SMTP]:
        if not self._anywhere and keys.port not in _PORTS:
            raise WrongKeys(_NAME, "port")
        async with asyncio.timeout(self._within):
            way = await connected(keys.host, keys.port, anywhere=self._anywhere)
            client = aiosmtplib.SMTP(
                hostname=keys.host,
                sock=way,
                use_tls=keys.port == _TLS_PORT,
                start_tls=self._start_tls(keys),
                local_hostname=keys.sender.rpartition("@")[2],
                username=keys.user or None,
                password=keys.password.get_secret_value() or None,
                tls_context=self._trust,
                timeout=self._within,
            )
            try:
                await client.connect()
                yield client
                # It has taken the e-mail; how it says good-bye does not matter.
                with contextlib.suppress(aiosmtplib.SMTPException, OSError):
                    await client.quit()
            finally:
                # It closes the connection with it.
                client.close()

    @cached_property
    def _trust(self) -> ssl.SSLContext:
        # Reading the system's certificates takes long enough to do it once.
        return self._given or ssl.create_default_context()

    def _start_tls(self, keys: SmtpKeys) -> bool | None:
        """Whether the connection has to become a private one: None takes it where the server has it."""
        if keys.port == _TLS_PORT:
            return False
        return None if self._in_clear else True


def message(keys: SmtpKeys, mail: Mail) -> EmailMessage:
    """The e-mail as it goes over the wire, in ASCII whatever is in it."""
    made = EmailMessage(policy=WIRE)
    made["From"] = Address(mail.sender_name, addr_spec=keys.sender)
    made["To"] = Address(addr_spec=mail.to)
    made["Subject"] = mail.letter.subject
    made["Date"] = format_datetime(mail.date)
    made["Message-ID"] = mail.message_id(keys.sender)
    if mail.reply_to:
        made["Reply-To"] = Address(addr_spec=mail.reply_to)
    made["Auto-Submitted"] = "auto-generated"
    made.set_content(mail.letter.text, cte="quoted-printable")
    made.add_alternative(mail.letter.html, subtype="html", cte="quoted-printable")
    return made


@dataclass
class _Stage:
    """How far an e-mail is: from the text on it is unknown whether it was taken."""

    unknown: bool = False


@contextlib.contextmanager
def _failing(stage: _Stage) -> Iterator[None]:
    # The texts of these errors may hold an address, so that only their kind is told.
    try:
        yield
    except NotPublic:
        raise WrongKeys(_NAME, "host") from None
    except aiosmtplib.SMTPResponseException as error:
        raise _said(error) from None
    except (aiosmtplib.SMTPException, OSError) as error:
        raise _lost(error, stage) from None


def _lost(error: Exception, stage: _Stage) -> ProviderError:
    if isinstance(error, socket.gaierror) and error.errno == socket.EAI_NONAME:
        return WrongKeys(_NAME, "host")
    if type(error) in _LACKING:
        return Declined(_NAME, "no_tls_or_login")
    kind = OutcomeUnknown if stage.unknown else Unavailable
    return kind(_NAME, type(error).__name__)


def _said(error: aiosmtplib.SMTPResponseException) -> ProviderError:
    """What the server's answer means: 4xx is for now, 5xx for good (RFC 5321, section 4.2.1)."""
    enhanced = _ENHANCED.search(error.message)
    code = f"{error.code} {enhanced[0]}" if enhanced else str(error.code)
    if error.code < _FINAL:
        return Unavailable(_NAME, code)
    if isinstance(error, aiosmtplib.SMTPAuthenticationError):
        return WrongKeys(_NAME, code)
    refused = isinstance(error, aiosmtplib.SMTPRecipientRefused)
    return AddressRefused(_NAME, code) if refused else Declined(_NAME, code)


PARTNER = Smtp
