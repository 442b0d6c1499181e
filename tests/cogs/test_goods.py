"""Goods from the staff's hands to the buyer's: keys, files and links, by the bot."""

import asyncio
import json

import pytest

from bot.sandbox import Person, Seen
from models.base import Db
from models.digital_file import DigitalFile
from models.order import Order
from models.product import Product
from services import Services
from services.shops import Shop
from tests.cogs.admin.conftest import Neighbour, everything, neighbour
from tests.cogs.buying import paid, placed
from tests.cogs.conftest import member
from tests.services.conftest import MakeProduct, TestClock

__all__ = ["neighbour"]
pytestmark = pytest.mark.usefixtures("bot")

REASON = {"Why? The customer will read this.": "It was used already"}


async def goods(sam: Person, product: Product) -> Seen:
    """The card that says what the buyer gets."""
    seen = await sam.run("/admin product", name=product.key)
    return await seen.press("What the buyer gets")


async def items(person: Person, order: Order) -> Seen:
    """What an order hands over to its customer."""
    return await (await person.run("/orders view", order=order.key)).press("Get my items")


async def with_files(seen: Seen) -> Seen:
    """The same card once its files have come: what can be read is there before them."""
    for _ in range(100):
        if seen.files:
            break
        await asyncio.sleep(0.05)
        seen = seen.now
    return seen


@pytest.fixture
async def game(sam: Person, product: MakeProduct, db: Db, shop: Shop) -> Product:
    """A product whose pool holds three keys, set up by staff as they would."""
    made = await product("Game", 900, None)
    seen = await (await goods(sam, made)).press("Deliver one-time keys")
    assert "0 free, 0 handed out, 0 replaced" in seen.text
    form = await seen.open("Import keys")
    seen = await form.submit({"Keys, one on each line": "K`EY-1\nKEY-2\nKEY-3"})
    assert "To sell: 3" in seen.text
    assert sam.whispers[-1].text == "3 keys are imported."
    assert await Product.get(db, shop.id, made.key) is not None
    return made


@pytest.fixture
async def bought(ada: Person, olivia: Person, services: Services, shop: Shop, game: Product) -> Order:
    """Ada's paid order of a game, its key handed out."""
    order = await placed(services, shop, ada, game.key)
    await paid(services, shop, ada, olivia, order)
    await services.worker.drain()
    return order


async def test_a_file_of_keys_is_imported_or_says_what_is_wrong(
    sam: Person, services: Services, shop: Shop, game: Product
) -> None:
    """A CSV adds to pool and stock; with one bad line it adds nothing and no answer holds a key."""
    csv = b"\xef\xbb\xbfcode;note\r\nNEW-1;a\r\nNEW-2;b\r\n"
    seen = await sam.run("/admin stock", product=game.key, keys=("keys.csv", csv))
    assert "To sell: 5" in seen.text
    seen = await sam.run("/admin stock", product=game.key, keys=("keys.txt", b"NEW-3\n\nKEY-2\nNEW-3\n"))
    assert "No key was imported." in seen.text
    assert "Line 2 is empty." in seen.text
    assert "Line 4 is the same as line 1." in seen.text
    seen = await sam.run("/admin stock", product=game.key, keys=("keys.txt", b"KEY-2"))
    assert "The key on line 1 was imported before." in seen.text
    seen = await sam.run("/admin stock", product=game.key, keys=("keys.txt", b"x" * 2_200_000))
    assert "too large" in seen.text
    assert (await services.key_pool.of(shop, game.key)).free == 5
    assert not [each.text for each in sam.whispers if "NEW-" in each.text]


async def test_the_buyer_gets_the_key_by_dm_and_at_any_time(ada: Person, bought: Order) -> None:
    """The DM is the copy; the card has the key in a block to copy from."""
    told = next(each for each in ada.dms if "has a key for you" in each.text)
    assert "KEY-" in told.text or "Get my items" in told.text
    for _ in range(2):
        seen = await items(ada, bought)
        shown = seen.text + seen.files.get("items.txt", b"").decode()
        assert sum(key in shown for key in ("K`EY-1", "KEY-2", "KEY-3")) == 1


