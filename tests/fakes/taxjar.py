"""TaxJar as far as the shop needs it: a rate by state, and the sales and refunds that it was told of."""

import json
from collections.abc import Awaitable, Callable
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from aiohttp import web

from tests.fakes.provider import FakeProvider

type Found = dict[str, Any]
type Answer = tuple[int, Found]

CENT = Decimal("0.01")
DIGITAL = "31000"
PLACES = {
    f"{side}_{part}" for side in ("from", "to") for part in ("country", "zip", "state", "city", "street")
}
LINE = {"id", "quantity", "product_tax_code", "unit_price", "discount"}
TOLD_LINE = LINE | {"product_identifier", "description", "sales_tax"}


class Refusal(Exception):
    """An error as TaxJar answers it."""

    def __init__(self, status: int, error: str, detail: str = "") -> None:
        super().__init__(error)
        self.answer: Answer = (status, {"status": status, "error": error, "detail": detail})


class TaxJar(FakeProvider):
    """One shop's account; digital goods are free of tax in the states of `digital_free`.

    With `as_text` set, amounts are answered as text, as some fields of the real one are.
    """

    TOKEN = "taxjar-token-of-a-test-0001"

    def __init__(self) -> None:
        super().__init__()
        self.rates = {"IL": Decimal("0.0825"), "NY": Decimal("0.08875")}
        self.ships_taxed = {"NY"}
        self.digital_free = {"IL"}
        self.as_text = False
        self.breaks_down = True
        self.answer: Any = None  # in place of the amount to collect
        self.orders: dict[str, Found] = {}
        self.refunds: dict[str, Found] = {}

    def routes(self, router: web.UrlDispatcher) -> None:
        """Add the part of the API that the shop calls."""
        router.add_post("/v2/taxes", self._endpoint(self._tax))
        router.add_post("/v2/transactions/orders", self._endpoint(self._order))
        router.add_get("/v2/transactions/orders/{id}", self._endpoint(self._show_order))
        router.add_post("/v2/transactions/refunds", self._endpoint(self._refund))
        router.add_get("/v2/transactions/refunds/{id}", self._endpoint(self._show_refund))
        router.add_get("/v2/categories", self._endpoint(self._categories))

    def asked(self) -> list[Found]:
        """What quotes were asked for."""
        return [json.loads(each.body) for each in self.requests if each.path == "/v2/taxes"]

    def _endpoint(
        self, answer: Callable[[web.Request], Awaitable[Answer]]
    ) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def handle(request: web.Request) -> web.Response:
            try:
                self._let_in(request)
                status, found = await answer(request)
            except Refusal as refusal:
                status, found = refusal.answer
            # Its numbers are not all of one kind, so neither are these.
            text = json.dumps(found, default=str if self.as_text else float)
            return web.Response(status=status, text=text, content_type="application/json")

        return handle

    def _let_in(self, request: web.Request) -> None:
        if request.headers.get("Authorization") != f"Bearer {self.TOKEN}":
            raise Refusal(401, "Unauthorized", "Not authorized for route")

    async def _body(self, request: web.Request, known: set[str], line: set[str]) -> Found:
        if request.content_type != "application/json":
            raise Refusal(400, "Bad Request", "no JSON")
        found: Found = json.loads(await request.read(), parse_float=Decimal)
        if not found.keys() <= known | PLACES | {"line_items", "shipping"}:
            raise Refusal(400, "Bad Request", f"unknown: {sorted(found.keys() - known)}")
        for each in found["line_items"]:
            if not each.keys() <= line:
                raise Refusal(400, "Bad Request", f"unknown in a line: {sorted(each.keys() - line)}")
        if not found.get("to_country"):
            raise Refusal(400, "Bad Request", "No to country, required when sending an order")
        if found["to_country"] == "US" and not found.get("to_zip"):
            raise Refusal(400, "Bad Request", "No to zip, required when country is US")
        if found["to_country"] == "US" and len(found.get("to_state", "")) != 2:
            raise Refusal(400, "Bad Request", "to_state must be a two-letter ISO code")
        return found

    async def _tax(self, request: web.Request) -> Answer:
        found = await self._body(request, set(), LINE)
        state = found.get("to_state", "")
        rate = self.rates.get(state, Decimal(0))
        parts = [(each["id"], self._taxable(each, state) * rate) for each in found["line_items"]]
        shipping = (found["shipping"] if state in self.ships_taxed else 0) * rate
        total = (sum((part for _, part in parts), Decimal(0)) + shipping).quantize(CENT, ROUND_HALF_UP)
        tax: Found = {
            "amount_to_collect": total if self.answer is None else self.answer,
            "rate": rate,
            "has_nexus": bool(rate),
            "freight_taxable": state in self.ships_taxed,
            "tax_source": "destination",
        }
        if self.breaks_down and rate:
            tax["breakdown"] = {
                "shipping": {"tax_collectable": Decimal(shipping).quantize(CENT)},
                "line_items": [{"id": key, "tax_collectable": part.quantize(CENT)} for key, part in parts],
            }
        return 200, {"tax": tax}

    def _taxable(self, line: Found, state: str) -> Decimal:
        if line.get("product_tax_code") == DIGITAL and state in self.digital_free:
            return Decimal(0)
        return Decimal(line["quantity"] * line["unit_price"] - line.get("discount", 0))

    async def _order(self, request: web.Request) -> Answer:
        told = await self._transaction(
            request, {"transaction_id", "transaction_date", "amount", "sales_tax"}, 1
        )
        self._keep(self.orders, told, "order")
        return 201, {"order": told}

    async def _refund(self, request: web.Request) -> Answer:
        known = {"transaction_id", "transaction_reference_id", "transaction_date", "amount", "sales_tax"}
        told = await self._transaction(request, known, -1)
        if told["transaction_reference_id"] not in self.orders:
            raise Refusal(404, "Not Found", "no such order")
        self._keep(self.refunds, told, "refund")
        return 201, {"refund": told}

    async def _transaction(self, request: web.Request, known: set[str], sign: int) -> Found:
        told = await self._body(request, known, TOLD_LINE)
        amounts = [told["amount"], told["shipping"], told["sales_tax"]]
        amounts += [each["unit_price"] for each in told["line_items"]]
        if any(amount * sign < 0 for amount in amounts):
            raise Refusal(406, "Not Acceptable", "the sign of an amount")
        lines = sum(each["quantity"] * each["unit_price"] - each["discount"] for each in told["line_items"])
        if lines + told["shipping"] != told["amount"]:
            raise Refusal(406, "Not Acceptable", "amount is not the sum of its lines and shipping")
        return told

    @staticmethod
    def _keep(kept: dict[str, Found], told: Found, kind: str) -> None:
        key = told["transaction_id"]
        if "." in key:
            raise Refusal(400, "Bad Request", "transaction_id")
        if key in kept:
            raise Refusal(422, "Unprocessable Entity", f"Provider tranx already imported for this {kind}")
        kept[key] = told

    async def _show_order(self, request: web.Request) -> Answer:
        return self._shown(self.orders, request)

    async def _show_refund(self, request: web.Request) -> Answer:
        return self._shown(self.refunds, request)

    @staticmethod
    def _shown(kept: dict[str, Found], request: web.Request) -> Answer:
        found = kept.get(request.match_info["id"])
        if found is None:
            raise Refusal(404, "Not Found", "Resource can not be found")
        return 200, {"order": found}

    async def _categories(self, _: web.Request) -> Answer:
        return 200, {"categories": [{"name": "Digital Goods", "product_tax_code": DIGITAL}]}
