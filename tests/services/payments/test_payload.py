"""What only looks like JSON, or would break whoever goes on with it, is no payload."""

from decimal import Decimal

import pytest

from services.payments.payload import parse
from services.payments.processor import BadPayload


@pytest.mark.parametrize(
    "body",
    [
        b'{"a":1e99999999999999999999}',
        b'{"a":1.5e-99999999999999999999}',
        b'{"a":' + b"1" * 5000 + b"}",
        b'{"a":NaN}',
        b'{"a":1,"a":2}',
        b'{"a":"\\ud800"}',
        b'{"a":' + b"[" * 50 + b"]" * 50 + b"}",
        b"[" * 100_000,
        b"\xff",
        b"[]",
    ],
)
def test_what_cannot_be_read_is_a_bad_payload_and_nothing_else(body: bytes) -> None:
    """Also a number whose exponent no decimal can hold."""
    with pytest.raises(BadPayload):
        parse(body)


def test_fractions_keep_every_digit() -> None:
    """A float would round them."""
    assert parse(b'{"a":0.10000000000000000001}') == {"a": Decimal("0.10000000000000000001")}
