"""A new secret takes over everything that an old one sealed, while the shop sells and whatever breaks off."""

import asyncio
from dataclasses import dataclass
from typing import Any

import pytest
from bson import ObjectId

from bot.outside import Outside
from bot.wiring import build
from models.access import Identity
from models.base import Db
from models.data_import import DataImport
from models.digital_key import DigitalKey
from models.errors import KeysRefused
from models.product import Product
from models.provider import Provider
from models.sealed import SEALED_PLACES
from services import Services
from services.links import Links
from services.resealing import Resealing
from services.rules import Rules
from services.shops import Shop
from services.vault import Vault, is_sealed
from tests.services import buying, keys
from tests.services.conftest import ADA, OWNER, MakeProduct, TestClock
from tests.services.csv_files import Clerk
from tests.services.quiet import quiet
from tests.services.staffing import hire

OLD = "a-secret-that-is-long-enough-for-tests"
NEW = "9f2c7a1be8d04356aa17c0e3b9d8f4256710acde"
SQUARE = {"access_token": "EAAAl-token-0001", "location_id": "L1", "signature_key": "a-signature"}
SOLD = [f"AAAA-{n:04}" for n in range(6)]


@dataclass(frozen=True)
class Full:
    """A shop in which something of every kind is sealed."""

    game: Product
    order_id: str
    identity: Identity
    import_id: str


@pytest.fixture
async def full(services: Services, shop: Shop, product: MakeProduct) -> Full:
    """Keys to a provider, sold and free keys, an account's secret, and a file that waits."""
    quiet(services)
    await services.providers.configure(shop, OWNER, "CASHAPP_PAY", SQUARE)
    game = await keys.pool(services, shop, product, SOLD)
    order = await buying.paid(services, shop, ADA, game, 2)
    await services.worker.drain()
    ada = await hire(services, shop, ADA)
    (account,) = (await services.identities.view(shop, ada.key)).identities
    kept = await services.identities.keep_secret(
        shop, OWNER, ada.key, account.key, "refresh", "account-secret"
    )
    view = await Clerk(services, shop).check("keys", f"sku,key\n{game.sku},FROM-FILE\n")
    return Full(game, order.key, kept, view.record.key)


def under(db: Db, clock: TestClock, *secrets: str) -> Services:
    """The shop as a process with these secrets runs it."""
    links = Links(secrets, "https://shop.example", clock)
    return build(db, clock, Rules(), links, Outside(Vault(secrets)))


async def sealed_values(db: Db) -> list[str]:
    """Everything in the database that is sealed, wherever it lies."""
    found: list[str] = []

    def look(value: Any) -> None:
        for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            look(each)
        text = value.decode(errors="replace") if isinstance(value, bytes) else value
        if isinstance(text, str) and is_sealed(text):
            found.append(text)

    for name in await db.database.list_collection_names():
        async for row in db.database[name].find():
            look(row)
    return found


async def test_after_a_rotation_the_old_secret_is_not_needed_for_anything(
    db: Db, clock: TestClock, shop: Shop, full: Full
) -> None:
    """Sold keys, providers' keys, accounts and waiting files open under the new secret alone."""
    found = await Resealing(db, clock, Vault([NEW, OLD])).everything()
    assert (found.renewed.total(), found.missed.total(), found.unreadable.total()) == (10, 0, 0)
    alone = under(db, clock, NEW)
    quiet(alone)
    handed = await keys.handed(alone, shop, full.order_id)
    assert len(handed) == len(set(handed) & set(SOLD)) == 2
    view = await alone.providers.view(shop, "cashapp_pay")
    assert view.readable
    assert view.values["location_id"] == "L1"
    identity = await Identity.get_of(db, (await alone.users.of_member(shop, OWNER, ADA)), full.identity.key)
    assert identity is not None
    assert alone.identities.secret(identity, "refresh") == "account-secret"
    await alone.imports.apply(Clerk(alone, shop).desk, full.import_id)
    assert await keys.states(db, shop) == {"FREE": 5, "TAKEN": 2, "REPLACED": 0}
    await alone.calls.close()


async def test_nothing_that_is_sealed_anywhere_is_forgotten(db: Db, clock: TestClock, full: Full) -> None:
    """Whatever looks sealed in any collection opens under the new secret, also what is added later."""
    assert full
    assert len(await sealed_values(db)) == 10
    await Resealing(db, clock, Vault([NEW, OLD])).everything()
    now = await sealed_values(db)
    assert len(now) == 10
    assert [each for each in now if Vault([NEW]).renewed(each)] == []


async def test_a_key_is_known_again_after_the_rotation(
    db: Db, clock: TestClock, shop: Shop, full: Full
) -> None:
    """Its digest hung on the old secret, too: the same key does not come in a second time."""
    await Resealing(db, clock, Vault([NEW, OLD])).everything()
    alone = under(db, clock, NEW)
    for known in SOLD:
        with pytest.raises(KeysRefused):
            await keys.fill(alone, shop, full.game.key, [known])
    await alone.calls.close()


