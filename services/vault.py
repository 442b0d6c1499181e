"""Keeps providers' keys, and keys that are sold, unreadable in the database and in its backups."""

import base64
import hashlib
import hmac
import re
from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_FEWEST_CHARACTERS = 10
# Fernet's version and the upper half of its time, then at least one block and the signature.
_SEALED = re.compile(r"gAAAAA[A-Za-z0-9_-]{92,}={0,2}\Z")


class VaultShut(Exception):
    """What was sealed cannot be opened: the secret was changed without the old one being kept."""


class Vault:
    """Seals texts under the installation's secrets, the newest first; every one of them opens."""

    def __init__(self, secrets: Sequence[str]) -> None:
        if not secrets or not all(secrets):
            raise ValueError("a secret to seal keys is missing")
        locks = [Fernet(_key(secret)) for secret in secrets]
        self._locks, self._newest = MultiFernet(locks), locks[0]
        self.rotating = len(locks) > 1
        self.weak = sum(guessable(secret) for secret in secrets)
        self._marks = [_derived(secret, b"shop: digests of keys") for secret in secrets]

    def seal(self, text: str, *, about: str) -> str:
        """Make a text unreadable; `about` says whose and what it is, and only there it opens again."""
        return self._locks.encrypt(f"{about}\0{text}".encode()).decode()

    def open(self, sealed: str, *, about: str) -> str:
        """Read what was sealed about the same thing; raises VaultShut."""
        try:
            owner, _, text = self._locks.decrypt(sealed.encode()).decode().partition("\0")
        except InvalidToken:
            raise VaultShut(about) from None
        if owner != about:
            raise VaultShut(about)
        return text

    def stale(self, sealed: str) -> bool:
        """Whether an older secret opens this, and the newest does not."""
        try:
            return self.renewed(sealed) is not None
        except VaultShut:
            return False

    def renewed(self, sealed: str) -> str | None:
        """The same about the same, sealed under the newest secret; None where it is that already.

        Raises VaultShut.
        """
        try:
            self._newest.decrypt(sealed.encode())
        except InvalidToken:
            pass
        else:
            return None
        try:
            return self._newest.encrypt(self._locks.decrypt(sealed.encode())).decode()
        except InvalidToken:
            raise VaultShut("sealed under a secret that is gone") from None

    def digests(self, text: str, *, about: str) -> list[str]:
        """By what a sealed text is known again without being opened, one for each secret, the newest first.

        They cannot be computed, and so no text be guessed, without the secret (HMAC-SHA-256).
        """
        named = f"{about}\0{text}".encode()
        return [hmac.new(mark, named, hashlib.sha256).hexdigest() for mark in self._marks]


def is_sealed(text: str) -> bool:
    """Whether a text is something sealed, under whichever secret."""
    return bool(_SEALED.match(text))


def guessable(secret: str) -> bool:
    """Whether a secret is long but not random: few different characters, or one piece over and over."""
    repeated = secret in (secret + secret)[1:-1]
    return repeated or len(set(secret)) < _FEWEST_CHARACTERS


def mark_of(secret: str) -> str:
    """By what a secret is known again without being told."""
    return _derived(secret, b"shop: mark of a secret").hex()[:16]


def _key(secret: str) -> bytes:
    return base64.urlsafe_b64encode(_derived(secret, b"shop: keys of providers"))


def _derived(secret: str, purpose: bytes) -> bytes:
    return HKDF(SHA256(), length=32, salt=None, info=purpose).derive(secret.encode())
