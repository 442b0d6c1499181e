"""TaxJar: sales tax by address, and the sales it declares (TaxJar Sales Tax API, version 2)."""

import json
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from http import HTTPStatus
from typing import Any, ClassVar, NamedTuple
from urllib.parse import quote as quoted

from pydantic import Field, SecretStr

from models.errors import Declined, Unavailable, WrongKeys
from models.money import decimal_text, exponent, spread
from services.calls import Call, Reply
from services.partner import ProviderKeys, Site
from services.payments.payload import parse
from services.payments.processor import BadPayload
from services.states import state_code
from services.tax.contract import Basis, GivenBack, Levy, Place, Sale, TaxedLine, TaxService, levy

_DIGITAL = "31000"
_LONGEST_NAME = 255
_MOST = Decimal(10) ** 12


class TaxJarKeys(ProviderKeys):
    """What a TaxJar account is reached with."""

    api_token: SecretStr = Field(
        title="API token",
        examples=["9e0cd62a22f451701f29c3bde214…"],
        min_length=1,
        description="TaxJar app, Account, TaxJar API; it needs a plan with API access",
    )


class _Number(NamedTuple):
    """A number written digit by digit: Python would make it a float."""

    text: str


class TaxJar(TaxService[TaxJarKeys]):
    """Tax by TaxJar; where the shop has nexus is set in its account there.

    A quote keeps a customer waiting, so each try of it is short; three of them at most.
    """

    name: ClassVar[str] = "taxjar"
    company: ClassVar[str] = "TaxJar"
    position: ClassVar[int] = 10
    icon: ClassVar[str] = "🧾"
    title: ClassVar[str] = "TaxJar"
    about: ClassVar[str] = "Works out sales tax by the customer's address and keeps note of every sale."
    keys: ClassVar[type[ProviderKeys]] = TaxJarKeys
    site: ClassVar[Site] = Site("https://api.taxjar.com", "https://api.sandbox.taxjar.com")
    seconds: ClassVar[float] = 2.0
    seconds_to_record: ClassVar[float] = 10.0

    async def quote(self, keys: TaxJarKeys, basis: Basis) -> Levy:
        """Ask for the tax on an order (`POST /v2/taxes`); asking changes nothing and may be repeated.

        Raises Unavailable, too, for an answer that cannot be right.
        """
        if basis.to is None:
            raise Declined(self.name, "no_address")
        asked = {
            **(_place("from", basis.origin) if basis.origin else {}),
            **_place("to", basis.to),
            "shipping": _money(basis.shipping_cents, basis.currency),
            "line_items": [_line(line, basis.currency) for line in basis.lines],
        }
        call = self._call(keys, "POST", "/taxes", asked, repeatable=True, seconds=self.seconds)
        reply = await self._calls.send(call)
        if not reply.ok:
            raise Declined(self.name, _code(reply))
        try:
            return _read(reply, basis)
        except BadPayload:
            raise Unavailable(self.name, "unreadable") from None

    async def record(self, keys: TaxJarKeys, sale: Sale) -> None:
        """Take note of a paid order (`POST /v2/transactions/orders`), once for ever by its key."""
        basis = sale.basis
        lines = [
            {**_line(line, basis.currency), **_told(line), "sales_tax": _money(tax, basis.currency)}
            for line, tax in zip(basis.lines, sale.levy.lines, strict=True)
        ]
        told = {
            **_sums(basis.net_cents, basis.shipping_cents, sale.levy.cents, basis.currency),
            "transaction_id": sale.key,
            "line_items": lines,
        }
        await self._note(keys, "orders", {**_header(sale), **told})

    async def give_back(self, keys: TaxJarKeys, back: GivenBack) -> None:
        """Take note of a refund (`POST /v2/transactions/refunds`), in negative amounts as version 2 wants."""
        await self.record(keys, back.sale)
        basis, currency = back.sale.basis, back.sale.basis.currency
        parts = spread(back.cents - back.shipping_cents, [line.net_cents for line in basis.lines])
        *taxes, _ = spread(back.tax_cents, [*back.sale.levy.lines, back.sale.levy.shipping])
        lines = [
            {
                **_line(line._replace(quantity=1, unit_price_cents=-cents, discount_cents=0), currency),
                **_told(line),
                "sales_tax": _money(-tax, currency),
            }
            for line, cents, tax in zip(basis.lines, parts, taxes, strict=True)
        ]
        told = {
            **_sums(-back.cents, -back.shipping_cents, -back.tax_cents, currency),
            "transaction_id": back.key,
            "transaction_reference_id": back.sale.key,
            "transaction_date": back.at.isoformat(),
            "line_items": lines,
        }
        await self._note(keys, "refunds", {**_header(back.sale), **told})

    async def test(self, keys: TaxJarKeys) -> None:
        """Ask which categories of products TaxJar knows."""
        reply = await self._calls.send(self._call(keys, "GET", "/categories"))
        if not reply.ok:
            raise Declined(self.name, _code(reply))

    async def _note(self, keys: TaxJarKeys, kind: str, told: Mapping[str, Any]) -> None:
        path = f"/transactions/{kind}"
        reply = await self._calls.send(self._call(keys, "POST", path, told, repeatable=True))
        if reply.ok:
            return
        if reply.status == HTTPStatus.UNPROCESSABLE_ENTITY and await self._noted(keys, path, told):
            # An earlier try whose answer was lost had told it.
            return
        raise Declined(self.name, _code(reply))

    async def _noted(self, keys: TaxJarKeys, path: str, told: Mapping[str, Any]) -> bool:
        place = f"{path}/{quoted(str(told['transaction_id']), safe='')}"
        return (await self._calls.send(self._call(keys, "GET", place))).ok

    def _call(
        self,
        keys: TaxJarKeys,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        repeatable: bool | None = None,
        seconds: float | None = None,
    ) -> Call:
        token = keys.api_token.get_secret_value().strip()
        if not (token.isascii() and token.isprintable()):
            raise WrongKeys(self.name, "api_token")
        headers = {"Authorization": f"Bearer {token}", "x-api-version": "2022-01-24"}
        data = None
        if body is not None:
            headers["Content-Type"], data = "application/json", _written(body).encode()
        again = method == "GET" if repeatable is None else repeatable
        url = f"{self.base(keys)}/v2{path}"
        return Call(self.name, method, url, headers, data, again, seconds or self.seconds_to_record)


