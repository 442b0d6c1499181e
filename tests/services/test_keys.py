"""One-time keys: imported whole or not at all, handed out once, replaced when bad, never seen in clear."""

import asyncio
import logging

import pytest

from models.alert import Alert
from models.audit import AuditLog
from models.base import Db
from models.digital_key import DigitalKey
from models.entitlement import Entitlement, EntitlementStatus
from models.errors import BadInput, KeysRefused, NotFound, Refused
from models.inventory import InventoryMove, InventoryTransaction
from models.order import Order, OrderStatus
from models.outbox import OutboxEffect
from models.problems import KeyProblem
from services import Services
from services.key_reading import KeyLine, file_lines, lines_of
from services.shops import Shop
from services.vault import Vault
from tests.services import buying, keys
from tests.services.conftest import ADA, BOB, OWNER, MakeProduct, TestClock
from tests.services.quiet import quiet
from tests.services.test_races import people, stock_holds

SECRETS = [f"KEY-{n:03}-Zebra" for n in range(100)]


async def test_a_hundred_buyers_of_a_hundred_keys_get_one_each(
    db: Db, services: Services, shop: Shop, product: MakeProduct
) -> None:
    """All at once, through two workers: a hundred orders complete, with a hundred different keys."""
    quiet(services)
    game = await keys.pool(services, shop, product, SECRETS)

    async def buy(person: int) -> Order:
        return await buying.paid(services, shop, people(100)[person], game)

    orders = await asyncio.gather(*(buy(n) for n in range(100)))
    await asyncio.gather(services.worker.drain(), services.worker.drain())
    got = [await keys.handed(services, shop, order.key) for order in orders]
    assert {len(each) for each in got} == {1}
    assert sorted(each[0] for each in got) == SECRETS
    assert {(await Order.get(db, shop.id, o.key) or o).status for o in orders} == {OrderStatus.COMPLETE}
    assert (await stock_holds(db, shop, game.key)).quantity_available == 0


async def test_the_same_order_served_by_many_at_once_gets_what_it_paid_for(
    db: Db, services: Services, shop: Shop, product: MakeProduct
) -> None:
    """Ten workers at one entitlement of three keys take three, tell once and complete once."""
    game = await keys.pool(services, shop, product, SECRETS[:20])
    order = await buying.paid(services, shop, ADA, game, 3)
    (effect,) = await OutboxEffect.find_all(db, {"kind": "keys.assign"})
    await asyncio.gather(*(services.keys.assign(effect) for _ in range(10)))
    assert len(set(await keys.handed(services, shop, order.key))) == 3
    assert await keys.states(db, shop) == {"FREE": 17, "TAKEN": 3, "REPLACED": 0}
    assert len(await OutboxEffect.find_all(db, {"payload.event": "keyDelivered"})) == 1
    assert (await services.orders.staff_view(shop, order.key)).order.status is OrderStatus.COMPLETE


async def test_stock_follows_the_pool(db: Db, services: Services, shop: Shop, product: MakeProduct) -> None:
    """Imports restock by as many; by hand less can be on sale, but never more than there are keys."""
    game = await keys.pool(services, shop, product, SECRETS[:5])
    await keys.fill(services, shop, game.key, SECRETS[5:8])
    stock = await services.stock.of(shop, game.key)
    assert stock.available == 8
    assert [(row.type, row.quantity_delta) for row in stock.rows] == [
        (InventoryMove.RESTOCK, 3),
        (InventoryMove.RESTOCK, 5),
    ]
    await buying.order(services, shop, ADA, game, 2)
    with pytest.raises(BadInput) as refused:
        await services.stock.restock(shop, OWNER, game.key, 1, "more")
    assert (refused.value.problem, refused.value.limit) == ("keys_short", 6)
    await services.stock.set_to(shop, OWNER, game.key, 1, "keep some back")
    with pytest.raises(BadInput):
        await services.stock.set_to(shop, OWNER, game.key, 7, "too many")
    assert (await services.stock.set_to(shop, OWNER, game.key, 6, "all")).available == 6
    assert (await stock_holds(db, shop, game.key)).quantity_reserved == 2


