"""Keeps providers' keys unreadable in the database and in its backups."""

import base64
from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


class VaultShut(Exception):
    """What was sealed cannot be opened: the secret was changed without the old one being kept."""


class Vault:
    """Seals texts under the installation's secrets, the newest first; every one of them opens."""

    def __init__(self, secrets: Sequence[str]) -> None:
        if not secrets or not all(secrets):
            raise ValueError("a secret to seal keys is missing")
        self._locks = MultiFernet([Fernet(_key(secret)) for secret in secrets])

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


def _key(secret: str) -> bytes:
    derived = HKDF(SHA256(), length=32, salt=None, info=b"shop: keys of providers").derive(secret.encode())
    return base64.urlsafe_b64encode(derived)
