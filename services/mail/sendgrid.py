"""E-mail through SendGrid (Mail Send, API v3)."""

import json
from http import HTTPStatus
from typing import Any, ClassVar, Literal

from pydantic import Field, SecretStr, field_validator

from models.errors import Declined, Unavailable
from services.calls import Call, Calls, Reply
from services.mail.contract import AddressRefused, Letter, Mail, MailKeys, MailPartner
from services.partner import ProviderKeys, Site

_NAME = "sendgrid"
_EU = "https://api.eu.sendgrid.com"
_LONGEST_CODE = 60


class SendGridKeys(MailKeys):
    """What a SendGrid account is reached with."""

    api_key: SecretStr = Field(
        title="API key",
        examples=["SG.ngeVfQFY…"],
        min_length=1,
        description="SendGrid, Settings, API Keys; it needs Mail Send and nothing else",
    )
    region: Literal["global", "eu"] = Field(
        default="global",
        title="Region",
        examples=["global or eu"],
        description="eu for an account whose data stay in the European Union, else leave it empty",
    )

    @field_validator("region", mode="before")
    @classmethod
    def _lower(cls, value: object) -> object:
        return value.lower() if isinstance(value, str) else value


class SendGrid(MailPartner[SendGridKeys]):
    """Takes an e-mail with 202; it knows no repetition, so ours carry the outbox's id in `custom_args`."""

    name: ClassVar[str] = _NAME
    company: ClassVar[str] = "SendGrid"
    position: ClassVar[int] = 10
    icon: ClassVar[str] = "✉️"
    title: ClassVar[str] = "SendGrid"
    about: ClassVar[str] = "E-mail through your SendGrid account, from an address that it has verified."
    keys: ClassVar[type[ProviderKeys]] = SendGridKeys
    site: ClassVar[Site] = Site("https://api.sendgrid.com")

    def __init__(self, calls: Calls, site: Site, *, eu: str = _EU) -> None:
        super().__init__(calls, site)
        self._eu = eu

    def base(self, keys: SendGridKeys) -> str:
        """An account of the European Union has a host of its own."""
        return self._eu if keys.region == "eu" else self._site.live

    async def send(self, keys: SendGridKeys, mail: Mail) -> None:
        """One try; the outbox tries again later, also after a 429, whose window is a minute or so."""
        reply = await self._post(keys, _body(keys, mail))
        if not reply.ok:
            raise _refusal(reply)

    async def test(self, keys: SendGridKeys) -> None:
        """Let it check an e-mail to the sender without sending it (`sandbox_mode`, answered with 200)."""
        body = _trial(keys)
        reply = await self._post(keys, body)
        if not reply.ok:
            raise _refusal(reply)

    async def _post(self, keys: SendGridKeys, body: dict[str, Any]) -> Reply:
        headers = {
            "Authorization": f"Bearer {keys.api_key.get_secret_value()}",
            "Content-Type": "application/json",
        }
        written = json.dumps(body).encode()
        url = f"{self.base(keys)}/v3/mail/send"
        return await self._calls.send(Call(self.name, "POST", url, headers=headers, body=written))


def _body(keys: SendGridKeys, mail: Mail) -> dict[str, Any]:
    body: dict[str, Any] = {
        "personalizations": [{"to": [{"email": mail.to}], "custom_args": {"outbox": mail.key}}],
        "from": {"email": keys.sender, "name": mail.sender_name},
        "subject": mail.letter.subject,
        "content": [
            {"type": "text/plain", "value": mail.letter.text},
            {"type": "text/html", "value": mail.letter.html},
        ],
        "headers": {"Message-ID": mail.message_id(keys.sender)},
        # Nothing that is clicked or opened is anybody else's business.
        "tracking_settings": {
            "click_tracking": {"enable": False, "enable_text": False},
            "open_tracking": {"enable": False},
        },
    }
    return body | ({"reply_to": {"email": mail.reply_to}} if mail.reply_to else {})


def _trial(keys: SendGridKeys) -> dict[str, Any]:
    letter = Letter("Test", "Test", "<p>Test</p>")
    return {
        "personalizations": [{"to": [{"email": keys.sender}]}],
        "from": {"email": keys.sender},
        "subject": letter.subject,
        "content": [{"type": "text/plain", "value": letter.text}],
        "mail_settings": {"sandbox_mode": {"enable": True}},
    }


def _refusal(reply: Reply) -> Declined | Unavailable:
    """What 400 and 413 mean; `errors` name the field, in text that may quote what was sent."""
    if not HTTPStatus.BAD_REQUEST <= reply.status < HTTPStatus.INTERNAL_SERVER_ERROR:
        return Unavailable(_NAME, f"http_{reply.status}")
    field = _field(reply)
    kind = AddressRefused if field.startswith("personalizations") and ".to." in field else Declined
    return kind(_NAME, field[:_LONGEST_CODE] or f"http_{reply.status}")


def _field(reply: Reply) -> str:
    try:
        found = json.loads(reply.body)["errors"][0]["field"]
    except (ValueError, KeyError, IndexError, TypeError, RecursionError):
        return ""
    return found if isinstance(found, str) and found.isascii() else ""


PARTNER = SendGrid
