"""Records are called by their names in the shop, and only in front of those who may look at them."""

import pytest

from models.access import Role, RoleAssignment, User
from models.base import Db
from models.customer import Customer
from models.discount import Discount
from models.discount_use import DiscountAssignment
from models.member import Member
from services import Services
from services.access import Permission
from services.panel.naming import Called
from services.shops import Shop
from tests.models.samples import sample
from tests.services import buying
from tests.services.conftest import ADA, OWNER, MakeProduct

CLERK = Member("77", "clerk", "Clerk")


def names(called: Called) -> dict[str, object]:
    """The first name that is set of each record, by its kind."""
    return {
        kind: next(row[each] for each in found.called_by if row.get(each))
        for (kind, _), (found, row) in called.items()
    }


async def hired(db: Db, shop: Shop, *keys: Permission) -> Member:
    """Somebody with these keys and no others."""
    user = User(tenant_id=shop.id, username="clerk", display_name="Clerk", discord_id=CLERK.discord_id)
    await user.insert(db)
    role = await Role(tenant_id=shop.id, name="Clerks", permission_keys=list(keys)).insert(db)
    await RoleAssignment(tenant_id=shop.id, user_id=user.key, role_id=role.key).insert(db)
    return CLERK


async def sold(db: Db, services: Services, shop: Shop, product: MakeProduct) -> list[tuple[str, str]]:
    """A product that Ada ordered, with all that acts can be about."""
    mug = await product("Mug")
    order = await buying.order(services, shop, ADA, mug)
    discount = await sample(Discount, tenant_id=shop.id, label=None, code="SPRING").insert(db)
    return [
        ("Product", mug.key),
        ("Order", order.key),
        ("Payment", order.payment_id),
        ("Customer", str(order.customer_id)),
        ("Discount", discount.key),
        ("BotConfig", shop.config.key),
    ]


async def test_records_are_called_by_their_names(
    db: Db, services: Services, shop: Shop, product: MakeProduct
) -> None:
    """Numbers, names and codes; what each shop has one of needs none."""
    wanted = await sold(db, services, shop, product)
    called = await services.naming.called(shop, OWNER, wanted)
    said = names(called)
    assert said["Product"] == "Mug"
    assert said["Customer"] == "Ada"
    assert said["Discount"] == "SPRING"
    assert said["Order"] == said["Payment"]
    assert "BotConfig" not in said


@pytest.mark.parametrize(
    ("keys", "seen"),
    [
        ((), set()),
        ((Permission.AUDIT_VIEW,), set()),
        ((Permission.PANEL_VIEW,), {"Product", "Discount"}),
        ((Permission.PANEL_VIEW, Permission.ORDER_VIEW), {"Product", "Discount", "Order", "Payment"}),
        ((Permission.CUSTOMER_MANAGE,), {"Customer"}),
    ],
)
async def test_names_are_shown_to_those_who_may_see_them(
    db: Db, services: Services, shop: Shop, product: MakeProduct, keys: tuple[Permission, ...], seen: set[str]
) -> None:
    """Each by the key that the panel asks for."""
    wanted = await sold(db, services, shop, product)
    called = await services.naming.called(shop, await hired(db, shop, *keys), wanted)
    assert set(names(called)) == seen


async def test_what_is_not_this_shops_has_no_name(db: Db, services: Services, shop: Shop) -> None:
    """Another shop's record, one that is gone, an id that is none, and a kind that is none."""
    other = await sample(Customer, tenant_id="elsewhere").insert(db)
    strange = [("Customer", other.key), ("Customer", "f" * 24), ("Customer", "x"), ("Spaceship", other.key)]
    assert await services.naming.called(shop, OWNER, strange) == {}


async def test_a_name_by_way_of_another_record_stays_in_the_shop(
    db: Db, services: Services, shop: Shop
) -> None:
    """An assigned discount is called as the discount is; what another shop has is not named."""
    discount = await sample(Discount, tenant_id=shop.id, label="Spring").insert(db)
    theirs = await sample(Discount, tenant_id="elsewhere", label="Secret").insert(db)
    given = [
        await sample(
            DiscountAssignment, tenant_id=shop.id, discount_id=each.key, customer_id=each.key
        ).insert(db)
        for each in (discount, theirs)
    ]
    wanted = [("DiscountAssignment", each.key) for each in given]
    called = await services.naming.called(shop, OWNER, wanted)
    assert [called[each][1]["discountId"] for each in wanted] == ["Spring", None]
