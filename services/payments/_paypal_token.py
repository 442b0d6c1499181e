"""Keeps PayPal's access tokens for as long as they are good."""

import base64
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from models.errors import OutcomeUnknown, Unavailable, WrongKeys
from services.calls import Call, Calls

_NAME = "paypal"
_EARLY = timedelta(seconds=60)
_LONGEST_LIFE = 24 * 60 * 60


@dataclass(frozen=True)
class Account:
    """Whose token it is: where PayPal answers, the app's client id and its secret."""

    base: str
    client_id: str
    secret: str = field(repr=False)

    @property
    def key(self) -> str:
        """A name for it that quotes no secret.

        The secret is part of it: client ids are public, and nobody may use the token of an account whose
        client id is all they know.
        """
        whole = json.dumps([self.base, self.client_id, self.secret])
        return hashlib.sha256(whole.encode()).hexdigest()


@dataclass(frozen=True)
class _Token:
    text: str = field(repr=False)
    ends_at: datetime


class Tokens:
    """Fetches a token by an app's keys and keeps it until a minute before PayPal forgets it."""

    def __init__(self, calls: Calls, now: Callable[[], datetime], seconds: float) -> None:
        """Take the way out, a clock (UTC) and how many seconds one try may last."""
        self._calls = calls
        self._now = now
        self._seconds = seconds
        self._kept: dict[str, _Token] = {}

    async def get(self, account: Account) -> str:
        """A token that is good now; raises WrongKeys or Unavailable, never that an outcome is unknown."""
        kept = self._kept.get(account.key)
        if kept is not None and self._now() < kept.ends_at:
            return kept.text
        token = await self._ask(account)
        now = self._now()
        self._kept = {key: each for key, each in self._kept.items() if now < each.ends_at}
        self._kept[account.key] = token
        return token.text

    def drop(self, account: Account, token: str | None = None) -> None:
        """Forget the account's token, or only this one if it is still the one that is kept."""
        kept = self._kept.get(account.key)
        if kept is not None and token in {None, kept.text}:
            del self._kept[account.key]

    async def _ask(self, account: Account) -> _Token:
        basic = base64.b64encode(f"{account.client_id}:{account.secret}".encode("utf-8", "replace")).decode()
        headers = {
            "Authorization": f"Basic {basic}",
            "Content-Type": "application/x-www-form-urlencoded",
            "Accept": "application/json",
        }
        call = Call(
            provider=_NAME,
            method="POST",
            url=f"{account.base}/v1/oauth2/token",
            headers=headers,
            body=b"grant_type=client_credentials",
            repeatable=True,  # one token more changes nothing
            seconds=self._seconds,
        )
        try:
            reply = await self._calls.send(call)
            answer = reply.json()
        except OutcomeUnknown as lost:
            # What the token was wanted for has not been sent.
            raise Unavailable(_NAME, lost.code) from None
        if not reply.ok:
            raise WrongKeys(_NAME, f"http_{reply.status}")
        text, life = answer.get("access_token"), answer.get("expires_in")
        if not (isinstance(text, str) and text and text.isascii() and text.isprintable()):
            raise Unavailable(_NAME, "no_token")
        lasts = min(life, _LONGEST_LIFE) if type(life) is int else 0
        return _Token(text, self._now() + timedelta(seconds=lasts) - _EARLY)