async def test_a_key_with_a_backtick_comes_in_a_file_as_it_is(
    ada: Person, olivia: Person, services: Services, shop: Shop, game: Product
) -> None:
    """Nothing breaks out of its block, and nothing of it is changed."""
    await services.carts.add(shop, member(ada), game.key, 2)
    order = await placed(services, shop, ada, game.key)
    await paid(services, shop, ada, olivia, order)
    await services.worker.drain()
    seen = await items(ada, order)
    assert "K`EY-1" not in seen.text
    assert sum(f"Key {n} is in the file" in seen.text for n in (1, 2, 3)) == 1
    assert all(key in seen.files["items.txt"].decode() for key in ("K`EY-1", "KEY-2", "KEY-3"))


async def test_staff_replace_a_bad_key_without_seeing_one(
    sam: Person, ada: Person, services: Services, bought: Order, db: Db
) -> None:
    """From the order: by number, with a reason that the customer reads; the new key is hers."""
    before = await items(ada, bought)
    seen = await sam.run("/admin order", find=bought.order_number)
    assert "1 key: delivered" in seen.text
    seen = await seen.press("Keys")
    assert "Game, key 1: handed out" in seen.text
    form = await seen.choose_form("Replace a bad key", "Game, key 1")
    seen = await form.submit(REASON)
    assert "Game, key 1: replaced" in seen.text
    assert "KEY" not in seen.text.replace("key", "")
    await services.worker.drain()
    told = next(each for each in ada.dms if "has replaced a key of yours" in each.text)
    assert "It was used already" in told.text
    after = await items(ada, bought)
    assert "Key 1 was replaced" in after.text
    assert (after.text, after.files) != (before.text, before.files)
    rows = [row async for row in db.database["auditlogs"].find()]
    assert not [row for row in rows if "EY-1" in str(row) or "KEY-" in str(row)]


async def test_only_those_who_may_replace_and_only_in_their_shop(
    sam: Person, ada: Person, bought: Order, neighbour: Neighbour, db: Db, services: Services, shop: Shop
) -> None:
    """Forged clicks of customers and of the neighbour's owner change nothing at all."""
    view = await services.orders.staff_view(shop, bought.key)
    (held,) = (await services.keys.numbered(shop.id, view.entitlements)).values()
    seen = await sam.run("/admin order", find=bought.order_number)
    form = await (await seen.press("Keys")).choose_form("Replace a bad key", "Game, key 1")
    before = await everything(db)
    game = bought.items[0].product_id
    mine = await ada.run("/orders view", order=bought.key)
    for target in ("goods:open:", "goods:on:", "goods:off:", "goods:drop:", "stock:keys:"):
        answer = await ada.click(mine, custom_id=f"{target}{game}", forged=True)
        assert "you need the permission" in answer.text
    answer = await ada.click(mine, custom_id=f"keys:order:0:{bought.key}", forged=True)
    assert "you need the permission" in answer.text
    theirs = await neighbour.guild.owner.run("/admin order", find=neighbour.order_number)
    for target in (f"goods:drop:{game}", f"goods:off:{game}", f"keys:order:0:{bought.key}"):
        answer = await neighbour.guild.owner.click(theirs, custom_id=target, forged=True)
        assert "I cannot find that" in answer.text
    assert await everything(db) == before
    assert form.custom_id.startswith("keys:replace:")
    assert held[0].text is None