async def test_switching_keys_on_counts_the_product_by_its_keys(
    db: Db, services: Services, shop: Shop, product: MakeProduct
) -> None:
    """What was counted by hand before is no key; while it is on, the product stays digital and counted."""
    mug = await product(stock=10, is_digital=False)
    view = await services.key_pool.switch(shop, OWNER, mug.key, on=True)
    assert (view.product.is_digital, view.product.inventory_tracked) == (True, True)
    assert (await stock_holds(db, shop, mug.key)).quantity_available == 0
    for field in ("is_digital", "inventory_tracked"):
        with pytest.raises(BadInput) as refused:
            await services.catalog.edit(shop, OWNER, mug.key, {field: False})
        assert (refused.value.field, refused.value.problem) == (field, "keys_need")
    await keys.fill(services, shop, mug.key, SECRETS[:4])
    await services.key_pool.switch(shop, OWNER, mug.key, on=False)
    with pytest.raises(BadInput) as off:
        await keys.fill(services, shop, mug.key, SECRETS[4:5])
    assert off.value.problem == "keys_off"
    await services.stock.restock(shop, OWNER, mug.key, 6, "mugs again")
    await services.key_pool.switch(shop, OWNER, mug.key, on=True)
    assert (await stock_holds(db, shop, mug.key)).quantity_available == 4


async def test_what_waits_for_keys_fails_in_words_and_is_served_by_the_next_import(
    db: Db, services: Services, shop: Shop, product: MakeProduct, clock: TestClock
) -> None:
    """Without a key the line is FAILED, staff hear it once, and the keys go to it before they go on sale."""
    quiet(services)
    game = await keys.pool(services, shop, product, SECRETS[:2])
    order = await buying.paid(services, shop, ADA, game, 2)
    await DigitalKey.rows(db).delete_one({"status": "FREE"})
    await services.worker.drain()
    (owed,) = await Entitlement.of_order(db, shop.id, order.key)
    assert (owed.status, owed.failed_reason) == (EntitlementStatus.FAILED, "no_keys")
    for _ in range(7):
        clock.forward(hours=15)
        await services.worker.drain()
    (effect,) = await OutboxEffect.find_all(db, {"kind": "keys.assign"})
    assert effect.status == "DEAD"
    assert len(await Alert.find_all(db, {"message": "keys_missing"})) == 1
    assert (await services.key_pool.of(shop, game.key)).waiting == 1
    await keys.fill(services, shop, game.key, SECRETS[10:13])
    assert (await services.stock.of(shop, game.key)).available == 2
    await services.worker.drain()
    assert len(await keys.handed(services, shop, order.key)) == 2
    assert (await services.orders.staff_view(shop, order.key)).order.status is OrderStatus.COMPLETE
    assert (await stock_holds(db, shop, game.key)).quantity_available == 2
    assert (await services.key_pool.of(shop, game.key)).free == 2


async def test_a_bad_key_is_replaced_once_and_stays_marked(
    db: Db, services: Services, shop: Shop, product: MakeProduct
) -> None:
    """Ten clicks at once replace one key by one other, which leaves the shelf; the buyer is told once."""
    quiet(services)
    game = await keys.pool(services, shop, product, SECRETS[:5])
    order = await buying.paid(services, shop, ADA, game, 2)
    await services.worker.drain()
    (held,) = (await services.keys.held(shop.id, await Entitlement.of_order(db, shop.id, order.key))).values()
    bad, good = held
    clicks = [services.keys.replace(shop, OWNER, bad.id, f"{bad.text} is used up") for _ in range(10)]
    done = await asyncio.gather(*clicks, return_exceptions=True)
    assert sum(each == order.key for each in done) == 1
    assert sum(isinstance(each, Refused) for each in done) == 9
    (held,) = (await services.keys.held(shop.id, await Entitlement.of_order(db, shop.id, order.key))).values()
    assert [(key.number, key.reason) for key in held if key.replaced_at] == [(1, "••• is used up")]
    now = [key.text for key in held if key.replaced_at is None]
    assert bad.text not in now
    assert good.text in now
    assert len(now) == 2
    assert (await stock_holds(db, shop, game.key)).quantity_available == 2
    assert await keys.states(db, shop) == {"FREE": 2, "TAKEN": 2, "REPLACED": 1}
    assert len(await OutboxEffect.find_all(db, {"payload.event": "keyReplaced"})) == 1
    (row,) = await AuditLog.find_all(db, {"action": "key.replace"})
    assert row.actor_id == OWNER.discord_id


