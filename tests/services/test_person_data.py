"""An export holds every record that names the person, nothing of anybody else, and no secret."""

import io
import json
import zipfile

import pytest

from models.access import Identity
from models.base import Db
from models.discount_use import DiscountAssignment
from models.errors import BadInput
from models.fund import CommunityFundContribution, CommunityFundDisbursement
from models.platform_entitlement import PlatformEntitlement
from models.shipment import Shipment
from services import Services
from services.person_data import as_file
from services.shops import Shop
from tests.models.samples import sample
from tests.services import buying
from tests.services.conftest import OWNER, MakeProduct
from tests.services.erasing import EMAIL, known, person, served
from tests.services.staffing import hire, role

ADA, BOB = person(2), person(3)


async def test_every_record_of_a_person_is_in_it(
    db: Db, services: Services, shop: Shop, product: MakeProduct
) -> None:
    """Orders, payments, goods, parcels, carts, waits, discounts, the fund, Discord's purchases, log-ins."""
    mug, gone = await product(stock=None, delivery_text="AB-12"), await product("Cap", stock=0)
    customer = await known(services, shop, ADA)
    order = await served(services, shop, ADA, mug)
    await served(services, shop, BOB, mug)
    await services.waitlist.ask(shop, ADA, gone.key)
    await services.carts.add(shop, ADA, mug.key)
    user = await hire(services, shop, ADA, await role(services, shop, "Packers"))
    identity = await Identity.find_one(db, {"userId": user.key})
    assert identity is not None
    await services.identities.keep_secret(shop, OWNER, user.key, identity.key, "token", "hunter2")
    mine = {"tenant_id": shop.id, "customer_id": customer.key}
    await sample(CommunityFundContribution, **mine, amount_cents=777).insert(db)
    out = {"tenant_id": shop.id, "recipient_customer_id": customer.key}
    await sample(CommunityFundDisbursement, **out, amount_cents=888).insert(db)
    await sample(DiscountAssignment, **mine).insert(db)
    await sample(PlatformEntitlement, tenant_id=shop.id, user_id=ADA.discord_id, sku_id="4711").insert(db)
    await sample(Shipment, tenant_id=shop.id, order_id=order.key, shipping_type_code="post").insert(db)
    found = await services.person_data.export(shop, ADA)
    written = json.dumps(found)
    assert found["customer"]["email"] == EMAIL
    assert found["customer"]["email_preferences"]["refunds"] is True
    assert len(found["customer"]["addresses"]) == 1
    assert [each["order_number"] for each in found["orders"]] == [order.order_number]
    assert [each["amount_cents"] for each in found["payments"]] == [1500]
    assert [each["metadata"]["text"] for each in found["received"]] == ["AB-12"]
    assert [each["order_id"] for each in found["parcels"]] == [order.key]
    assert [each["product_id"] for each in found["waiting"]] == [gone.key]
    assert found["cart"]["items"][0]["name"] == "Mug"
    assert [each["state"] for each in found["earlier_carts"]] == ["SUBMITTED"]
    assert (len(found["discounts"]), found["discounts_used"]) == (1, [])
    assert found["fund_gifts"][0]["amount_cents"] == 777
    assert found["fund_received"][0]["amount_cents"] == 888
    assert found["discord_purchases"][0]["sku_id"] == "4711"
    assert found["user"]["roles"] == ["Packers"]
    assert found["accounts"][0]["provider_user_id"] == ADA.discord_id
    for hidden in ("hunter2", "secrets", "pays late", "called", BOB.discord_id, OWNER.username):
        assert hidden not in written, hidden


async def test_another_shop_knows_nothing_of_it(services: Services, shop: Shop, product: MakeProduct) -> None:
    """The same person there starts with an empty record."""
    await known(services, shop, ADA)
    await buying.order(services, shop, ADA, await product(stock=None))
    other = await services.shops.claim("901", "Borealis", BOB)
    found = await services.person_data.export(other, ADA)
    assert found["customer"]["email"] is None
    assert (found["orders"], found["payments"], found["cart"], found["user"]) == ([], [], None, None)


def test_a_large_export_is_packed_and_a_huge_one_refused() -> None:
    """Within Discord's limit it is plain JSON, whatever it says."""
    small = {"text": "ß \ud800 \N{PARTY POPPER}" * 10}
    name, content = as_file(small)
    assert name == "my-data.json"
    assert "\N{PARTY POPPER}" in json.loads(content)["text"]
    name, content = as_file({"text": "x" * 5000}, limit=2000)
    assert name == "my-data.zip"
    assert len(content) <= 2000
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert json.loads(archive.read("my-data.json")) == {"text": "x" * 5000}
    with pytest.raises(BadInput):
        as_file({"text": "x" * 5000}, limit=50)