async def test_the_rotation_goes_on_where_it_was_broken_off(db: Db, clock: TestClock, full: Full) -> None:
    """Half of it is done when a process dies; the next one seals the other half, and no value twice."""
    assert full
    vault = Vault([NEW, OLD])
    dies = Resealing(db, clock, vault)
    dies._begin()
    for _ in range(3):
        await dies._step()
    done = dies._found.renewed.total()
    assert 0 < done < 10
    found = await Resealing(db, clock, vault).everything()
    assert found.renewed.total() == 10 - done
    assert (await Resealing(db, clock, vault).everything()).renewed.total() == 0


async def test_the_sweeper_rotates_by_itself_and_then_rests(db: Db, clock: TestClock, full: Full) -> None:
    """With one secret it reads nothing; with two it works until nothing is left, and looks again later."""
    assert full
    assert await Resealing(db, clock, Vault([NEW])).sweep() == 0
    both = under(db, clock, NEW, OLD)
    assert (await both.sweeper.sweep())["secrets"] == 10
    assert (await both.sweeper.sweep())["secrets"] == 0
    late = Vault([OLD]).seal("late", about="x")
    await db.rows(Provider.__collection__).update_one({}, {"$set": {"config.access_token": late}})
    assert (await both.sweeper.sweep())["secrets"] == 0
    clock.forward(hours=1, seconds=1)
    assert (await both.sweeper.sweep())["secrets"] == 1
    await both.calls.close()


async def test_keys_entered_during_the_rotation_are_not_put_back(
    db: Db, clock: TestClock, shop: Shop, full: Full
) -> None:
    """Staff enter another token between reading and writing: theirs stays, and the next way settles it."""
    assert full
    resealing = Resealing(db, clock, Vault([NEW, OLD]))
    place = next(each for each in SEALED_PLACES if each.document is Provider)
    (seen,) = await place.after(db, None)
    behind = under(db, clock, OLD)
    await behind.providers.configure(
        shop, OWNER, "CASHAPP_PAY", {**SQUARE, "access_token": "EAAAl-newer-0002"}
    )
    resealing._begin()
    await resealing._put(place, seen, resealing._anew(place, seen))
    assert resealing._found.missed.total() == 2
    await resealing.everything()
    alone = under(db, clock, NEW)
    assert (await alone.providers.view(shop, "cashapp_pay")).values["access_token"].endswith("0002")
    for each in (behind, alone):
        await each.calls.close()


async def test_the_shop_sells_while_everything_is_sealed_anew(
    db: Db, clock: TestClock, services: Services, shop: Shop, product: MakeProduct
) -> None:
    """Two processes rotate while keys are bought: every buyer reads the keys that they were given."""
    quiet(services)
    game = await keys.pool(services, shop, product, [f"KEY-{n:03}" for n in range(120)])
    both = under(db, clock, NEW, OLD)
    quiet(both)

    async def customers() -> list[str]:
        orders = [await buying.paid(both, shop, ADA, game) for _ in range(8)]
        await both.worker.drain()
        return [order.key for order in orders]

    one, other = (Resealing(db, clock, Vault([NEW, OLD])) for _ in range(2))
    bought, *_ = await asyncio.gather(customers(), one.everything(), other.everything())
    alone = under(db, clock, NEW)
    given = [key for order in bought for key in await keys.handed(alone, shop, order)]
    assert len(given) == len(set(given)) == 8
    for each in (both, alone):
        await each.calls.close()


async def test_what_no_secret_opens_is_counted_and_left_as_it_is(
    db: Db, clock: TestClock, full: Full
) -> None:
    """A third secret sealed it: whoever finds that again can still read it."""
    assert full
    lost = Vault(["another-secret-of-forty-characters-and-more"]).seal("x", about="y")
    await db.rows(Provider.__collection__).update_one({}, {"$set": {"config.access_token": lost}})
    found = await Resealing(db, clock, Vault([NEW, OLD])).everything()
    assert found.unreadable == {"providers": 1}
    row = await db.rows(Provider.__collection__).find_one({}) or {}
    assert row["config"]["access_token"] == lost
    assert row["config"]["location_id"] == "L1"


async def test_a_key_that_came_in_twice_keeps_the_rotation_going(
    db: Db, clock: TestClock, full: Full
) -> None:
    """Known under the new secret already: its text is sealed anew all the same."""
    row = await db.rows(DigitalKey.__collection__).find_one({"status": "FREE"}) or {}
    vault = Vault([NEW, OLD])
    whose = f"{row['tenantId']}/products/{full.game.key}/key"
    text = vault.open(row["sealed"], about=whose)
    twin = {"sealed": vault.seal(text, about=whose), "digest": vault.digests(text, about=whose)[0]}
    await db.rows(DigitalKey.__collection__).insert_one({**row, "_id": ObjectId(), **twin})
    await Resealing(db, clock, vault).everything()
    assert [each for each in await sealed_values(db) if Vault([NEW]).renewed(each)] == []
    assert await DataImport.rows(db).count_documents({}) == 1
