"""Checks Stripe's signatures of webhooks, as its own SDK 16.1 does (stripe/_webhook.py), but over bytes."""

import hmac
import re

from services.payments.processor import BadSignature, Delivery

_TOLERANCE = 300
_TIME = re.compile(r"[0-9]{1,12}")


def check(secret: str, delivery: Delivery) -> None:
    """Raise BadSignature unless one `v1` of `Stripe-Signature` fits and `t` is at most 300 seconds old.

    While a secret is being rotated there is a `v1` for each. `v0` is no proof of anything. A time ahead of
    ours is taken, as Stripe's SDK does: it is signed, and clocks differ.
    """
    fields = [each.partition("=") for each in delivery.header("stripe-signature").split(",")]
    moment = next((value for name, _, value in fields if name == "t"), "")
    if not _TIME.fullmatch(moment):
        raise BadSignature("no time")
    if int(moment) < delivery.now.timestamp() - _TOLERANCE:
        raise BadSignature("old")
    signed = b".".join((moment.encode(), delivery.body))
    expected = hmac.digest(secret.encode(), signed, "sha256").hex().encode()
    given = [value.encode("utf-8", "replace") for name, _, value in fields if name == "v1"]
    if not any(hmac.compare_digest(expected, each) for each in given):
        raise BadSignature("signature")