async def test_no_key_that_is_promised_to_somebody_replaces_another(
    db: Db, services: Services, shop: Shop, product: MakeProduct
) -> None:
    """With every free key reserved the bad one stays, and staff hear to import more."""
    quiet(services)
    game = await keys.pool(services, shop, product, SECRETS[:2])
    order = await buying.paid(services, shop, ADA, game)
    await services.worker.drain()
    await buying.order(services, shop, BOB, game)
    (held,) = (await services.keys.held(shop.id, await Entitlement.of_order(db, shop.id, order.key))).values()
    with pytest.raises(BadInput) as refused:
        await services.keys.replace(shop, OWNER, held[0].id, "used up")
    assert refused.value.problem == "no_spare_key"
    assert await keys.states(db, shop) == {"FREE": 1, "TAKEN": 1, "REPLACED": 0}
    with pytest.raises(BadInput):
        await services.keys.replace(shop, OWNER, held[0].id, "  ")


async def test_the_last_spare_key_is_put_on_sale_or_handed_out_never_both(
    db: Db, services: Services, shop: Shop, product: MakeProduct
) -> None:
    """It was held back; one of the staff replaces a bad key at the moment at which another sells it."""
    quiet(services)
    for n in range(5):
        game = await keys.pool(services, shop, product, SECRETS[2 * n : 2 * n + 2], f"Game {n}")
        order = await buying.paid(services, shop, ADA, game)
        await services.worker.drain()
        await services.stock.set_to(shop, OWNER, game.key, 0, "held back")
        ((bad,),) = (
            await services.keys.held(shop.id, await Entitlement.of_order(db, shop.id, order.key))
        ).values()
        done = await asyncio.gather(
            services.keys.replace(shop, OWNER, bad.id, "used up"),
            services.stock.set_to(shop, OWNER, game.key, 1, "on sale"),
            return_exceptions=True,
        )
        assert not any(isinstance(each, BaseException) and not isinstance(each, BadInput) for each in done)
        free = (await services.key_pool.of(shop, game.key)).free
        assert (await stock_holds(db, shop, game.key)).quantity_available <= free


async def test_another_shop_reaches_no_pool_and_no_key(
    db: Db, services: Services, shop: Shop, product: MakeProduct
) -> None:
    """Ids of another tenant are as good as unknown, and the same key may be sold by both."""
    quiet(services)
    game = await keys.pool(services, shop, product, SECRETS[:2])
    order = await buying.paid(services, shop, ADA, game)
    await services.worker.drain()
    (taken,) = await DigitalKey.find_all(db, {"status": "TAKEN"})
    other = await services.shops.claim("901", "Borealis", BOB)
    for act in (
        services.key_pool.of(other, game.key),
        services.key_pool.switch(other, BOB, game.key, on=False),
        services.key_pool.add(other, BOB, game.key, lines_of("X")),
        services.keys.replace(other, BOB, taken.key, "mine"),
        services.goods.set_file(other, BOB, game.key, "a.txt", b"a"),
        services.goods.drop_file(other, BOB, game.key),
    ):
        with pytest.raises(NotFound):
            await act
    owed = await Entitlement.of_order(db, shop.id, order.key)
    assert await services.keys.held(other.id, owed) == {}
    made = await services.catalog.create(
        other, BOB, {"name": "Game", "sku": "G", "price_cents": 1, "is_digital": True}
    )
    await services.key_pool.switch(other, BOB, made.key, on=True)
    await services.key_pool.add(other, BOB, made.key, lines_of("\n".join(SECRETS[:2])))


