"""What the audit proposes is carried out word for word on the real database, and the audit is quiet then."""

import json
from datetime import timedelta

import pytest

from bot.audit.saying import SAID, data
from models.order import Order
from models.shipment import Shipment
from services import Services
from services.books.auditor import Auditor, audited
from services.books.contract import Finding
from services.rules import Rules
from tests.services.books.conftest import World
from tests.services.books.doubles import DOUBLES
from tests.services.books.hands import HANDS, Owner
from tests.services.books.planting import FAULTS, Fault, copied, set_in
from tests.services.books.shell import carry_out, commands
from tests.services.books.test_faults import kept, restored

# What only a backup, another version or a person's judgement mends; its proposal names no command.
BEYOND = frozenset(
    {
        *("line_off", "refund_off", "payment_missing", "states_apart", "refunded_too_much", "goods_back"),
        *("reference_foreign", "reference_dangling", "entitlement_missing"),
        *("key_twice", "key_other", "key_slot"),
        *("keys_many", "shipment_missing", "parcel_pieces", "parcel_twice", "shipping_state"),
        *("effect_missing", "limit_exceeded", "assignment_exceeded", "use_missing", "fund_overdrawn"),
        *("gift_entries", "payout_entries", "gift_missing", "gift_unpaid", "invoice_gap", "invoice_twice"),
        *("session_unordered", "effect_unknown", "unreadable", "ownerless"),
    }
)


async def _empty_shipment(world: World) -> None:
    await copied(world, Shipment, {"orderId": world.paid.key}, orderId=world.game.key, parcels=[])


# Planted as their proposals want them: without parcels, and with a number that is one.
OTHERWISE = {
    "shipment_extra": Fault(frozenset({"shipment_extra"}), _empty_shipment),
    "invoice_foreign": set_in(
        Order, "paid", {"invoiceNumber": "INV-000009"}, "invoice_foreign", "invoice_gap"
    ),
}
# Here a line is wrong: what else adds up to it must not be made to fit it.
JUDGED = {"line_discount"}
# Mended first: what else is told follows from it.
ROOTS = ("refund_unsent", "hold_left")
_STEPS = 8


async def look(owner: Owner, fault: Fault) -> list[Finding]:
    """What the audit finds now, that from which the rest follows first."""
    auditor = Auditor(
        owner.world.db, owner.services.clock, Rules(), running=fault.running, pause=timedelta(0)
    )
    return sorted(await audited(auditor), key=lambda finding: finding.code not in ROOTS)


async def mended(owner: Owner, finding: Finding) -> bool:
    """Do what is proposed for one finding; False where nothing is."""
    proposal = json.loads(data(finding))["mend"].replace("THE_HIGHEST", _highest(finding))
    found = list(commands(proposal))
    for command in found:
        await carry_out(owner.world.db, command, owner.services.clock.now())
    if hand := HANDS.get(finding.code):
        await hand(owner, finding)
    return bool(found or hand)


def _highest(finding: Finding) -> str:
    """The one word of a proposal that its reader fills in."""
    names = finding.values.get("names") if finding.code == "invoice_foreign" else None
    return str(max(int(each.removeprefix("INV-")) for each in names)) if names else ""


async def left(owner: Owner, fault: Fault) -> set[str]:
    """What is still found when one thing after the other was mended, and the audit was run after each."""
    for _ in range(_STEPS):
        found = [each for each in await look(owner, fault) if each.code not in BEYOND]
        if not found or not await mended(owner, found[0]):
            break
    return {finding.code for finding in await look(owner, fault)}


def test_each_proposal_is_carried_out_or_needs_somebody_to_judge() -> None:
    """None is overlooked: whatever names a command is tried here."""
    tried = {code for code, said in SAID.items() if list(commands(said.mend))} | HANDS.keys()
    assert tried == SAID.keys() - BEYOND


async def test_what_is_proposed_mends_what_was_found(world: World, services: Services) -> None:
    """Each fault in turn; what is told in the end only a person can mend."""
    owner, before, wrong = Owner(world, services), await kept(world.db), dict[str, object]()
    for name, fault in {**FAULTS, **OTHERWISE}.items():
        if fault.codes <= BEYOND or name in JUDGED:
            continue
        await fault.plant(world)
        try:
            rest = await left(owner, fault)
        except Exception as error:  # noqa: BLE001 - all of them are told together
            wrong[name] = repr(error)
        else:
            if rest - BEYOND:
                wrong[name] = sorted(rest)
        await restored(world.db, before)
    assert wrong == {}


class TestDoubles:
    """What an index keeps from coming twice."""

    @pytest.fixture
    def database_name(self, fresh_database_name: str) -> str:
        """A database that loses its indexes."""
        return fresh_database_name

    @pytest.mark.parametrize("name", ["number", "payment", "cart"])
    async def test_a_double_is_mended(self, world: World, services: Services, name: str) -> None:
        """One of the two is none any more."""
        await DOUBLES[name].plant(world)
        assert await left(Owner(world, services), DOUBLES[name]) == set()
