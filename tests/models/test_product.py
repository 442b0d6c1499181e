from typing import Any

import pytest

from models.base import Db
from models.entitlement import ENTITLEMENT_LIFE, Entitlement, EntitlementStatus, EntitlementType
from models.product import Product
from tests.models.samples import NOW, sample

E = EntitlementStatus


async def offer(db: Db, *names: str, **more: Any) -> list[Product]:
    """Products of shop `a` with these names."""
    made = [
        sample(Product, tenant_id="a", name=name, name_folded=name.casefold(), sku=name, **more)
        for name in names
    ]
    await Product.insert_all(db, made)
    return made


async def names(db: Db, query: str, tenant_id: str = "a", **more: Any) -> list[str]:
    """What a customer who types the query sees."""
    return [found.name for found in await Product.page(db, tenant_id, query, skip=0, limit=10, **more)]


async def test_products_are_found_by_every_word_of_the_query(db: Db) -> None:
    """In any order and case, by name, of this shop and on sale."""
    await offer(db, "Blue Mug", "Red Mug", "Straße Poster")
    await offer(db, "Old Mug", is_active=False)
    assert await names(db, "") == ["Blue Mug", "Red Mug", "Straße Poster"]
    assert await names(db, "MUG blue") == ["Blue Mug"]
    assert await names(db, "STRASSE") == ["Straße Poster"]
    assert await names(db, "mug", also_inactive=True) == ["Blue Mug", "Old Mug", "Red Mug"]
    assert await names(db, "", tenant_id="b") == []
    assert await Product.how_many(db, "a", "mug") == 2


@pytest.mark.parametrize("query", [".*", "(", "[a-z]+", "$where", "\\", "a" * 4000, "^mug", "mug $ne"])
async def test_a_query_is_text_and_never_a_pattern(db: Db, query: str) -> None:
    """Whatever is typed is looked for as it stands."""
    await offer(db, "Blue Mug")
    assert await names(db, query) == []


async def test_pages_follow_one_another(db: Db) -> None:
    """Nothing is shown twice or left out."""
    await offer(db, *(f"Mug {n:02}" for n in range(25)))
    pages = [await Product.page(db, "a", "mug", skip=skip, limit=10) for skip in (0, 10, 20)]
    assert [found.name for page in pages for found in page] == [f"Mug {n:02}" for n in range(25)]


async def test_a_product_is_named_by_sku_or_whole_name(db: Db) -> None:
    """Case and blanks aside; a part of the name is not enough."""
    mug = (await offer(db, "Blue Mug"))[0]
    assert await Product.named(db, "a", " blue mug ") == mug
    assert await Product.named(db, "a", mug.sku) == mug
    assert await Product.named(db, "a", "mug") is None
    assert await Product.named(db, "b", "blue mug") is None


async def test_ids_of_other_shops_and_nonsense_name_no_product(db: Db) -> None:
    """What a cart or a click brings is looked up in this shop alone."""
    mug = (await offer(db, "Blue Mug", is_active=False))[0]
    assert await Product.of_keys(db, "a", [mug.key, "nonsense", "0" * 24]) == {mug.key: mug}
    assert await Product.of_keys(db, "b", [mug.key]) == {}


async def owed(db: Db, status: EntitlementStatus = E.PENDING, **more: Any) -> Entitlement:
    """A role owed to one member."""
    role = EntitlementType.DISCORD_ROLE
    return await sample(Entitlement, tenant_id="a", user_id="1", type=role, status=status, **more).insert(db)


@pytest.mark.parametrize("old", E)
async def test_an_entitlement_is_granted_or_failed_as_the_table_says(db: Db, old: EntitlementStatus) -> None:
    """A revoked one stays revoked, a granted one is not granted twice."""
    granted = await Entitlement.grant(db, "a", (await owed(db, old)).id, NOW)
    assert (granted is not None) is ENTITLEMENT_LIFE.allows(old, E.GRANTED)
    failed = await Entitlement.fail(db, "a", (await owed(db, old)).id, "role_deleted")
    assert (failed is not None) is ENTITLEMENT_LIFE.allows(old, E.FAILED)


async def test_a_grant_clears_the_failure_before_it(db: Db) -> None:
    """The record tells how it stands now."""
    entitlement = await owed(db)
    await Entitlement.fail(db, "a", entitlement.id, "no_permission")
    granted = await Entitlement.grant(db, "a", entitlement.id, NOW)
    assert granted is not None
    assert (granted.granted_at, granted.failed_reason) == (NOW, None)
    assert await Entitlement.grant(db, "b", entitlement.id, NOW) is None


async def test_a_member_who_comes_back_is_owed_what_was_not_revoked(db: Db) -> None:
    """Roles only, of this member, in this shop."""
    pending, held = await owed(db), await owed(db, E.GRANTED)
    await owed(db, E.REVOKED)
    await sample(Entitlement, tenant_id="a", user_id="1", type=EntitlementType.DIGITAL_ITEM).insert(db)
    assert await Entitlement.owed_roles(db, "a", "1") == [pending, held]
    await Entitlement.reopen(db, held)
    assert [one.status for one in await Entitlement.owed_roles(db, "a", "1")] == [E.PENDING, E.PENDING]
    assert await Entitlement.owed_roles(db, "b", "1") == []
