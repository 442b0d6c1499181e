"""(i) Files: fifty thousand rows come in and go out, while the event loop goes on."""

from bench.confirm import OWNER
from bench.loop import stall
from bench.report import Table
from bot.memory import set_apart
from bot.outside import Outside
from bot.wiring import build
from models.base import Db
from models.registry import create_indexes
from services.clock import SystemClock
from services.csv.contract import Desk
from services.links import Links
from services.rules import Rules
from services.vault import Vault

ROWS = 50_000


async def measure(db: Db) -> Table:
    """Every figure of part (i)."""
    await create_indexes(db)
    clock, secrets = SystemClock(), ["bench" * 10]
    services = build(db, clock, Rules(), Links(secrets, None, clock), Outside(Vault(secrets)))
    desk = Desk(await services.shops.claim("1", "Bench", OWNER), OWNER, frozenset())
    lines = [f'SKU-{at},"Product, number {at}",12.50,A description' for at in range(ROWS)]
    content = "\n".join(["sku,name,price,description", *lines]).encode()
    stock = "\n".join(["sku;quantityAvailable", *(f"SKU-{at};7" for at in range(ROWS))]).encode()

    async def bring(kind: str, text: bytes) -> None:
        view = await services.imports.check(desk, kind, "all.csv", text)
        await services.imports.apply(desk, view.record.key)

    # As the running shop does, once it has started.
    set_apart()
    figures = [
        await stall(f"while {ROWS:,} products are made", bring("products", content)),
        await stall("while all of them are counted", bring("stock", stock)),
        await stall("while they are handed out", services.exports.export(desk.shop, OWNER, "products")),
    ]
    return Table("Files: checked, brought in and handed out on the bot's own loop", figures)
