"""One-time keys as a file: brought in, sealed, never given out again."""

from collections.abc import Mapping, Sequence

from models.base import Tx
from models.bulk import found_by
from models.digital_key import DigitalKey
from models.errors import BadInput
from models.product import Product
from services.access import Permission
from services.cells import as_meant
from services.csv.cells import NAME
from services.csv.contract import Column, Context, Desk, Found, Step
from services.csv.incoming import Incoming
from services.key_reading import MAX_KEYS, KeyLine, key_problem

_PROBLEMS = {"blank": "required", "too_long": "csv_key_long", "unreadable": "csv_key_unseen"}


class Keys(Incoming):
    """Each row is a key for the pool of the product with that SKU; all of a file go in at once."""

    name = "keys"
    model = DigitalKey
    identity = ("sku",)
    exports = False
    secret = True
    once = False
    most_rows = batch = MAX_KEYS
    # Each takes a dozen round trips of the one transaction.
    most_named = 100
    to_import = frozenset({Permission.STOCK_MANAGE})
    columns = (Column("sku", NAME, needed=True), Column("key", NAME, needed=True))

    async def find(
        self, context: Context, desk: Desk, rows: Sequence[Mapping[str, str]], tx: Tx | None
    ) -> Found:
        """The products of these rows, and those of the keys that their pools have already."""
        wanted = [self.named(cells) for cells in rows]
        records = await found_by(context.db, Product, desk.shop.id, "sku", wanted, tx=tx)
        products = {sku: Product.model_validate_doc(record) for sku, record in records.items()}
        known: dict[str, set[str]] = {}
        for sku, product in products.items():
            texts = [_key(cells) for cells, of in zip(rows, wanted, strict=True) if of == sku]
            known[sku] = await context.key_pool.known(product, texts, tx=tx)
        return Found(records, {"products": products, "known": known})

    def same(self, cells: Mapping[str, str]) -> str:
        """The same key for another product is another one."""
        return f"{self.named(cells)}\0{_key(cells)}"

    def judged(self, desk: Desk, line: int, cells: Mapping[str, str], found: Found) -> Step:
        """A key that is added; raises BadInput, which never says the key."""
        del desk
        sku, key = self.named(cells), _key(cells)
        product = found.also["products"].get(sku)
        if product is None:
            raise BadInput("sku", "csv_unknown")
        if not product.delivers_keys:
            raise BadInput("sku", "keys_off")
        if problem := key_problem(key):
            raise BadInput("key", _PROBLEMS[problem])
        if key in found.also["known"][sku]:
            raise BadInput("key", "csv_key_known")
        return Step(line, sku, found.records[sku], payload=key, mark=product.key)

    async def write(self, context: Context, desk: Desk, steps: Sequence[Step], tx: Tx) -> None:
        """Product by product, as `/admin stock` does it."""
        lines: dict[str, list[KeyLine]] = {}
        records = {step.identity: step.record for step in steps}
        for step in steps:
            lines.setdefault(step.identity, []).append(KeyLine(step.line, step.payload))
        for sku, keys in lines.items():
            product = Product.model_validate_doc(records[sku] or {})
            await context.key_pool.insert(desk.shop, desk.actor, product, keys, tx)


def _key(cells: Mapping[str, str]) -> str:
    return as_meant(cells.get("key", "")).strip()


KIND = Keys()