async def test_an_import_with_a_wrong_line_imports_nothing(
    db: Db, services: Services, shop: Shop, product: MakeProduct
) -> None:
    """Each bad line is named with what is wrong, and no key, row or stock is left behind."""
    game = await keys.pool(services, shop, product, SECRETS[:1])
    typed = f"NEW-1\n\nNEW-2\nNEW-1\n{'x' * 501}\nzero\u200bwidth\n{SECRETS[0]}\n\n"
    with pytest.raises(KeysRefused) as refused:
        await services.key_pool.add(shop, OWNER, game.key, lines_of(typed))
    assert refused.value.problems == (
        KeyProblem(2, "blank"),
        KeyProblem(4, "twice", 1),
        KeyProblem(5, "too_long"),
        KeyProblem(6, "unreadable"),
    )
    with pytest.raises(KeysRefused) as known:
        await services.key_pool.add(shop, OWNER, game.key, lines_of(f"NEW-1\n{SECRETS[0]}"))
    assert known.value.problems == (KeyProblem(2, "known"),)
    assert await DigitalKey.rows(db).count_documents({}) == 1
    assert (await services.stock.of(shop, game.key)).available == 1
    assert len(await InventoryTransaction.find_all(db, {"productId": game.key})) == 1
    for nothing in ("", "\n \n"):
        with pytest.raises(BadInput):
            await services.key_pool.add(shop, OWNER, game.key, lines_of(nothing))
    with pytest.raises(BadInput) as many:
        await services.key_pool.add(shop, OWNER, game.key, [KeyLine(n, f"K{n}") for n in range(5001)])
    assert many.value.problem == "too_many_keys"


async def test_two_imports_of_the_same_keys_at_once_import_them_once(
    db: Db, services: Services, shop: Shop, product: MakeProduct
) -> None:
    """One wins whole, the other is refused whole."""
    game = await keys.pool(services, shop, product, [])
    done = await asyncio.gather(
        *(keys.fill(services, shop, game.key, SECRETS) for _ in range(4)), return_exceptions=True
    )
    assert sum(each is None for each in done) == 1
    assert {type(each) for each in done if each is not None} == {KeysRefused}
    assert (await stock_holds(db, shop, game.key)).quantity_available == 100


@pytest.mark.parametrize(
    ("name", "content", "read"),
    [
        ("keys.txt", b"\xef\xbb\xbfA,1\r\nB;2\r\n\r\n", [(1, "A,1"), (2, "B;2")]),
        ("keys.csv", b"\xef\xbb\xbfKey;Note\r\nA;x\r\nB;y\r\n", [(2, "A"), (3, "B")]),
        ("keys.csv", b'name,licence key\n"Doe, J",A\n\nRoe,"B ""2"""\n', [(2, "A"), (3, ""), (4, 'B "2"')]),
        ("KEYS.CSV", b"A,\nB,\n", [(1, "A"), (2, "B")]),
        ("keys.csv", b"A\nB\n", [(1, "A"), (2, "B")]),
        ("keys.txt", "A\nÄ".encode("utf-16"), [(1, "A"), (2, "Ä")]),
        ("keys.tsv", b"code\tof\nA\t1\n", [(2, "A")]),
    ],
)
def test_files_are_read_as_the_programs_of_shops_write_them(
    name: str, content: bytes, read: list[tuple[int, str]]
) -> None:
    """Comma, semicolon or tab, with and without BOM, heading and quotes; the line stays the file's own."""
    assert [(each.line, each.text) for each in file_lines(name, content)] == read


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("keys.csv", b"A,1\nB,2\n", "which_column"),
        ("keys.txt", b"\xff\x00\x01", "not_text"),
        ("keys.csv", b"x" * (2 * 1024 * 1024 + 1), "file_size"),
        ("keys.csv", b"a" * 200_000 + b'"\n', "not_text"),
    ],
)
def test_files_that_nobody_can_read_keys_from_are_refused(name: str, content: bytes, problem: str) -> None:
    """What is too large, no text, or a table without a named column of keys."""
    with pytest.raises(BadInput) as refused:
        file_lines(name, content)
    assert refused.value.problem == problem


