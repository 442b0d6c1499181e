import ast
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

import models.errors
from cogs._ui import labels, refusals
from cogs._ui.refusals import GuildLeft, GuildNeeded, sentence
from cogs._ui.words import Words
from models.errors import (
    AlreadyDecided,
    AlreadyExists,
    BadInput,
    BeyondOwnKeys,
    BotNotHere,
    CartChanged,
    CartEmpty,
    ChangedMeanwhile,
    ClaimNotAllowed,
    ConfirmInProgress,
    Declined,
    DiscountUsedUp,
    FeatureOff,
    FundClosed,
    FundShort,
    ImportStale,
    ImportUnderWay,
    KeysRefused,
    LowContrast,
    MayNotMake,
    NoShop,
    NotAllowed,
    NotApprover,
    NotFound,
    OrdersClosed,
    OutcomeUnknown,
    OutOfStock,
    OwnerOnly,
    ProviderError,
    RecordChanged,
    RecordsAway,
    ReferenceUsed,
    Refused,
    RolesMissing,
    SessionExpired,
    ShopError,
    StepMissing,
    StillOwed,
    TaxUnknown,
    TooFast,
    Unavailable,
    UnderWay,
    WrongKeys,
)
from models.problems import Change, Debt, KeyProblem

ROOT = Path(models.errors.__file__).parents[1]
SAMPLES: list[ShopError] = [
    ShopError(),
    RecordsAway(),
    BadInput("quantity", "range", 99),
    NotFound("product"),
    NoShop(),
    NotAllowed("payment.approve"),
    RolesMissing("Mug", ("1", "2")),
    OutOfStock("Mug", 0),
    OutOfStock("Mug", 1),
    OutOfStock("Mug", 3),
    OutOfStock("Mug", 1, 1),
    OutOfStock("Mug", 3, 3),
    DiscountUsedUp("SUMMER"),
    FundClosed(),
    FundShort(500, "USD"),
    FundShort(-500, "USD"),
    NotApprover(("admin", "community_leader")),
    NotApprover(()),
    NotFound("disbursement"),
    BadInput("discount_code", "code_ended"),
    CartEmpty(),
    CartChanged((Change("price", "Mug", 100, 200), Change("stock", "Cap", 3, 1))),
    ConfirmInProgress(),
    UnderWay(),
    OrdersClosed(),
    TooFast(datetime(2026, 12, 1, tzinfo=UTC)),
    OwnerOnly(),
    ClaimNotAllowed(),
    BotNotHere(),
    MayNotMake(),
    NotFound("moving_shop"),
    BeyondOwnKeys(("config.manage", "fund.approve", "mail.carrier", "tomorrow.rule")),
    StillOwed((Debt("order", "A-1", "PAID"), Debt("cart"))),
    FeatureOff("waitlist"),
    FeatureOff("email", final=True),
    LowContrast("text", "container", 2.25, "#595959"),
    LowContrast("muted", "section_bg", 4.49, None),
    NotFound("customer"),
    NotFound("queue"),
    SessionExpired(),
    StepMissing("ADDRESS"),
    TaxUnknown(),
    Refused("order", "CANCELLED"),
    Refused("payment", "confirmed"),
    Refused("parcel", "sent"),
    BadInput("weight", "no_unit", "250 g"),
    BadInput("size", "most", "3 m"),
    BadInput("ship_from", "required"),
    BadInput("parcels", "too_many", 50),
    NotFound("parcel"),
    NotFound("rate"),
    AlreadyDecided("confirmed"),
    KeysRefused((KeyProblem(2, "blank"), KeyProblem(7, "twice", 3))),
    ReferenceUsed("A-1"),
    AlreadyExists("sku"),
    AlreadyExists("name"),
    ChangedMeanwhile(),
    RecordChanged(),
    ImportStale(("MUG", "CAP"), 30),
    ImportStale(("MUG",), 1),
    ImportUnderWay(),
    BadInput("csv_file", "csv_wrong"),
    NotFound("import"),
    ProviderError("paypal"),
    Declined("paypal", "PAYEE_ACCOUNT_RESTRICTED"),
    WrongKeys("cashapp_pay", "http_401"),
    Unavailable("nowpayments", "http_502"),
    OutcomeUnknown("stripe", "TimeoutError"),
    GuildNeeded(),
    GuildLeft(),
]


def tree(kind: type[ShopError]) -> Iterator[type[ShopError]]:
    """A refusal and everything under it that the shop defines."""
    yield kind
    for child in kind.__subclasses__():
        yield from tree(child)


def told(name: str, place: int) -> set[str]:
    """Every word that the rooms put at this place of a refusal of this name."""
    found: set[str] = set()
    for room in ("services", "models", "cogs"):
        for path in (ROOT / room).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") == name:
                    found |= set(words_of(node, place))
    return found


