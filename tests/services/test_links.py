import base64
import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from itsdangerous import Signer

from models.order import Order
from services.links import INVOICE_LIFE, MAX_TOKEN, InvoiceClaim, LinkExpired, LinkForged, Links
from tests.invoicing import NOON, StoppedClock, an_order

SECRET = "the-newest-secret-of-this-shop"
OLD = "the-secret-before-that-one"


def links(*secrets: str, clock: StoppedClock | None = None) -> Links:
    return Links(secrets or (SECRET,), "https://shop.example", clock or StoppedClock())


def token_of(shop: Links, order: Order) -> str:
    url = shop.invoice_url(order)
    assert url is not None
    return url.removeprefix("https://shop.example/invoice/")


def signed(payload: bytes, *, purpose: str = "invoice", secret: str = SECRET) -> str:
    """A token with any payload whatever, signed as somebody who knows the secret would."""
    signer = Signer(
        secret, salt=f"link.{purpose}", sep=".", key_derivation="hmac", digest_method=hashlib.sha256
    )
    return signer.sign(base64.urlsafe_b64encode(payload).rstrip(b"=")).decode()


def claims(**changed: Any) -> dict[str, Any]:
    exp = int(NOON.timestamp()) + 60
    return {"orderId": "0" * 24, "tenantId": "tenant-a", "exp": exp, **changed}


def unpadded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def test_a_link_opens_the_invoice_of_its_order() -> None:
    """What was signed is what is read."""
    order = an_order()
    assert links().read_invoice(token_of(links(), order)) == InvoiceClaim("tenant-a", order.key)


def test_a_token_is_json_and_hmac_sha256_in_unpadded_base64url() -> None:
    """Anyone with the secret can check a token by the documented format alone."""
    order = an_order()
    token = token_of(links(), order)
    payload, signature = token.split(".")
    assert "=" not in token
    assert json.loads(unpadded(payload)) == {
        "orderId": order.key,
        "tenantId": "tenant-a",
        "exp": int((NOON + INVOICE_LIFE).timestamp()),
    }
    key = hmac.digest(SECRET.encode(), b"link.invoice", "sha256")
    assert unpadded(signature) == hmac.digest(key, payload.encode(), "sha256")


def test_without_a_public_address_there_is_no_link() -> None:
    """A shop that nobody can reach by browser offers no invoice button."""
    assert Links([SECRET], None, StoppedClock()).invoice_url(an_order()) is None


def test_a_slash_at_the_end_of_the_public_address_does_no_harm() -> None:
    """The path keeps one slash between its parts."""
    url = Links([SECRET], "https://shop.example/", StoppedClock()).invoice_url(an_order())
    assert url is not None
    assert url.startswith("https://shop.example/invoice/ey")


def test_a_link_lasts_thirty_days_to_the_second() -> None:
    """It is rejected once now > exp, and not at exp itself."""
    clock = StoppedClock()
    shop = links(clock=clock)
    token = token_of(shop, an_order())
    clock.time = NOON + timedelta(days=30)
    assert shop.read_invoice(token).tenant_id == "tenant-a"
    clock.time += timedelta(milliseconds=1)
    with pytest.raises(LinkExpired):
        shop.read_invoice(token)


def test_an_old_secret_still_opens_links_and_the_newest_signs() -> None:
    """A rotation breaks no link that was handed out, until the old secret is dropped."""
    before = token_of(links(OLD), an_order())
    after = token_of(links(SECRET, OLD), an_order())
    assert links(SECRET, OLD).read_invoice(before).tenant_id == "tenant-a"
    assert links(SECRET).read_invoice(after).tenant_id == "tenant-a"
    for shop, token in ((links(SECRET), before), (links(OLD), after)):
        with pytest.raises(LinkForged):
            shop.read_invoice(token)