async def test_no_key_stands_anywhere_in_clear(
    db: Db, services: Services, shop: Shop, product: MakeProduct, caplog: pytest.LogCaptureFixture
) -> None:
    """Imported, sold, replaced and exported: neither the database nor the log holds a key."""
    caplog.set_level(logging.DEBUG)
    quiet(services)
    game = await keys.pool(services, shop, product, SECRETS[:3])
    order = await buying.paid(services, shop, ADA, game, 2)
    await services.worker.drain()
    owed = await Entitlement.of_order(db, shop.id, order.key)
    (held,) = (await services.keys.held(shop.id, owed)).values()
    await services.keys.replace(shop, OWNER, held[0].id, f"{held[0].text} was used")
    with pytest.raises(KeysRefused):
        await keys.fill(services, shop, game.key, [SECRETS[0]])
    await services.person_data.export(shop, ADA)
    dump = ""
    for name in await db.database.list_collection_names():
        dump += "".join([str(row) async for row in db.database[name].find()])
    assert "sealed" in dump
    assert not [secret for secret in SECRETS if secret in dump]
    assert not [secret for secret in SECRETS if secret in caplog.text]


async def test_export_holds_the_keys_that_one_received_and_nobody_elses(
    services: Services, shop: Shop, product: MakeProduct
) -> None:
    """Ada reads her own keys, Bob his, and neither one that is free or not paid."""
    quiet(services)
    game = await keys.pool(services, shop, product, SECRETS[:9])
    mine = await buying.paid(services, shop, ADA, game, 2)
    his = await buying.paid(services, shop, BOB, game)
    await services.worker.drain()
    await buying.order(services, shop, ADA, game, 1)
    for member, order in ((ADA, mine), (BOB, his)):
        written = str(await services.person_data.export(shop, member))
        seen = {secret for secret in SECRETS if secret in written}
        assert seen == set(await keys.handed(services, shop, order.key))


async def test_a_rotated_secret_still_opens_and_still_knows_its_keys() -> None:
    """Sealed under the old secret: it opens, and the same key is found by its old digest."""
    old, new = Vault(["old secret of the installation"]), Vault(["new one", "old secret of the installation"])
    assert new.open(old.seal("K", about="a"), about="a") == "K"
    assert old.digests("K", about="a")[0] in new.digests("K", about="a")
    assert old.digests("K", about="b") != old.digests("K", about="a")
    assert Vault(["new one"]).digests("K", about="a")[0] == new.digests("K", about="a")[0]


async def test_a_cancelled_order_takes_no_key_and_one_that_is_taken_back_shows_none(
    db: Db, services: Services, shop: Shop, product: MakeProduct
) -> None:
    """Cancel gives the stock back with the pool whole; what was revoked is neither served nor shown."""
    quiet(services)
    game = await keys.pool(services, shop, product, SECRETS[:3])
    order = await buying.order(services, shop, ADA, game, 2)
    await services.orders.cancel(shop, ADA, order.key)
    assert (await stock_holds(db, shop, game.key)).quantity_available == 3
    paid = await buying.paid(services, shop, ADA, game)
    await Entitlement.rows(db).update_many({"orderId": paid.key}, {"$set": {"status": "REVOKED"}})
    await services.worker.drain()
    assert await keys.states(db, shop) == {"FREE": 3, "TAKEN": 0, "REPLACED": 0}
    assert await keys.handed(services, shop, paid.key) == []
