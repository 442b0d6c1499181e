"""Settings out of all bounds are refused in words, and first visits at once make one customer."""

import asyncio
from typing import Any

import pytest

from models.base import Db
from models.customer import Customer
from models.errors import BadInput
from models.payment_method import PaymentMethod
from models.tenant import ShippingType
from services import Services
from services.payments import by_hand
from services.payments.contract import Due
from services.shops import Shop
from tests.services.conftest import ADA, OWNER


@pytest.mark.parametrize("threshold", [10**30, 2**63, -1])
async def test_a_threshold_that_no_database_holds_is_refused(
    services: Services, shop: Shop, threshold: int
) -> None:
    """The answer is a refusal, not an error with a reference id."""
    with pytest.raises(BadInput):
        await services.shops.configure(shop, OWNER, low_inventory_threshold=threshold)


@pytest.mark.parametrize("more", [{"cost_cents": 10**30}, {"cost_cents": 5, "estimated_days": 10**30}])
def test_a_way_to_ship_has_a_cost_and_a_time_that_can_be_stored(more: dict[str, Any]) -> None:
    """Beyond what money and calendars hold there is no way to ship."""
    with pytest.raises(ValueError, match="less than or equal"):
        ShippingType(code="std", label="Standard", **more)


@pytest.mark.parametrize("name", ["社" * 500, "🧡" * 500, "x" * 500])
async def test_a_recipients_name_fits_into_a_qr_code(services: Services, shop: Shop, name: str) -> None:
    """A name that could be kept but not drawn would break every order paid this way."""
    with pytest.raises(BadInput):
        await services.methods.configure(
            shop, OWNER, "ZELLE", {"recipient": "pay@aurora.example", "recipient_name": name}
        )


async def test_twenty_first_visits_at_once_make_one_customer(db: Db, services: Services, shop: Shop) -> None:
    """Several clicks of a new face all find the same record."""
    found = await asyncio.gather(*(services.customers.of(shop, ADA) for _ in range(20)))
    assert len({customer.key for customer in found}) == 1
    assert await Customer.rows(db).count_documents({"tenantId": shop.id}) == 1


async def test_the_longest_name_that_is_taken_can_be_drawn(services: Services, shop: Shop) -> None:
    """80 characters outside the basic plane, the widest there are, still make a QR code."""
    values = {"recipient": f"{'a' * 64}@{'b' * 180}.example", "recipient_name": "🧡" * 80}
    await services.methods.configure(shop, OWNER, "ZELLE", values)
    text = by_hand()[PaymentMethod.ZELLE].prefill(values, Due(2000, "USD", "ABCD2345")).qr_text
    assert text is not None
    assert services.methods.qr_png(text).startswith(b"\x89PNG")