def test_a_token_of_another_purpose_is_forged() -> None:
    """A link that shares a report does not open an invoice, even with the same payload and secret."""
    payload = json.dumps(claims()).encode()
    assert links().read_invoice(signed(payload)) == InvoiceClaim("tenant-a", "0" * 24)
    with pytest.raises(LinkForged):
        links().read_invoice(signed(payload, purpose="share"))


def test_a_payload_cannot_be_swapped() -> None:
    """One order's signature does not cover another order."""
    mine, theirs = token_of(links(), an_order()), token_of(links(), an_order("tenant-b"))
    swapped = f"{theirs.split('.')[0]}.{mine.split('.')[1]}"
    with pytest.raises(LinkForged):
        links().read_invoice(swapped)


def test_every_other_spelling_of_a_token_is_forged() -> None:
    """No character can be changed, dropped or added, also not the spare bits of the signature."""
    token = token_of(links(), an_order())
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.="
    changed = [
        token[:at] + other + token[at + 1 :]
        for at in range(len(token))
        for other in (alphabet if at > len(token) - 3 else "A.~")
    ]
    cut = [token[:at] for at in range(len(token))]
    grown = [f"{token}=", f"{token}\n", f" {token}", f"{token}A", f".{token}", f"{token}.{token}"]
    for bad in {*changed, *cut, *grown} - {token}:
        with pytest.raises(LinkForged):
            links().read_invoice(bad)


@pytest.mark.parametrize(
    "payload",
    [
        claims(exp=True),
        claims(exp=1.9e9),
        claims(exp="1900000000"),
        claims(exp=None),
        claims(exp=-1),
        claims(exp=10**40),
        claims(exp=float("nan")),
        claims(exp=float("inf")),
        claims(orderId=7),
        claims(orderId=""),
        claims(orderId=["0" * 24]),
        claims(tenantId={"$ne": None}),
        claims(tenantId="\ud800"),
        claims(tenantId="t" * 101),
        claims(more=1),
        {"orderId": "0" * 24, "tenantId": "tenant-a"},
        [],
        "text",
        None,
    ],
)
def test_a_signed_payload_of_the_wrong_shape_is_forged(payload: object) -> None:
    """Knowing the signature is not enough: the three claims must be there, of their types."""
    with pytest.raises(LinkForged):
        links().read_invoice(signed(json.dumps(payload).encode()))


@pytest.mark.parametrize("payload", [b"", b"{", b"\xff\xfe", b"[" * 700, b'{"a":' * 100, b"{}" * 9])
def test_a_signed_payload_that_is_no_json_is_forged(payload: bytes) -> None:
    """Broken or deeply nested JSON ends the same way as any forgery."""
    with pytest.raises(LinkForged):
        links().read_invoice(signed(payload))


def test_a_huge_token_is_forged_before_it_is_read() -> None:
    """The length is capped, also for a payload that carries a good signature."""
    token = signed(json.dumps(claims()).encode() + b" " * MAX_TOKEN)
    for huge in (token, "A" * 10_000_000, "." * MAX_TOKEN):
        with pytest.raises(LinkForged):
            links().read_invoice(huge)


@given(st.text() | st.from_regex(r"[\w-]{0,90}\.[\w-]{43}", fullmatch=True))
def test_no_text_is_a_token(text: str) -> None:
    """Whatever stands in the address, the answer is LinkForged and never another exception."""
    with pytest.raises(LinkForged):
        links().read_invoice(text)


@given(st.binary(max_size=600))
def test_no_signed_bytes_break_the_reader(payload: bytes) -> None:
    """A payload of arbitrary bytes under a good signature is refused in the same way."""
    with pytest.raises(LinkForged):
        links().read_invoice(signed(payload))


@pytest.mark.parametrize("secrets", [[], [""], [SECRET, ""]])
def test_links_are_never_signed_with_nothing(secrets: list[str]) -> None:
    """A missing secret is an error at the start, not a signature that anybody can make."""
    with pytest.raises(ValueError, match="secret"):
        Links(secrets, "https://shop.example", StoppedClock())
