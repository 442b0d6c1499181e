"""The one tree of refusals: a ShopError may be shown to a person, anything else is a bug.

ShopError
├── BadInput            a value that cannot be taken; names the field
├── NotFound            unknown here, also when it belongs to another tenant
├── RecordsAway         the database cannot be reached, and nobody can say whether it was done
├── NoShop              this guild has no shop yet
├── NotAllowed          the permission key that is missing
├── OwnerOnly           only whoever owns the shop, or the server, may do it
├── ClaimNotAllowed     only who owns or manages the server may open a shop in it
├── MayNotMake          the bot lacks the permission to make channels
├── BeyondOwnKeys       permission keys that nobody can give who lacks them
├── StillOwed           what a person's records are still needed for
├── RolesMissing        a product asks for roles the customer does not hold
├── OutOfStock          fewer are left than asked for
├── DiscountUsedUp      others used a discount up before this order was paid
├── TooFast             so much at once that the person has to wait a moment
├── OrdersClosed        the shop takes no orders from this customer
├── FundClosed          the shop has no community fund, or it is closed
├── FundShort           less is in the fund than should be paid out
├── NotApprover         the person may not pay out of the fund
├── CartEmpty, SessionExpired
├── CartChanged         prices, roles or stock moved since the person last looked
├── UnderWay            it is being tried at this moment
├── ConfirmInProgress   the same order is being placed at this moment
├── StepMissing         a step of checkout has no answer yet
├── TaxUnknown          the tax cannot be computed just now, and the shop sells nothing without it
├── Refused             a state does not allow the step
├── AlreadyDecided      somebody else was faster
├── ReferenceUsed       a payment reference was approved before
├── AlreadyExists       a name or number that must be unique is taken
├── KeysRefused         lines of an import of keys that cannot be taken
├── ImportStale         records changed since an import of them was looked at
├── ImportUnderWay      another import of the shop is carried out at this moment
├── ChangedMeanwhile    somebody else saved the same thing first
│   └── RecordChanged   the same, of a record in the panel
├── FeatureOff          this part of the shop is switched off
├── LowContrast         a theme's text could not be read on its ground
└── ProviderError       an outside service did not do what was asked
    ├── Declined        it understood and refuses
    ├── WrongKeys       it does not accept the shop's keys
    ├── Unavailable     it did nothing, and may do it later
    └── OutcomeUnknown  nobody can tell whether it did it
"""

from dataclasses import dataclass, field
from datetime import datetime

from models.problems import Amount, Change, Debt, KeyProblem


class ShopError(Exception):
    """An expected refusal; its meaning may be shown to the person who asked."""


@dataclass(eq=False)
class BadInput(ShopError):
    """A value that cannot be taken: `problem` is one of the words the translators know."""

    field: str
    problem: str
    limit: int | str | Amount | None = None


@dataclass(eq=False)
class NotFound(ShopError):
    """Unknown in this shop; `kind` says in a word what was looked for."""

    kind: str


class RecordsAway(ShopError):
    """The database cannot be reached at the moment; nobody can say whether what was asked for is done."""


class NoShop(ShopError):
    """This guild has not been claimed by a shop."""


@dataclass(eq=False)
class NotAllowed(ShopError):
    """The permission key that the person lacks."""

    permission: str


class OwnerOnly(ShopError):
    """Only whoever owns the shop may do it, or where that is said, the server."""


class ClaimNotAllowed(ShopError):
    """Only who owns or manages the server may open a shop in it, or bring one there."""


class BotNotHere(ShopError):
    """Commands work in a server that the bot is no member of; a shop would not."""


class MayNotMake(ShopError):
    """The bot lacks the permission Manage Channels."""


@dataclass(eq=False)
class BeyondOwnKeys(ShopError):
    """Permission keys, or `fund.approve`, that the person lacks and so cannot give, take or change."""

    keys: tuple[str, ...]


@dataclass(eq=False)
class StillOwed(ShopError):
    """A person cannot be erased before these are settled."""

    debts: tuple[Debt, ...]


@dataclass(eq=False)
class RolesMissing(ShopError):
    """The product and the Discord roles of which the customer needs one."""

    product_name: str
    role_ids: tuple[str, ...]


