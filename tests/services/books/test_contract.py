"""Every check of the books keeps to the contract: its words are its own, planted, and said in full."""

import pytest

from bot.audit.saying import SAID, data, line
from bot.audit.words import names
from models.base import TenantDocument
from models.books_references import REFERENCES
from models.registry import all_documents
from services.books import checks
from services.books.auditor import OWN
from services.books.contract import Check, Finding, Severity
from tests.services.books.conftest import World
from tests.services.books.doubles import DOUBLES
from tests.services.books.planting import FAULTS
from tests.services.conftest import Audited

# What names no record of the shop's, or one that may be gone: who acted, whose place it is, a partner's ids.
_ELSEWHERE = {
    *("tenantId", "guildId", "discordUserId", "userId", "roleId", "actorId", "entityId", "themeId"),
    *("channelId", "messageId", "skuId", "approverUserId", "ownerUserId", "replacedById"),
    *("cardChannelId", "cardMessageId", "adminChannelId", "announcementChannelId", "defaultOrderChannelId"),
    *("celebrationChannelId", "confirmingOrderId", "discordId", "defaultAddressId"),
    *(
        "correlationId",
        "eventId",
        "entitlementId",
        "adminUserIds",
        "registeredDiscordUserIds",
        "entityIds",
        "roleIds",
    ),
    *("adminRoleIds", "staffRoleIds", "customerRoleIds", "grantedRoleIds", "requiredRoleIds"),
}


@pytest.mark.parametrize("check", checks(), ids=lambda check: check.name)
def test_a_check_says_what_it_goes_through_and_may_find(check: Check) -> None:
    """It has a name that can be typed, records of tenants, and words that are its own."""
    assert check.name.isidentifier()
    assert check.over
    assert all(issubclass(document, TenantDocument) for document in check.over)
    others = [other for other in checks() if other is not check]
    assert check.finds
    assert not any(check.finds & other.finds for other in others)


def test_every_word_is_planted_and_said() -> None:
    """No word is without a fault that brings it up, nor without its sentences; and none is left over."""
    words = {word for check in checks() for word in check.finds} | OWN
    planted = {code for fault in (*FAULTS.values(), *DOUBLES.values()) for code in fault.codes}
    assert words == planted == set(SAID)


async def test_every_sentence_is_complete(world: World, audited: Audited) -> None:
    """Whatever a sentence wants to know, its finding tells; and neither names a person."""
    for name, fault in FAULTS.items():
        if not {"hold_overdue", "uses_off", "stock_drift", "event_dead"} & fault.codes:
            continue
        await fault.plant(world)
        found = await audited(running=fault.running)
        assert found, name
        for finding in found:
            told = f"{line(finding)}{data(finding)}"
            assert "None" not in line(finding)
            assert not any(person in told for person in ("ada", "Ada", "bob", "Bob", "@"))


def test_sentences_ask_only_for_what_findings_know() -> None:
    """A name in a sentence is one of those that findings have."""
    known = {
        *("tenant", "record", "collection", "order", "product", "payment", "said", "due", "other", "many"),
        *("order_state", "payment_state", "discount", "assignment", "use", "balance", "returned", "gift"),
        *("came", "went", "number"),
        *("payout", "names", "counter", "stock", "held", "ledger", "ledger_held", "pieces", "stands"),
        *("sold", "due_held", "due_sold", "back", "kind", "entitlement", "state", "key", "shipment"),
        *("effect", "refund", "cents", "event", "provider", "session", "field", "target", "fields"),
    }
    for code, said in SAID.items():
        assert set().union(*map(names, said)) <= known, code
        assert all(text.strip() and "\n" not in text for text in said)


def test_a_line_fills_in_what_is_known() -> None:
    """Ids and numbers stand where the sentence has their names."""
    where, values = {"order": "o1"}, {"said": 3, "due": 4}
    told = line(Finding("total_off", Severity.WRONG, "t1", "orders", "o1", where, values))
    assert "The total of order o1 is 3, its parts come to 4." in told
    assert 'updateOne({_id: ObjectId("o1"), totalCents: 3}, {$set: {totalCents: 4}})' in told


def test_whatever_names_a_record_is_looked_after() -> None:
    """Each field that ends in an id is among the references, or known to name no record of the shop's."""
    known = {(each.document, each.path.rpartition(".")[2]) for each in REFERENCES}
    fields = {
        (document, field.key_name)
        for document in all_documents()
        if issubclass(document, TenantDocument)
        for field in document.__odm_fields__.values()
        if getattr(field, "key_name", "").endswith(("Id", "Ids"))
    }
    strays = {(document.__name__, name) for document, name in fields - known if name not in _ELSEWHERE}
    assert strays == set()
