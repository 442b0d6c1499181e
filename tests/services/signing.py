"""Everybody who delivers webhooks to a shop: with which keys, what they really send, and how they sign."""

import json
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from services.payments._nowpayments_json import canonical
from services.payments.processor import Site
from tests.fakes import coinbase, nowpayments, paypal, square, stripe
from tests.services.payments.asking import NOW, ORDER

PUBLIC = "https://shop.example"
DISCORD = Ed25519PrivateKey.generate()
DISCORD_PUBLIC = DISCORD.public_key().public_bytes_raw().hex()


@dataclass(frozen=True)
class Signer:
    """One of them; `method` is None where no shop has keys, `same` says whether two bodies sign alike."""

    method: str | None
    keys: Mapping[str, str]
    real: list[bytes]
    sign: Callable[[bytes], dict[str, str]]
    same: Callable[[bytes, bytes], bool] = operator.eq


class Senders:
    """All of them, by the name in the webhook's address; only PayPal is asked anything."""

    def __init__(self, paypal_app: paypal.PayPal) -> None:
        self._paypal = paypal_app

    @property
    def sites(self) -> dict[str, Site]:
        """Where they answer: nowhere, but for PayPal with its certificates."""
        nowhere = Site("http://127.0.0.1:9")
        names = ("cashapp_pay", "nowpayments", "coinbase_business", "coinbase_commerce", "stripe")
        return dict.fromkeys(names, nowhere) | {"paypal": Site(self._paypal.url)}

    def at(self, tenant_id: str) -> dict[str, Signer]:
        """As they deliver to this shop."""
        return {
            "paypal": self._of_paypal(),
            "cashapp_pay": _of_square(f"{PUBLIC}/webhooks/cashapp_pay/{tenant_id}"),
            "nowpayments": _of_nowpayments(),
            "coinbase_business": _of_coinbase_business(),
            "coinbase_commerce": _of_coinbase_commerce(),
            "stripe": _of_stripe(),
            "discord": _of_discord(),
        }

    def _of_paypal(self) -> Signer:
        app = self._paypal
        amount = {"currency_code": "USD", "value": "19.99"}
        capture = {"id": "3C679366HH908993F", "status": "COMPLETED", "amount": amount, "custom_id": ORDER}
        app.tell("PAYMENT.CAPTURE.COMPLETED", "capture", capture)
        app.tell("CHECKOUT.ORDER.APPROVED", "checkout-order", {"id": "5O190127TN364715T"})
        link = {"rel": "up", "href": f"https://api.paypal.com/v2/payments/captures/{capture['id']}"}
        refund = {"id": "1JU08902781691411", "status": "COMPLETED", "amount": amount, "links": [link]}
        app.tell("PAYMENT.CAPTURE.REFUNDED", "refund", refund)
        keys = {"client_id": app.CLIENT_ID, "secret": app.SECRET, "webhook_id": app.WEBHOOK_ID}
        return Signer("PAYPAL", keys, [each.body for each in app.notices[-3:]], app.sign)


def _of_square(url: str) -> Signer:
    seller = square.Square(url)
    sale = seller.other_sale()
    seller.settle_refund(seller.refund_in_dashboard(sale, 100))
    seller.settle_dispute(seller.dispute(sale), "LOST")
    real = [each.body.replace(b"Latte", ORDER.encode()) for each in seller.notices]
    keys = {"access_token": seller.TOKEN, "location_id": seller.LOCATION}
    keys["signature_key"] = seller.SIGNATURE_KEY
    return Signer("CASHAPP_PAY", keys, real, seller.sign)


def _of_nowpayments() -> Signer:
    account = nowpayments.NowPayments()
    account.refund_in_dashboard(account.other_sale())
    real = [each.body.replace(b"A-77", ORDER.encode()) for each in account.notices]

    def sign(body: bytes) -> dict[str, str]:
        try:
            return account.sign(canonical(body))
        except ValueError:
            return account.sign(body)

    keys = {"api_key": account.API_KEY, "ipn_secret": account.IPN_SECRET}
    return Signer("BTC_NOWPAYMENTS", keys, real, sign, _mean_the_same)


def _mean_the_same(one: bytes, other: bytes) -> bool:
    """Whether JavaScript reads the same from both: what NOWPayments signs is that, not the bytes."""
    try:
        first, second = (json.loads(each.decode(), parse_int=float) for each in (one, other))
    except (ValueError, RecursionError):
        return False
    return bool(first == second)


def _of_coinbase_business() -> Signer:
    account = coinbase.CoinbaseBusiness()
    account.refund_in_dashboard(account.other_sale(), 100)
    real = [each.body for each in account.notices]
    keys = {"key_name": "organizations/o/apiKeys/k", "private_key": account.private_key}
    keys["webhook_secret"] = account.WEBHOOK_SECRET

    def sign(body: bytes) -> dict[str, str]:
        return account.sign(body, "checkout.payment.success", int(NOW.timestamp()))

    return Signer("COINBASE_BUSINESS", keys, real, sign)


def _of_coinbase_commerce() -> Signer:
    account = coinbase.CoinbaseCommerce()
    account.pay(account.hold(ORDER))
    keys = {"api_key": account.API_KEY, "webhook_secret": account.WEBHOOK_SECRET}
    return Signer("COINBASE_COMMERCE", keys, [each.body for each in account.notices], account.sign)


def _of_stripe() -> Signer:
    account = stripe.Stripe(now=lambda: NOW)
    sale = account.other_sale()
    account.settle_refund(account.refund_in_dashboard(sale, 100))
    account.settle_dispute(account.dispute(sale), "lost")
    keys = {"secret_key": account.KEY, "webhook_secret": account.WEBHOOK_SECRET}
    return Signer("STRIPE", keys, [each.body for each in account.notices], account.sign)


def _of_discord() -> Signer:
    def event(kind: str, data: dict[str, Any]) -> bytes:
        inner = {"type": kind, "timestamp": "2026-11-23T11:59:58.174000", "data": data}
        return json.dumps({"version": 1, "application_id": "1", "type": 1, "event": inner}).encode()

    bought = {"id": "10", "sku_id": "20", "application_id": "1", "user_id": "30", "type": 1, "deleted": False}
    real = [
        b'{"version":1,"application_id":"1","type":0}',
        event("APPLICATION_AUTHORIZED", {"integration_type": 1, "user": {"id": "30"}, "scopes": []}),
        *(event(f"ENTITLEMENT_{verb}", bought) for verb in ("CREATE", "UPDATE", "DELETE")),
    ]

    def sign(body: bytes) -> dict[str, str]:
        moment = str(int(NOW.timestamp()))
        signature = DISCORD.sign(moment.encode() + body).hex()
        return {"X-Signature-Ed25519": signature, "X-Signature-Timestamp": moment}

    return Signer(None, {}, real, sign)