def words_of(call: ast.Call, place: int) -> Iterator[str]:
    """The constant texts of one argument, also of both branches of an `if`."""
    given = call.args[place : place + 1]
    branches = [each for node in given if isinstance(node, ast.IfExp) for each in (node.body, node.orelse)]
    yield from (str(each.value) for each in (*given, *branches) if isinstance(each, ast.Constant))


@pytest.mark.parametrize("error", SAMPLES, ids=repr)
def test_every_refusal_is_one_readable_sentence(error: ShopError) -> None:
    """It begins with a capital, ends with a stop, leaves no place unfilled and shows no internals."""
    said = sentence(error, Words.of("en-US"))
    assert said[0].isupper() or said.startswith("**")
    assert said.splitlines()[0].endswith((".", "?"))
    assert "{" not in said
    assert type(error).__name__ not in said


def test_the_whole_tree_is_told() -> None:
    """Every refusal of models/errors.py, and of this room, has a sample above and a sentence of its own."""
    own = {kind for kind in tree(ShopError) if kind.__module__.startswith(("models.", "cogs."))}
    assert own == {type(error) for error in SAMPLES}
    assert own <= set(refusals._SAID)


def test_a_refusal_that_nobody_foresaw_is_told_as_its_parent() -> None:
    """A finer refusal added later says at least what its parent says."""

    class SoldOutForever(OutOfStock):
        pass

    said = sentence(SoldOutForever("Mug", 0), Words.of("en-US"))
    assert said == sentence(OutOfStock("Mug", 0), Words.of("en-US"))


def test_every_word_of_a_refusal_is_known() -> None:
    """A problem, a kind or a field that somebody names has words for people."""
    assert told("BadInput", 1) - set(refusals._PROBLEMS) == set()
    assert (told("NotFound", 0) | told("required", 1)) - set(refusals._UNKNOWN) == set()
    assert told("Change", 0) - set(refusals._CHANGES) == set()
    assert told("AlreadyExists", 0) - set(refusals._TAKEN) - set(labels.FIELDS) == set()
    assert told("BadInput", 0) - set(labels.FIELDS) == set()


@pytest.mark.parametrize(
    "error",
    [
        BadInput("weird_field", "weird_problem"),
        NotFound("unicorn"),
        StepMissing("DONATION"),
        Refused("unicorn", "asleep"),
        AlreadyExists("horn"),
        CartChanged((Change("weather", "Mug"),)),
    ],
    ids=repr,
)
def test_an_unknown_word_still_makes_a_sentence(error: ShopError) -> None:
    """Words of a later version fall back to something true."""
    said = sentence(error, Words.of("en-US"))
    assert said.endswith(".")
    assert "{" not in said


def test_names_in_refusals_are_harmless_and_short() -> None:
    """A product's name cannot ping, format or fill the screen."""
    said = sentence(OutOfStock("**@everyone** {left} " * 200, 0), Words.of("en-US"))
    assert "@everyone" not in said
    assert "{left}" in said
    assert len(said) < 500


TYPED = "[x](https://evil.example) **@here**"


def test_what_was_typed_is_harmless_in_the_sentence_about_it() -> None:
    """A product's name that nobody knows is shown, not obeyed."""
    said = sentence(BadInput("products", "unknown_product", TYPED), Words.of("en-US"))
    assert "[x](" not in said
    assert "https://" not in said
    assert "@here" not in said
    assert "evil.example" in said


def test_what_moved_is_listed() -> None:
    """A changed cart names each change."""
    error = CartChanged((Change("stock", "Cap", 3, 1), Change("gone", "Mug"), Change("roles", "Key")))
    lines = refusals.changes(error, Words.of("en-US"))
    assert lines[0] == "Fewer of **Cap** are left than you chose."
    assert len(lines) == 3
    assert all(line in sentence(error, Words.of("en-US")) for line in lines)


def test_missing_roles_are_named_by_discord() -> None:
    """Role mentions show each role's own name; nothing is pinged by an answer."""
    assert "<@&1>, <@&2>" in sentence(RolesMissing("Mug", ("1", "2")), Words.of("en-US"))


def test_a_provider_is_called_by_its_name_and_its_own_words_stay_inside() -> None:
    """Customers know Cash App Pay and Bitcoin, not an adapter's name or an error code."""
    said = sentence(WrongKeys("cashapp_pay", "http_401"), Words.of("en-US"))
    assert said.startswith("Cash App Pay does not accept this shop's keys.")
    assert sentence(Unavailable("NOWPAYMENTS"), Words.of("en-US")).startswith("Bitcoin does not answer")
    assert "http_401" not in said


def test_what_nobody_knows_is_not_to_be_done_again() -> None:
    """After a lost answer a second try could pay twice, so that is what the sentence asks not to do."""
    said = sentence(OutcomeUnknown("stripe"), Words.of("en-US"))
    assert "Please do not do it again" in said
    assert "try again" not in said