@dataclass(eq=False)
class OutOfStock(ShopError):
    """The product, how many are left (None: the shop keeps that to itself), and how many the cart holds."""

    product_name: str
    left: int | None
    in_cart: int = 0


@dataclass(eq=False)
class DiscountUsedUp(ShopError):
    """A cancelled order's discount was used up by others before the order was paid after all; its code."""

    code: str


@dataclass(eq=False)
class TooFast(ShopError):
    """Nothing was done; when to go on."""

    again_at: datetime


class OrdersClosed(ShopError):
    """Staff have deactivated this customer: no new order is taken, what was paid still arrives."""


class FundClosed(ShopError):
    """The shop has no community fund, or it takes nothing at the moment."""


@dataclass(eq=False)
class FundShort(ShopError):
    """What is in the fund, in minor units, which is less than should be paid out of it."""

    balance_cents: int
    currency: str


@dataclass(eq=False)
class NotApprover(ShopError):
    """The names of the roles that may pay out of the fund, none of which the person holds."""

    roles: tuple[str, ...]


class CartEmpty(ShopError):
    """There is nothing to check out."""


@dataclass(eq=False)
class CartChanged(ShopError):
    """What moved since the customer last looked; nothing was placed. Amounts in minor units."""

    changes: tuple[Change, ...] = field(default=())


class ConfirmInProgress(ShopError):
    """Another click is placing this order at this moment."""


class UnderWay(ShopError):
    """It is being tried at this very moment, so nobody can say yet that it was done by hand."""


class SessionExpired(ShopError):
    """The cart was left too long and its checkout has ended."""


@dataclass(eq=False)
class StepMissing(ShopError):
    """The step of checkout that has no answer yet: address, shipping or payment."""

    step: str


class TaxUnknown(ShopError):
    """The tax cannot be computed at the moment, and the shop sells nothing without it; nothing was placed."""


@dataclass(eq=False)
class Refused(ShopError):
    """A record's state does not allow the step."""

    kind: str
    status: str


@dataclass(eq=False)
class AlreadyDecided(ShopError):
    """Somebody decided this payment first; `status` is what they decided."""

    status: str


@dataclass(eq=False)
class ReferenceUsed(ShopError):
    """The reference was approved before, on the order named; ask again to approve all the same."""

    order_number: str


@dataclass(eq=False)
class AlreadyExists(ShopError):
    """The value that must be unique is taken."""

    field: str


@dataclass(eq=False)
class KeysRefused(ShopError):
    """Keys that were not imported, none of them, because of these lines."""

    problems: tuple[KeyProblem, ...]


@dataclass(eq=False)
class ImportStale(ShopError):
    """What the first of these rows are about, and how many changed since the import was looked at."""

    rows: tuple[str, ...]
    total: int


class ImportUnderWay(ShopError):
    """Another import of this shop is carried out at this moment."""


class ChangedMeanwhile(ShopError):
    """Somebody else changed the same settings since they were shown."""


class RecordChanged(ChangedMeanwhile):
    """A record is not what it was when it was opened for editing; nothing was stored."""


@dataclass(eq=False)
class FeatureOff(ShopError):
    """A part of the shop that is switched off; `final` when only who runs the bot could change that."""

    flag: str
    final: bool = False


@dataclass(eq=False)
class LowContrast(ShopError):
    """A theme's text that cannot be read on a ground of it, by WCAG; `nearest` passes, where any does."""

    text: str
    ground: str
    ratio: float
    nearest: str | None


@dataclass(eq=False)
class ProviderError(ShopError):
    """An outside service did not do it: its name, and its own short code for the reason where it gave one."""

    provider: str
    code: str | None = None


class Declined(ProviderError):
    """The service understood what was asked and refuses; asking again changes nothing."""


class WrongKeys(ProviderError):
    """The service does not accept the shop's keys: staff have to enter them anew."""


class Unavailable(ProviderError):
    """The service certainly did nothing: it is down, or asked us to slow down; later it may."""


class OutcomeUnknown(ProviderError):
    """The answer was lost: nobody can tell whether it was done, so it must not be sent again blindly."""
