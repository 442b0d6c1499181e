"""The private database's disk fills up: the bot says so and stops, and nothing that was confirmed is lost."""

import asyncio
import contextlib
import os
import resource
import signal
import subprocess
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import pytest

from bot.embedded import EmbeddedUnavailable, Mongod
from bot.outside import open_database
from bot.sandbox import Sandbox
from bot.wiring import build
from models.base import Db
from models.member import Member
from models.order import Order
from models.product import Product
from models.transaction import away
from services import Services
from services.links import Links
from services.rules import Rules
from services.shops import Shop
from tests.bot.conftest import Start, stand_in, start
from tests.bot.test_app import told
from tests.outside import OUTSIDE
from tests.services import buying
from tests.services.conftest import OWNER
from tests.services.dying import Ahead
from tests.services.test_crashes import everything_fits

__all__ = ["stand_in", "start"]

MEGABYTE = 1024 * 1024
MOST = 400


@contextlib.asynccontextmanager
async def beside(data_dir: Path, *, ahead: int = 0) -> AsyncIterator[tuple[Db, Services]]:
    """Services over the private database of a bot that runs, as a second process would have them."""
    socket = quote(str(data_dir / "mongo" / "mongod.sock"), safe="")
    db = open_database(f"mongodb://{socket}/?directConnection=true", "shop")
    clock = Ahead(timedelta(seconds=ahead))
    services = build(db, clock, Rules(), Links(["x" * 40], "https://shop.example", clock), OUTSIDE)
    yield db, services
    await services.calls.close()
    db.client.close()


async def stocked(services: Services) -> tuple[Shop, Product]:
    """A shop with plenty of mugs."""
    shop = await services.shops.claim("900", "Aurora", OWNER)
    shop = await services.methods.configure(shop, OWNER, "VENMO", {"recipient": "@aurora-shop"})
    fields = {"name": "Mug", "sku": "MUG", "price_cents": 900, "is_digital": True, "inventory_tracked": True}
    mug = await services.catalog.create(shop, OWNER, fields)
    await services.stock.restock(shop, OWNER, mug.key, 10 * MOST, "plenty")
    return shop, mug


async def sell_until_full(db: Db, services: Services, shop: Shop, product: Product) -> list[str]:
    """The orders that were confirmed to their customers before the database ended."""
    confirmed: list[str] = []
    for number in range(MOST):
        who = Member(str(1000 + number), f"c{number}", f"C{number}")
        try:
            await db.database["others"].insert_one({"much": os.urandom(50_000)})
            confirmed.append((await buying.order(services, shop, who, product)).key)
        except Exception as error:
            if not away(error):
                raise
            return confirmed
    raise AssertionError("the disk never filled up")


async def nothing_is_lost(data_dir: Path, shop: Shop, product: Product, confirmed: list[str]) -> None:
    """Every confirmed order stands, what was half done is given back, and the books fit."""
    async with beside(data_dir, ahead=120) as (db, services):
        stand = {each.key for each in await Order.find_all(db, {"tenantId": shop.id})}
        assert set(confirmed) <= stand
        assert len(stand) <= len(confirmed) + 1
        await services.sweeper.sweep()
        await everything_fits(db, shop, product)


async def test_a_full_disk_is_said_the_bot_stops_and_starts_again_with_everything(
    stand_in: Sandbox, start: Start, tmp_path: Path
) -> None:
    """Its database may make no file longer: status 1, the reason in a sentence, all confirmed orders kept."""
    async with start(**told(stand_in, tmp_path)) as program:
        await stand_in.ready(timeout=90)
        async with beside(tmp_path) as (db, services):
            shop, mug = await stocked(services)
            first = await buying.order(services, shop, Member("5", "eve", "Eve"), mug)
            server = int((tmp_path / "mongo" / "server.pid").read_text())
            resource.prlimit(server, resource.RLIMIT_FSIZE, (MEGABYTE, MEGABYTE))
            confirmed = [first.key, *await sell_until_full(db, services, shop, mug)]
        assert await program.ended() == 1
        assert "work_died" in program.said
        assert "its disk is full" in program.said
        assert "Traceback" not in program.said
    async with start(**told(stand_in, tmp_path)) as program:
        await stand_in.ready(timeout=90)
        await nothing_is_lost(tmp_path, shop, mug, confirmed)


async def test_a_private_database_that_is_killed_ends_the_bot(
    stand_in: Sandbox, start: Start, tmp_path: Path
) -> None:
    """Whatever keeps the bot running starts both again; until then nobody presses buttons in vain."""
    async with start(**told(stand_in, tmp_path)) as program:
        await stand_in.ready(timeout=90)
        os.kill(int((tmp_path / "mongo" / "server.pid").read_text()), signal.SIGKILL)
        assert await program.ended() == 1
        assert "The private database ended with status -9: see" in program.said
        assert "Traceback" not in program.said


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk that somebody else's ballast fills; skipped where nobody may make one."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(place)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:  # noqa: S603 - our own arguments
        pytest.skip("only root may mount a disk of this size")
    with contextlib.suppress(OSError), (place / "ballast").open("wb", buffering=0) as ballast:
        while True:
            ballast.write(bytes(4096))
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)  # noqa: S603, S607 - as above


async def test_a_disk_that_is_full_from_the_start_is_said_and_room_is_all_it_takes(small_disk: Path) -> None:
    """The operator reads why, makes room, and starts again."""
    with pytest.raises(EmbeddedUnavailable, match="its disk is full"):
        async with asyncio.timeout(60), Mongod(small_disk / "data"):
            raise AssertionError("it started without room")
    (small_disk / "ballast").unlink()
    wider = ["mount", "-o", "remount,size=600m", str(small_disk)]
    subprocess.run(wider, check=True)  # noqa: ASYNC221, S603 - takes no time; our own arguments
    async with Mongod(small_disk / "data") as uri:
        client = open_database(uri, "shop").client
        assert (await client.admin.command("ping"))["ok"] == 1
        client.close()
