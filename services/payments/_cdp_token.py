"""Makes the short-lived tokens by which Coinbase's APIs know a shop (CDP keys, JWT as RFC 7519)."""

import base64
import binascii
import json
import secrets
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

_SECONDS = 120
_EARLIER = 10  # a clock that is this much ahead is no reason to refuse it
_SEED, _SEED_AND_PUBLIC = 32, 64

type PrivateKey = ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey


class BadKey(Exception):
    """No private key that Coinbase gives out; says nothing of what it was."""


def token(key_name: str, private_key: str, method: str, place: str, now: int) -> str:
    """A token for one request to `place`, host and path without a query, good at `now` in Unix seconds.

    Raises BadKey. Coinbase's guide for its product APIs names the claim `uri`, its SDK sends `uris`: both
    are set to the same.
    """
    key = _load(private_key)
    request = f"{method} {place}"
    algorithm = "EdDSA" if isinstance(key, ed25519.Ed25519PrivateKey) else "ES256"
    header = {"alg": algorithm, "kid": key_name, "typ": "JWT", "nonce": secrets.token_hex(16)}
    claims = {
        "iss": "cdp",
        "sub": key_name,
        "nbf": now - _EARLIER,
        "iat": now - _EARLIER,
        "exp": now - _EARLIER + _SECONDS,
        "uri": request,
        "uris": [request],
    }
    signed = f"{_part(header)}.{_part(claims)}"
    return f"{signed}.{_base64(_signature(key, signed.encode()))}"


def _load(text: str) -> PrivateKey:
    # Forms and files hand the lines of a PEM over on a single one.
    cleaned = text.replace("\\n", "\n").strip()
    try:
        if cleaned.startswith("-----"):
            key = load_pem_private_key(cleaned.encode(), password=None)
        else:
            key = _from_seed(base64.b64decode(cleaned, validate=True))
    except (ValueError, TypeError, binascii.Error, UnsupportedAlgorithm):
        raise BadKey from None
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return key
    if isinstance(key, ec.EllipticCurvePrivateKey) and isinstance(key.curve, ec.SECP256R1):
        return key
    raise BadKey


def _from_seed(found: bytes) -> ed25519.Ed25519PrivateKey:
    if len(found) not in {_SEED, _SEED_AND_PUBLIC}:
        raise ValueError
    return ed25519.Ed25519PrivateKey.from_private_bytes(found[:_SEED])


def _signature(key: PrivateKey, signed: bytes) -> bytes:
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return key.sign(signed)
    r, s = decode_dss_signature(key.sign(signed, ec.ECDSA(SHA256())))
    return r.to_bytes(32) + s.to_bytes(32)


def _part(found: dict[str, Any]) -> str:
    return _base64(json.dumps(found, separators=(",", ":")).encode())


def _base64(found: bytes) -> str:
    return base64.urlsafe_b64encode(found).rstrip(b"=").decode()
