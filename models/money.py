"""Money as integers of minor units: reading, spreading, percentages; never a float."""

import re
from decimal import ROUND_HALF_UP, Decimal

from models.errors import BadInput

MAX_CENTS = 99_999_999
# ISO 4217: minor units that are no hundredths; currencies with thousandths are refused.
_WHOLE = frozenset(re.findall("...", "BIFCLPDJFGNFISKJPYKMFKRWPYGRWFUGXUYIVNDVUVXAFXOFXPF"))
_THOUSANDTHS = frozenset(re.findall("...", "BHDIQDJODKWDLYDOMRTND"))
_CODE = re.compile(r"[A-Z]{3}")
_AMOUNT = re.compile(r"[0-9]{1,9}(?:[.,][0-9]{1,2})?")


def currency_code(text: str) -> str:
    """Read an ISO 4217 code such as `usd`; raises BadInput for one that the shop cannot count in."""
    code = text.strip().upper()
    if not _CODE.fullmatch(code) or code in _THOUSANDTHS:
        raise BadInput("currency", "not_a_currency")
    return code


def exponent(currency: str) -> int:
    """How many decimal places the currency's minor unit has (ISO 4217), 0 or 2."""
    return 0 if currency in _WHOLE else 2


def parse_amount(text: str, currency: str, *, field: str = "amount") -> int:
    """Read what a person typed, such as `12.50`, `$12.50` or `12,50`, as minor units.

    Raises BadInput when it is no amount, has too many decimals or exceeds MAX_CENTS.
    """
    cleaned = text.strip().lstrip("$€£¥").removesuffix(currency).strip()
    if not _AMOUNT.fullmatch(cleaned):
        raise BadInput(field, "not_an_amount")
    value = Decimal(cleaned.replace(",", ".")).scaleb(exponent(currency))
    if value != value.to_integral_value():
        raise BadInput(field, "too_many_decimals", exponent(currency))
    if value > MAX_CENTS:
        raise BadInput(field, "too_large", MAX_CENTS)
    return int(value)


def decimal_text(cents: int, currency: str) -> str:
    """The plain decimal form that links and providers want, such as `12.50` or `1250` for JPY."""
    return f"{Decimal(cents).scaleb(-exponent(currency)):f}"


def percent_of(cents: int, percent: Decimal) -> int:
    """A percentage of an amount, rounded half up once."""
    return int((Decimal(cents) * percent / 100).to_integral_value(ROUND_HALF_UP))


def spread(amount: int, weights: list[int]) -> list[int]:
    """Share an amount over lines in proportion to their weights, the odd cents by largest remainder.

    The parts always sum to the amount; with all weights 0 everything falls on the first line.
    """
    total = sum(weights)
    if not weights:
        return []
    if total == 0:
        return [amount, *[0] * (len(weights) - 1)]
    parts = [amount * weight // total for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: (-(amount * weights[i] % total), i))
    for i in by_remainder[: amount - sum(parts)]:
        parts[i] += 1
    return parts
