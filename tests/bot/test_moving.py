"""From the embedded database to a replica set with an address: nothing is lost, and nothing is half there."""

import asyncio
import hashlib
from pathlib import Path
from typing import Any

import pytest
from pymongo import AsyncMongoClient

from bot.app import running
from bot.backup.restoring import restore
from bot.config import Settings, load_settings
from bot.embedded import Mongod
from bot.outside import open_database
from bot.sandbox import Sandbox
from bot.wiring import build
from models.order import Order
from models.outbox import OutboxEffect, OutboxStatus
from models.product import Product
from models.registry import index_state
from models.retention import Retention
from models.schema import SchemaRefused, begin_restoring, restoring, standing
from services.clock import SystemClock
from services.links import Links
from services.rules import Rules
from tests.bot.conftest import Start
from tests.bot.test_app import told
from tests.bot.test_backup import SECRET, Rows, home, never, rows_of, saved, seeded
from tests.outside import OUTSIDE
from tests.services.conftest import ADA, OWNER

__all__ = ["home", "seeded"]


@pytest.fixture
def elsewhere(mongo_uri: str, fresh_database_name: str, tmp_path: Path) -> Settings:
    """The settings of the same shop over a replica set of its own."""
    environ = {
        "SHOP_DATA_DIR": str(tmp_path),
        "SHOP_DATABASE__URI": mongo_uri,
        "SHOP_DATABASE__NAME": fresh_database_name,
        "SHOP_SECURITY__SECRETS": SECRET,
    }
    return load_settings(None, environ)


async def sell(settings: Settings) -> str:
    """An order that waits for its money, with what is owed to its customer still owed; its number."""
    async with Mongod(settings.data_dir) as uri:
        db, clock = open_database(uri, settings.database.name), SystemClock()
        services = build(db, clock, Rules(), Links([SECRET], None, clock), OUTSIDE)
        shop = await services.shops.of_guild("900")
        fields = {"name": "Lamp", "sku": "LAMP", "price_cents": 900, "is_digital": True}
        product: Product = await services.catalog.create(shop, OWNER, fields)
        await services.stock.restock(shop, OWNER, product.key, 3, "first delivery")
        shop = await services.methods.configure(shop, OWNER, "VENMO", {"recipient": "@aurora-shop"})
        await services.carts.add(shop, ADA, product.key, 2)
        view = await services.checkout.choose_payment(shop, ADA, "VENMO")
        order = await services.placement.place(shop, ADA, view.session.key, view.session.version)
        db.client.close()
    return order.order_number


async def everything(settings: Settings) -> Rows:
    """All records at an address."""
    assert settings.database.uri is not None
    async with AsyncMongoClient[dict[str, Any]](settings.database.uri.get_secret_value()) as client:
        database = client[settings.database.name]
        names = await database.list_collection_names()
        return {name: await database[name].find().sort("_id", 1).to_list() for name in names}


async def moved(settings: Settings, path: Path, *, take_over: bool = False) -> tuple[int, str]:
    """Restore into the address: its status and what was said."""
    said: list[str] = []
    status = await restore(settings, path, replace=False, ask=never, say=said.append, take_over=take_over)
    return status, "\n".join(said)


async def test_an_order_and_what_is_owed_for_it_arrive_in_the_replica_set(
    seeded: Settings, elsewhere: Settings, stand_in: Sandbox, tmp_path: Path, redis_url: str
) -> None:
    """Every record is the same, every index is there, and the bot that starts there sends what was owed."""
    number = await sell(seeded)
    await saved(seeded, tmp_path / "b")
    before = await rows_of(seeded)
    status, said = await moved(elsewhere, tmp_path / "b")
    assert status == 0, said
    assert "WARNING" not in said
    after = await everything(elsewhere)
    assert {name: rows for name, rows in after.items() if rows} == {n: r for n, r in before.items() if r}
    environ = told(stand_in, tmp_path, REDIS__URL=redis_url, SECURITY__SECRETS=SECRET)
    started = load_settings(None, {f"SHOP_{key}": value for key, value in environ.items()})
    started = started.model_copy(update={"database": elsewhere.database}).completed()
    async with running(started) as house:
        await stand_in.ready()
        db = house.services.shops._db
        assert (await index_state(db)).missing == []
        shop = await house.services.shops.of_guild("900")
        assert await Order.find_one(db, {"tenantId": shop.id, "orderNumber": number})
        await stand_in.quiet(0.5)
        waiting = await OutboxEffect.find_all(db, {"status": OutboxStatus.PENDING, "attempts": 0})
        assert waiting == []


async def test_what_is_kept_longer_here_is_not_let_go_of_on_the_way(
    seeded: Settings, elsewhere: Settings, tmp_path: Path
) -> None:
    """The database removes by itself what is older than the settings say, not than the defaults do."""
    await saved(seeded, tmp_path / "b")
    longer = elsewhere.model_copy(update={"retention": Retention(outbox_days=90)})
    status, said = await moved(longer, tmp_path / "b")
    assert status == 0, said
    assert elsewhere.database.uri is not None
    async with AsyncMongoClient[dict[str, Any]](elsewhere.database.uri.get_secret_value()) as client:
        found = await client[elsewhere.database.name]["outbox"].index_information()
    ends = [each["expireAfterSeconds"] for each in found.values() if "expireAfterSeconds" in each]
    assert ends == [90 * 24 * 3600]


