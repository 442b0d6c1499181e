"""What some refusals are made of, each thing by itself."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Amount:
    """Money that something has to reach or may not exceed, in minor units."""

    cents: int
    currency: str


@dataclass(frozen=True)
class Debt:
    """One thing that is still owed to or by a person: order, payment, refund, goods, parcel, cart, staff.

    `name` is the order's number where there is one, `status` a word of the translators.
    """

    kind: str
    name: str = ""
    status: str = ""


@dataclass(frozen=True)
class Change:
    """One thing that moved since the customer looked.

    Its kind is price, gone, roles, stock, shipping, discount, tax, donation, or term, which is the days that
    a role is kept.
    """

    kind: str
    name: str
    old: int | None = None
    new: int | None = None


@dataclass(frozen=True)
class KeyProblem:
    """What is wrong with a line of an import, counted from 1; never the key itself.

    `problem` is blank, too_long, unreadable, twice (as on the line `first`) or known.
    """

    line: int
    problem: str
    first: int | None = None