async def test_a_file_and_a_link_reach_the_buyer_and_stay_as_they_were(
    sam: Person,
    ada: Person,
    olivia: Person,
    services: Services,
    shop: Shop,
    product: MakeProduct,
    db: Db,
    clock: TestClock,
) -> None:
    """What was bought is the file and the address of then, whatever staff change or take away later."""
    art = await product("Art", 500, None)
    seen = await sam.run("/admin product", name=art.key, file=("My art.png", b"first edition"))
    assert "My art.png" in seen.text
    form = await seen.open("Text and link")
    seen = await form.submit({"Link": "https://files.example/a_(1)", "Text": "Enjoy `it`"})
    assert "https://files.example/a_%281%29" in seen.text
    order = await placed(services, shop, ada, art.key)
    await paid(services, shop, ada, olivia, order)
    await sam.run("/admin product", name=art.key, file=("second.png", b"second edition"))
    seen = await (await goods(sam, art)).press("Take the file away")
    assert "My art.png" not in seen.text
    clock.forward(days=2)
    await services.sweeper.sweep()
    assert [each.name for each in await DigitalFile.find_all(db, {})] == ["My art.png"]
    seen = await with_files(await items(ada, order))
    assert "https://files.example/a_%281%29" in seen.text
    assert seen.files == {"My art.png": b"first edition"}
    written = json.dumps(await services.person_data.export(shop, member(ada)))
    assert "files.example" in written
    assert "My art.png" in written


async def test_several_large_files_are_fetched_one_by_one(
    sam: Person, ada: Person, olivia: Person, services: Services, shop: Shop, product: MakeProduct
) -> None:
    """What does not fit beside the others is chosen from a menu."""
    for number in range(3):
        made = await product(f"Album {number}", 500, None)
        await sam.run("/admin product", name=made.key, file=(f"{number}.zip", bytes([number]) * 4_000_000))
        await services.carts.add(shop, member(ada), made.key)
    order = await placed(services, shop, ada, made.key)
    await paid(services, shop, ada, olivia, order)
    seen = await with_files(await items(ada, order))
    assert list(seen.files) == ["0.zip", "1.zip"]
    seen = await with_files(await seen.choose("Get a file", "2.zip"))
    assert {name: len(data) for name, data in seen.files.items()} == {"2.zip": 4_000_000}


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("big.zip", b"x" * (8 * 1024 * 1024 + 1), "too large"),
        ("empty.zip", b"", "is empty"),
    ],
)
async def test_a_file_that_cannot_be_taken_says_why(
    sam: Person, product: MakeProduct, db: Db, name: str, data: bytes, said: str
) -> None:
    """Nothing is stored."""
    made = await product("Album", 500, None)
    seen = await sam.run("/admin product", name=made.key, file=(name, data))
    assert said in seen.text
    assert await DigitalFile.find_all(db, {}) == []


@pytest.mark.parametrize(
    "link",
    ["javascript:alert(1)", "ftp://files.example/a", "files.example", "https://", "https://a b.example",
     "https://bank.example@evil.example/", "https://a.example:99999/"],
)  # fmt: skip
async def test_a_link_is_a_whole_web_address(
    sam: Person, product: MakeProduct, services: Services, shop: Shop, link: str
) -> None:
    """Anything else is refused in words and changes nothing."""
    made = await product("Album", 500, None)
    form = await (await goods(sam, made)).open("Text and link")
    seen = await form.submit({"Link": link, "Text": ""})
    assert "full web address" in seen.text
    assert (await services.key_pool.of(shop, made.key)).product.delivery_link is None


async def test_no_key_left_is_said_to_buyer_and_staff_and_mended_by_an_import(
    sam: Person, ada: Person, services: Services, shop: Shop, bought: Order, olivia: Person, db: Db
) -> None:
    """FAILED in words on both cards, an alert with the way to the stock, and delivered by itself."""
    game = bought.items[0].product_id
    order = await placed(services, shop, ada, game)
    await db.database["digitalkeys"].delete_many({"status": "FREE"})
    await paid(services, shop, ada, olivia, order)
    await services.worker.drain()
    assert "No key is left just now." in (await items(ada, order)).text
    assert "no free key is left" in (await sam.run("/admin order", find=order.order_number)).text
    seen = await sam.run("/admin stock", product=game, keys=("keys.txt", b"LATE-1"))
    assert "To sell: 0" in seen.text
    await services.worker.drain()
    assert "LATE-1" in (await items(ada, order)).text
