"""A mail server on this machine, which takes e-mail or goes wrong as it is told."""

import asyncio
import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import cache
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Self

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID


class MailServer:
    """`async with MailServer() as server`; `letters` are the e-mails that it took.

    `answers` are given instead of yes, one each time, by the command's name; `HANG` answers after `let_go()`.
    """

    HANG = "hang"
    USER, PASSWORD = "shop@aurora.example", "the-password-of-the-mailbox"

    def __init__(
        self, *, tls: ssl.SSLContext | None = None, at_once: bool = False, login: bool = False
    ) -> None:
        self.letters: list[EmailMessage] = []
        self.raw: list[bytes] = []
        self.commands: list[str] = []
        self.answers: dict[str, list[str]] = {}
        self.secure: list[bool] = []
        self.port = 0
        self.taken: Callable[[], object] = lambda: None  # called once an e-mail is kept, before the answer
        self._tls, self._at_once, self._login = tls, at_once, login
        self._server: asyncio.Server | None = None
        self._sessions: list[SMTP] = []
        self._let_go = asyncio.Event()

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        tls = self._tls if self._at_once else None
        self._server = await loop.create_server(self._session, "127.0.0.1", 0, ssl=tls)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for each in self._sessions:
            if isinstance(each.transport, asyncio.WriteTransport):
                each.transport.abort()
        await asyncio.sleep(0)

    def says(self, command: str, *answers: str) -> None:
        """Answer the next of these commands so."""
        self.answers.setdefault(command, []).extend(answers)

    def let_go(self) -> None:
        """Answer what hangs."""
        self._let_go.set()

    def _session(self) -> SMTP:
        more: dict[str, Any] = {"tls_context": None if self._at_once else self._tls}
        if self._login:
            more |= {
                "authenticator": self._authenticate,
                "auth_required": True,
                "auth_require_tls": not self._at_once,
            }
        made = SMTP(self, hostname="mail.test", loop=asyncio.get_running_loop(), **more)
        self._sessions.append(made)
        return made

    def _authenticate(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _kind: str, data: Any
    ) -> AuthResult:
        right = data == LoginPassword(self.USER.encode(), self.PASSWORD.encode())
        return AuthResult(success=right, handled=False)

    async def _answer(self, command: str) -> str | None:
        self.commands.append(command)
        told = self.answers.get(command)
        answer = told.pop(0) if told else None
        if answer == self.HANG:
            await self._let_go.wait()
            return None
        return answer

    async def handle_MAIL(  # noqa: N802 - the library's name
        self, _server: SMTP, session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Whether this sender may send."""
        self.secure.append(session.ssl is not None or self._at_once)
        answer = await self._answer("MAIL")
        if answer is None:
            envelope.mail_from = address
        return answer or "250 OK"

    async def handle_RCPT(  # noqa: N802 - as above
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Whether this receiver is known."""
        answer = await self._answer("RCPT")
        if answer is None:
            envelope.rcpt_tos.append(address)
        return answer or "250 OK"

    async def handle_DATA(  # noqa: N802 - as above
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        """Keep the e-mail, unless the answer is a refusal; one that hangs keeps it, too."""
        told = self.answers.get("DATA", [])
        if not told or told[0] == self.HANG:
            content = envelope.content or b""
            assert isinstance(content, bytes)
            self.raw.append(content)
            self.letters.append(message_from_bytes(content, policy=policy.default))
            self.taken()
        return await self._answer("DATA") or "250 OK"


@cache
def certificates(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """What the server shows and what a client trusts: a certificate for localhost of its own making."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    day = timedelta(days=1)
    now = datetime.now(UTC)
    names = [x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - day)
        .not_valid_after(now + day)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, SHA256())
    )
    shown = made.public_bytes(Encoding.PEM)
    file = folder / "mail.pem"
    file.write_bytes(shown + key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(file)
    return server, ssl.create_default_context(cadata=shown.decode())
