"""Checks signatures of Hook0, which delivers Coinbase's webhooks (its conformance file signature.json)."""

import hmac
import re

from services.payments.processor import BadSignature, Delivery

_TOLERANCE = 300
_TIME = re.compile(r"[0-9]{1,12}")
_CODE = re.compile(r"[0-9a-fA-F]{64}")


def check(secret: str, delivery: Delivery) -> None:
    """Raise BadSignature unless `X-Hook0-Signature` fits, made at most 300 seconds before or after now.

    `v1` covers the headers that `h` names, in that order; where it is there, `v0`, which covers the body
    alone, does not count.
    """
    fields = _fields(delivery.header("x-hook0-signature"))
    moment = fields.get("t", "")
    if not _TIME.fullmatch(moment):
        raise BadSignature("no time")
    if abs(delivery.now.timestamp() - int(moment)) > _TOLERANCE:
        raise BadSignature("old")
    scheme = "v1" if "v1" in fields else "v0"
    covered = _headers(fields.get("h", ""), delivery) if scheme == "v1" else b""
    given = fields.get(scheme, "")
    if not _CODE.fullmatch(given):
        raise BadSignature("no code")
    signed = b"".join((moment.encode(), b".", covered, delivery.body))
    if not hmac.compare_digest(hmac.digest(secret.encode(), signed, "sha256"), bytes.fromhex(given)):
        raise BadSignature("signature")


def _fields(header: str) -> dict[str, str]:
    pairs = [each.partition("=") for each in header.split(",")]
    found = {name.strip(): value.strip() for name, _, value in pairs}
    if len(found) != len(pairs):
        raise BadSignature("a field occurs twice")
    return found


def _headers(named: str, delivery: Delivery) -> bytes:
    values = [delivery.header(name) for name in named.split(" ")]
    text = ".".join((named, *values, ""))
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        raise BadSignature("undecodable header") from None
