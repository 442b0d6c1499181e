"""/admin stock: what is there of a product, and every correction as a row of the ledger."""

from typing import ClassVar

import nextcord
from nextcord import SlashOption

from cogs._ui.card import Button, Card, Field, plain
from cogs._ui.desk import Visit, click, command_answer, submit, suggest
from cogs._ui.form import Form, Input
from cogs._ui.target import Target
from cogs._ui.upload import content
from cogs._ui.words import Words, later
from cogs.admin._goods_card import keys_form
from cogs.admin._root import Entry, Section
from cogs.admin._value_words import MOVES
from models.errors import BadInput
from models.inventory import InventoryTransaction
from models.product import Product
from services.access import Permission
from services.key_reading import MAX_BYTES, KeyLine, file_lines, lines_of
from services.stock import StockView

_REASON_LENGTH = 200
_SHOWN_REASON = 60
_HOW = {
    "restock": (later("Restock"), later("How many arrived?"), "25"),
    "adjust": (later("Adjust"), later("By how many? For example 3 or -2"), "-2"),
    "set": (later("Set count"), later("How many are there to sell now?"), "40"),
}
_KEYS = SlashOption(description="Text or CSV file with one-time keys to import", required=False, default=None)


class Stock(Section):
    """The storeroom: count, restock, correct."""

    needs = Permission.STOCK_MANAGE
    entry = Entry("stock", "See, restock and correct the stock of a product")

    @command_answer
    async def enter(
        self,
        visit: Visit,
        product: str = SlashOption(description="Which product"),
        keys: nextcord.Attachment | None = _KEYS,
    ) -> None:
        shop = await visit.shop()
        found = await self.services.catalog.resolve(shop, product, staff=True)
        if keys is None:
            await visit.show(_card(await self.services.stock.of(shop, found.key), visit.words))
        else:
            data = await content(keys, "keys_file", MAX_BYTES)
            await self._import(visit, found.key, file_lines(keys.filename, data))

    @suggest
    async def names(self, visit: Visit, typed: str) -> None:
        await visit.choices(await self.services.catalog.suggest(await visit.shop(), typed or "", staff=True))

    completes: ClassVar = {"product": names}

    @click("stock:open")
    async def opened(self, visit: Visit, product_id: str) -> None:
        view = await self.services.stock.of(await visit.shop(), product_id)
        await visit.show(_card(view, visit.words))

    @click("stock:ask")
    async def ask(self, visit: Visit, how: str, product_id: str) -> None:
        view = await self.services.stock.of(await visit.shop(), product_id)
        await visit.form(_form(view, how, visit.words))

    @click("stock:keys")
    async def ask_keys(self, visit: Visit, product_id: str) -> None:
        pool = await self.services.key_pool.of(await visit.shop(), product_id)
        await visit.form(keys_form(pool.product, visit.words))

    @submit("stock:keys")
    async def keys(self, visit: Visit, product_id: str) -> None:
        await self._import(visit, product_id, lines_of(visit.fields.get("keys", "")))

    async def _import(self, visit: Visit, product_id: str, lines: list[KeyLine]) -> None:
        shop, w = await visit.shop(), visit.words
        await self.services.key_pool.add(shop, visit.member, product_id, lines)
        await visit.show(_card(await self.services.stock.of(shop, product_id), w))
        await visit.say(w.count(len(lines), "{n} key is imported.", "{n} keys are imported."))

    @submit("stock:restock")
    async def restock(self, visit: Visit, product_id: str) -> None:
        quantity, reason = _typed(visit)
        view = await self.services.stock.restock(
            await visit.shop(), visit.member, product_id, quantity, reason
        )
        await visit.show(_card(view, visit.words))

    @submit("stock:adjust")
    async def adjust(self, visit: Visit, product_id: str) -> None:
        delta, reason = _typed(visit)
        view = await self.services.stock.adjust(await visit.shop(), visit.member, product_id, delta, reason)
        await visit.show(_card(view, visit.words))

    @submit("stock:set")
    async def set_count(self, visit: Visit, product_id: str) -> None:
        quantity, reason = _typed(visit)
        view = await self.services.stock.set_to(
            await visit.shop(), visit.member, product_id, quantity, reason
        )
        await visit.show(_card(view, visit.words))


def _typed(visit: Visit) -> tuple[int, str]:
    text = visit.fields.get("quantity", "").replace("+", "", 1).replace("\N{MINUS SIGN}", "-")
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit()) or len(digits) > 9:  # noqa: PLR2004 - the service names the limit
        raise BadInput("quantity", "not_a_number")
    return int(text), visit.fields.get("reason", "")


def _card(view: StockView, w: Words) -> Card:
    product = view.product
    text = "" if product.inventory_tracked else w("The stock of this product is not counted when it is sold.")
    return Card(
        title=w("Stock of {name}", name=plain(product.name)),
        text=text,
        fields=[
            Field(w("To sell"), str(view.available), inline=True),
            Field(w("Reserved by open orders"), str(view.reserved - view.kept), inline=True),
            *_line(view, w),
            Field(w("Latest changes"), _ledger(view.rows, w)),
        ],
        colour="warn" if product.inventory_tracked and view.available == 0 else "plain",
        rows=[
            _changes(product, w),
            [
                Button(w("Product"), Target("product:open", product.key)),
                Button(w("Look again"), Target("stock:open", product.key)),
            ],
        ],
    )


def _changes(product: Product, w: Words) -> list[Button]:
    # A pool of keys is restocked by its keys.
    ways = [how for how in _HOW if not (how == "restock" and product.delivers_keys)]
    pool = [Button(w("Import keys"), Target("stock:keys", product.key), "primary")]
    asked = [Button(w(_HOW[how][0]), Target("stock:ask", how, product.key)) for how in ways]
    return [*(pool if product.delivers_keys else []), *asked]


def _line(view: StockView, w: Words) -> list[Field]:
    """Who asked to be told; a delivery goes to them first."""
    if not (view.waiting or view.kept):
        return []
    said = w("{waiting}, and one is kept for {kept} more", waiting=view.waiting, kept=view.kept)
    return [Field(w("Waiting for it"), said if view.kept else str(view.waiting), inline=True)]


def _ledger(rows: list[InventoryTransaction], w: Words) -> str:
    return "\n".join(_row(row, w) for row in rows) or w("none yet")


def _row(row: InventoryTransaction, w: Words) -> str:
    reason = f" ({plain(row.reason[:_SHOWN_REASON])})" if row.reason else ""
    return f"**{row.quantity_delta:+d}** {w(MOVES[row.type])} {w.when(row.created_at)}{reason}"


def _form(view: StockView, how: str, w: Words) -> Form:
    if how not in _HOW:
        raise BadInput("quantity", "not_allowed")
    title, question, example = _HOW[how]
    return Form(
        f"{w(title)}: {view.product.name}",
        Target(f"stock:{how}", view.product.key),
        [
            Input("quantity", w(question), max_length=10, placeholder=example),
            Input(
                "reason",
                w("Reason"),
                required=False,
                max_length=_REASON_LENGTH,
                placeholder=w("For the ledger, such as: delivery of Monday"),
            ),
        ],
    )
