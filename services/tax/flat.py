"""One percentage of everything, for shops that owe the same tax wherever they sell."""

import re
from decimal import Decimal

from models.errors import BadInput
from models.money import percent_of
from services.tax.contract import Basis, Levy, levy

_RATE = re.compile(r"([0-9]{1,3}(?:[.,][0-9]{1,4})?) ?%?")
_MOST = 100


def flat(basis: Basis, percent: Decimal, *, on_shipping: bool) -> Levy:
    """The tax on an order, rounded half up once and spread over its lines and, if taxed, its shipping."""
    nets = basis.nets if on_shipping else [*basis.nets[:-1], 0]
    return levy(percent_of(sum(nets), percent), nets)


def read_rate(text: str) -> Decimal:
    """A rate such as `8.875` or `19 %`, above 0 and at most 100; raises BadInput."""
    found = _RATE.fullmatch(text.strip())
    percent = Decimal(found[1].replace(",", ".")) if found else Decimal(0)
    if not 0 < percent <= _MOST:
        raise BadInput("tax_percent", "example", "8.25")
    return percent
