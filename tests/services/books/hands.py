"""What a person does beside or instead of a command that the audit proposes, by the finding's word."""

from collections.abc import Awaitable, Callable
from typing import NamedTuple

from bson import ObjectId

from models.digital_key import DigitalKey
from models.entitlement import Entitlement
from models.fund import CommunityFundContribution
from models.inventory import InventoryTransaction
from models.order import Order
from models.payment import Payment
from services import Services
from services.books.contract import Finding
from services.queue_entries import Source
from tests.services.books.conftest import World
from tests.services.conftest import OWNER


class Owner(NamedTuple):
    """Whoever reads the audit, and the shop that they mend."""

    world: World
    services: Services

    async def order(self, finding: Finding) -> Order:
        """The order that a finding names."""
        found = await Order.get(self.world.db, self.world.shop.id, finding.where["order"])
        assert found is not None
        return found


type Hand = Callable[[Owner, Finding], Awaitable[object]]


async def _start(owner: Owner, _: Finding) -> None:
    """Start it: whoever goes the rounds does what is due."""
    await owner.services.inbox.drain()
    await owner.services.sweeper.sweep()
    await owner.services.worker.drain()


async def _retry(owner: Owner, entry: str) -> None:
    await owner.services.queue.retry(owner.world.shop, OWNER, entry)
    await owner.services.worker.drain()


async def _retry_effect(owner: Owner, finding: Finding) -> None:
    entry = await owner.services.queue.of_effect(owner.world.shop, finding.where["effect"])
    await _retry(owner, entry.id)


async def _retry_keys(owner: Owner, finding: Finding) -> None:
    await _retry(owner, f"{Source.ENTITLEMENT}{finding.where['entitlement']}")


async def _replay(owner: Owner, finding: Finding) -> None:
    await owner.services.inbox.replay(owner.world.shop, OWNER, finding.record)


async def _cancel(owner: Owner, finding: Finding) -> None:
    await owner.services.orders.staff_cancel(owner.world.shop, OWNER, finding.where["order"], "never paid")


async def _no_label(owner: Owner, finding: Finding) -> None:
    """The shop has no partner who could be asked."""
    where, shop = finding.where, owner.world.shop
    await owner.services.labels.give_up(shop, OWNER, where["order"], where["parcel"])


async def _not_made(owner: Owner, finding: Finding) -> None:
    where = finding.where
    await owner.services.refunds.resolve(
        owner.world.shop, OWNER, where["payment"], where["refund"], done=False
    )


async def _numbered_alike(owner: Owner, finding: Finding) -> None:
    other = await Order.get(owner.world.db, owner.world.shop.id, finding.where["other"])
    assert other is not None
    number = {"$set": {"orderNumber": other.order_number}}
    await Payment.rows(owner.world.db).update_one({"orderId": other.key}, number)


async def _number_of_order(owner: Owner, finding: Finding) -> None:
    number = {"$set": {"orderNumber": (await owner.order(finding)).order_number}}
    await Payment.rows(owner.world.db).update_one({"_id": ObjectId(finding.where["payment"])}, number)


async def _never_paid(owner: Owner, finding: Finding) -> None:
    nothing = {"$set": {"paidAt": None}}
    await Order.rows(owner.world.db).update_one({"_id": ObjectId(finding.where["order"])}, nothing)


async def _of_buyer(owner: Owner, finding: Finding) -> None:
    buyer = (await owner.order(finding)).customer.discord_id
    where = {"_id": ObjectId(finding.where["entitlement"])}
    await Entitlement.rows(owner.world.db).update_one(where, {"$set": {"userId": buyer}})


async def _gift_of_order(owner: Owner, finding: Finding) -> None:
    sums = {"amountCents": (await owner.order(finding)).donation_cents}
    where = {"_id": ObjectId(finding.where["gift"])}
    await CommunityFundContribution.rows(owner.world.db).update_one(where, {"$set": sums})


async def _replaced(owner: Owner, finding: Finding) -> None:
    now = owner.services.clock.now()
    fields = {"status": "REPLACED", "takenAt": now, "replacedAt": now}
    where = {"_id": ObjectId(finding.where["key"])}
    await DigitalKey.rows(owner.world.db).update_one(where, {"$set": fields})


async def _sold(owner: Owner, finding: Finding) -> None:
    """Add the row that is missing, which the stock takes over."""
    where, values = finding.where, finding.values
    rows = InventoryTransaction.rows(owner.world.db)
    row = await rows.find_one({"orderId": where["order"], "productId": where["product"], "type": "SALE"})
    assert row is not None
    less = values["sold"] - values["due_sold"]
    await rows.insert_one({**row, "_id": ObjectId(), "quantityDelta": less, "settled": False})
    await _start(owner, finding)


HANDS: dict[str, Hand] = {
    **dict.fromkeys(("hold_left", "offer_left", "hold_overdue", "session_stuck"), _start),
    **dict.fromkeys(("effect_late", "event_late", "effect_never", "invoice_unnumbered"), _start),
    "effect_silent": _retry_effect,
    "keys_short": _retry_keys,
    "event_silent": _replay,
    "hold_endless": _cancel,
    "label_unasked": _no_label,
    "refund_unsent": _not_made,
    "number_twice": _numbered_alike,
    "payment_other": _number_of_order,
    "paid_undated": _never_paid,
    "entitlement_other": _of_buyer,
    "gift_other": _gift_of_order,
    "key_apart": _replaced,
    "goods_moved": _sold,
}
