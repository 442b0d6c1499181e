"""The partners of this installation, each made once.

A file of services/mail/, services/tax/ or services/shipping/ that defines `PARTNER`, a `Partner`, adds one;
in services/payments/ it is `PROCESSOR`. Nothing else has to change.
"""

import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from models.errors import NotFound
from services.calls import Calls
from services.partner import AnyPartner, PartnerKind, Site
from services.payments import processors
from services.payments.processor import AnyProcessor, Processor

_ROOM = Path(__file__).parent
_FOLDERS = (PartnerKind.MAIL, PartnerKind.TAX, PartnerKind.SHIPPING)


def _in_folder(kind: PartnerKind) -> Iterator[type[AnyPartner]]:
    for name in sorted(info.name for info in pkgutil.iter_modules([str(_ROOM / kind.value)])):
        module = importlib.import_module(f"services.{kind.value}.{name}")
        if hasattr(module, "PARTNER"):
            yield module.PARTNER


@cache
def known_partners() -> tuple[type[AnyPartner], ...]:
    """Every partner that a shop could have keys to, by kind and in order of display."""
    found: list[type[AnyPartner]] = [*processors().values()]
    for kind in _FOLDERS:
        found += sorted(_in_folder(kind), key=lambda partner: partner.position)
    return tuple(found)


class Partners:
    """Finds a partner by its name."""

    def __init__(
        self, calls: Calls, sites: Mapping[str, Site], more: Mapping[str, Mapping[str, Any]] | None = None
    ) -> None:
        """Take where partners answer, by name, where it differs, and what only one of them wants to know."""
        self._all = [
            each(calls, sites.get(each.name, each.site), **(more or {}).get(each.name, {}))
            for each in known_partners()
        ]
        self._by_name = {partner.name: partner for partner in self._all}

    def all(self) -> list[AnyPartner]:
        """Every partner, by kind and in order of display."""
        return list(self._all)

    def processors(self) -> list[AnyProcessor]:
        """Those that take payments."""
        return [partner for partner in self._all if isinstance(partner, Processor)]

    def named(self, name: str) -> AnyPartner:
        """The partner of this name; raises NotFound."""
        if name not in self._by_name:
            raise NotFound("provider")
        return self._by_name[name]

    def called(self, name: str) -> AnyPartner:
        """The same, a processor also by its way to pay, as buttons of older cards do; raises NotFound."""
        for processor in self.processors():
            if processor.descriptor.value.value == name:
                return processor
        return self.named(name)