async def test_a_database_in_which_anything_is_is_left_alone(
    seeded: Settings, elsewhere: Settings, tmp_path: Path
) -> None:
    """Two shops are never mixed."""
    await saved(seeded, tmp_path / "b")
    assert elsewhere.database.uri is not None
    async with AsyncMongoClient[dict[str, Any]](elsewhere.database.uri.get_secret_value()) as client:
        await client[elsewhere.database.name]["orders"].insert_one({"_id": 1})
    status, said = await moved(elsewhere, tmp_path / "b")
    assert (status, "is not empty" in said) == (1, True)
    assert await everything(elsewhere) == {"orders": [{"_id": 1}]}


async def test_a_restore_that_died_in_the_middle_keeps_bots_away_until_another_takes_over(
    seeded: Settings, elsewhere: Settings, tmp_path: Path
) -> None:
    """What it left is half a shop: nobody sells from it, and it is cleared away for who asks plainly."""
    await saved(seeded, tmp_path / "b")
    assert elsewhere.database.uri is not None
    db = open_database(elsewhere.database.uri.get_secret_value(), elsewhere.database.name)
    assert await begin_restoring(db)
    await db.rows("mystery").insert_one({"_id": "half"})
    with pytest.raises(SchemaRefused):
        await standing(db, 1)
    status, said = await moved(elsewhere, tmp_path / "b")
    assert (status, "--take-over" in said) == (1, True)
    assert await db.rows("mystery").find_one({"_id": "half"})
    status, said = await moved(elsewhere, tmp_path / "b", take_over=True)
    assert (status, "not finished" in said) == (0, True)
    assert await db.rows("mystery").find_one({"_id": "half"}) is None
    assert await db.rows("mystery").count_documents({}) == 12_000
    assert (await standing(db, 1)).version in {0, 1}
    db.client.close()


async def test_two_restores_at_once_into_one_address_do_not_mix(
    seeded: Settings, elsewhere: Settings, start: Start, tmp_path: Path, mongo_uri: str
) -> None:
    """Two programs: one puts the shop in, and the other says that it changed nothing."""
    await saved(seeded, tmp_path / "b")
    before = await rows_of(seeded)
    where = {"DATABASE__URI": mongo_uri, "DATABASE__NAME": elsewhere.database.name}
    async with (
        start("restore", str(tmp_path / "b"), **where) as one,
        start("restore", str(tmp_path / "b"), **where) as other,
    ):
        assert sorted([await one.ended(), await other.ended()]) == [0, 1]
        said = one.said + other.said
    assert "Another restore is filling this database" in said or "is not empty" in said
    after = await everything(elsewhere)
    assert {name: rows for name, rows in after.items() if rows} == {n: r for n, r in before.items() if r}


async def test_a_restore_from_which_another_took_over_ends_and_touches_nothing_more(
    seeded: Settings, elsewhere: Settings, tmp_path: Path
) -> None:
    """Who asked for it was wrong about the first: it was not dead. What is there is the second's alone."""
    await saved(seeded, tmp_path / "b")
    before = await rows_of(seeded)
    assert elsewhere.database.uri is not None
    db = open_database(elsewhere.database.uri.get_secret_value(), elsewhere.database.name)
    first = asyncio.create_task(moved(elsewhere, tmp_path / "b"))
    while await restoring(db) is None or await db.rows("mystery").find_one({}) is None:
        assert not first.done()
        await asyncio.sleep(0.005)
    mine = await begin_restoring(db, instead_of=await restoring(db))
    assert mine is not None
    status, said = await first
    assert (status, "told to take over" in said) == (1, True)
    assert await restoring(db) == mine
    status, said = await moved(elsewhere, tmp_path / "b", take_over=True)
    assert status == 0, said
    after = await everything(elsewhere)
    assert {name: rows for name, rows in after.items() if rows} == {n: r for n, r in before.items() if r}
    db.client.close()


async def test_a_backup_that_breaks_a_rule_leaves_the_database_empty(
    seeded: Settings, elsewhere: Settings, tmp_path: Path
) -> None:
    """Two records that an index must keep apart: a sentence, and nothing is left to be started on."""
    async with Mongod(seeded.data_dir) as uri, AsyncMongoClient[dict[str, Any]](uri) as client:
        products = client[seeded.database.name]["products"]
        await products.drop_indexes()
        again = await products.find_one({}) or {}
        await products.insert_one({**again, "_id": "again"})
    await saved(seeded, tmp_path / "b")
    status, said = await moved(elsewhere, tmp_path / "b")
    assert (status, "must be unique" in said) == (1, True)
    assert await everything(elsewhere) == {"restoring": []}


async def test_it_is_done_from_the_command_line_and_another_secret_is_told(
    seeded: Settings, elsewhere: Settings, start: Start, tmp_path: Path, mongo_uri: str
) -> None:
    """As they are typed; a backup that was altered on the way is refused before anything is written."""
    file, name = tmp_path / "shop.backup", elsewhere.database.name
    async with start("backup", str(file), DATA_DIR=str(seeded.data_dir)) as program:
        assert await program.ended() == 0
    digest = hashlib.sha256(file.read_bytes()).digest()
    where = {"DATABASE__URI": mongo_uri, "DATABASE__NAME": name, "SECURITY__SECRETS": "another-secret" * 4}
    broken = tmp_path / "broken.backup"
    broken.write_bytes(file.read_bytes()[:-200])
    async with start("restore", str(broken), **where) as program:
        assert await program.ended() == 1
    assert await everything(elsewhere) == {}
    async with start("restore", str(file), **where) as program:
        assert await program.ended() == 0
        assert "WARNING: the secret here is not the one of the backup" in program.said
        assert "SHOP_SECURITY__SECRETS" in program.said
    assert hashlib.sha256(file.read_bytes()).digest() == digest
    assert mongo_uri not in program.said
