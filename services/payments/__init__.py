"""Ways to pay, one file each, found by being there.

A file of this folder that defines `METHOD`, a `ByHand`, adds a way to pay that staff confirm. It owns the
method's name, its settings and how a payment link or QR text is written; nothing else has to change.
"""

import importlib
import pkgutil
from functools import cache

from models.payment_method import PaymentMethod
from services.payments.contract import ByHand


@cache
def by_hand() -> dict[PaymentMethod, ByHand]:
    """Every method whose payments staff confirm, in order of display."""
    found = [
        module.METHOD
        for name in sorted(info.name for info in pkgutil.iter_modules(__path__))
        if hasattr(module := importlib.import_module(f"{__name__}.{name}"), "METHOD")
    ]
    return {method.descriptor.value: method for method in sorted(found, key=lambda method: method.position)}