def _header(sale: Sale) -> dict[str, Any]:
    basis = sale.basis
    return {
        **(_place("from", basis.origin) if basis.origin else {}),
        **(_place("to", basis.to) if basis.to else {}),
        "transaction_date": sale.at.isoformat(),
    }


def _place(prefix: str, place: Place) -> dict[str, str]:
    named = {
        "country": place.country,
        "zip": place.postal_code,
        "state": state_code(place.state, place.country),
        "city": place.city,
        "street": place.street,
    }
    return {f"{prefix}_{name}": value for name, value in named.items() if value}


def _line(line: TaxedLine, currency: str) -> dict[str, Any]:
    return {
        "id": line.id,
        "quantity": line.quantity,
        "unit_price": _money(line.unit_price_cents, currency),
        "discount": _money(line.discount_cents, currency),
        **({"product_tax_code": _DIGITAL} if line.digital else {}),
    }


def _told(line: TaxedLine) -> dict[str, str]:
    return {"product_identifier": line.sku, "description": line.name[:_LONGEST_NAME]}


def _sums(cents: int, shipping: int, tax: int, currency: str) -> dict[str, _Number]:
    return {
        "amount": _money(cents, currency),
        "shipping": _money(shipping, currency),
        "sales_tax": _money(tax, currency),
    }


def _money(cents: int, currency: str) -> _Number:
    return _Number(decimal_text(cents, currency))


def _written(value: Any) -> str:
    """JSON with its amounts in plain decimals."""
    if isinstance(value, _Number):
        return value.text
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{json.dumps(name)}:{_written(each)}" for name, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(_written(each) for each in value) + "]"
    return json.dumps(value)


def _read(reply: Reply, basis: Basis) -> Levy:
    """The tax of an answer, spread as its breakdown says; raises BadPayload."""
    tax = parse(reply.body).get("tax")
    if not isinstance(tax, dict):
        raise BadPayload("tax")
    cents = _cents(tax.get("amount_to_collect"), basis.currency)
    if not 0 <= cents <= basis.net_cents:
        raise BadPayload("amount_to_collect")
    weights = _breakdown(tax.get("breakdown"), basis)
    return levy(cents, weights if any(weights) else basis.nets)


def _breakdown(found: Any, basis: Basis) -> list[int]:
    broken = found if isinstance(found, dict) else {}
    items = broken.get("line_items")
    by_id = {
        str(item.get("id")): item
        for item in (items if isinstance(items, list) else ())
        if isinstance(item, dict)
    }
    parts = [*(by_id.get(line.id) for line in basis.lines), broken.get("shipping")]
    return [
        max(0, _cents(part.get("tax_collectable"), basis.currency)) if isinstance(part, dict) else 0
        for part in parts
    ]


def _cents(value: Any, currency: str) -> int:
    """An amount that came as a number or as text, rounded half up to minor units; raises BadPayload."""
    try:
        amount = Decimal(str(value)) if isinstance(value, int | Decimal | str) else None
        if amount is None or isinstance(value, bool) or not abs(amount) < _MOST:
            raise BadPayload("amount")
        return int(amount.scaleb(exponent(currency)).to_integral_value(ROUND_HALF_UP))
    except InvalidOperation:
        raise BadPayload("amount") from None


def _code(reply: Reply) -> str:
    return f"http_{reply.status}"


PARTNER = TaxJar
