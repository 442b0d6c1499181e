"""Ways to pay, one file each, found by being there.

A file of this folder that defines `METHOD`, a `ByHand`, adds a way to pay that staff confirm; one that
defines `PROCESSOR`, a `Processor`, adds one that confirms itself. The file owns the method's name, its
settings and its protocol; nothing else has to change.
"""

import importlib
import pkgutil
from collections.abc import Collection, Iterator
from functools import cache
from typing import Any

from models.payment_method import PaymentMethod
from models.required import required
from services.payments.contract import ByHand, MethodDescriptor, MethodKind
from services.payments.processor import AnyProcessor


def _each(word: str) -> Iterator[Any]:
    for name in sorted(info.name for info in pkgutil.iter_modules(__path__)):
        module = importlib.import_module(f"{__name__}.{name}")
        if hasattr(module, word):
            yield getattr(module, word)


@cache
def by_hand() -> dict[PaymentMethod, ByHand]:
    """Every method whose payments staff confirm, in order of display."""
    found: list[ByHand] = sorted(_each("METHOD"), key=lambda method: method.position)
    return {method.descriptor.value: method for method in found}


@cache
def processors() -> dict[PaymentMethod, type[AnyProcessor]]:
    """Every method whose payments a processor confirms, in order of display."""
    found: list[type[AnyProcessor]] = sorted(_each("PROCESSOR"), key=lambda processor: processor.position)
    return {processor.descriptor.value: processor for processor in found}


@cache
def _descriptors() -> dict[PaymentMethod, MethodDescriptor]:
    known = [*(method.descriptor for method in by_hand().values())]
    known += [processor.descriptor for processor in processors().values()]
    return {descriptor.value: descriptor for descriptor in known}


def get_payment_method_descriptor(method: str) -> MethodDescriptor:
    """What a way to pay says of itself; raises NotFound for a value that is none."""
    found = _descriptors().get(PaymentMethod(method)) if method in set(PaymentMethod) else None
    return required(found, "payment_method")


def get_enabled_descriptors(enabled: Collection[str]) -> list[MethodDescriptor]:
    """The descriptors of those of these methods that exist, in order of display."""
    return [descriptor for value, descriptor in _descriptors().items() if value in enabled]


def filter_descriptors_by_kind(
    kind: MethodKind, enabled: Collection[str] | None = None
) -> list[MethodDescriptor]:
    """The descriptors of one kind: p2p, processor or manual; of these methods, or of all with None."""
    every = list(_descriptors().values()) if enabled is None else get_enabled_descriptors(enabled)
    return [descriptor for descriptor in every if descriptor.kind == kind]
