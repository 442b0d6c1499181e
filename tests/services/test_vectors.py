"""Every recorded delivery of a provider that the shop has is judged by some test of that provider."""

import importlib
import json
import pkgutil
from collections.abc import Iterator
from types import ModuleType

import pytest

import tests.services
import tests.services.payments
import tests.services.shipping
from services.partners import known_partners
from tests.services.payments.vectors import FILE, Vector, vectors_of

# What the shop calls them where the file uses another name.
CALLED = {"square": "cashapp_pay"}
# They tell the shop nothing: it does not ask SendGrid what became of a letter, nor uses the others.
UNHEARD = {"shippo", "sendgrid", "cashapp_partner"}
DELIVER = {each.name for each in known_partners() if each.delivers} | {"discord"}
needs_file = pytest.mark.skipif(not FILE.exists(), reason="the recorded deliveries are not at hand")


def of_the_shop(provider: str) -> bool:
    """Whether the shop takes deliveries from whom the file calls so."""
    return CALLED.get(provider, provider) in DELIVER


def _modules() -> Iterator[ModuleType]:
    for package in (tests.services, tests.services.payments, tests.services.shipping):
        for found in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            if found.name.rpartition(".")[2].startswith("test_"):
                yield importlib.import_module(found.name)


def _tried() -> set[str]:
    """The ids of all vectors that tests of this room are parametrized with."""
    tests_found = (each for module in _modules() for each in vars(module).values() if callable(each))
    marks = (mark for test in tests_found for mark in getattr(test, "pytestmark", ()))
    values = (each for mark in marks if mark.name == "parametrize" for each in mark.args[1])
    return {each.id for each in values if isinstance(each, Vector)}


@needs_file
def test_no_vector_and_no_provider_is_forgotten() -> None:
    """Each vector with a verdict beyond dispute is tried, and who is not in the shop is named above."""
    found = json.loads(FILE.read_text(encoding="utf-8"))["vectors"]
    strangers = {each["provider"] for each in found if not of_the_shop(each["provider"])}
    assert strangers - {"stripe"} == UNHEARD
    wanted = {
        each["id"] for each in found if of_the_shop(each["provider"]) and each.get("policy") != "either"
    }
    assert len(wanted) >= 80
    assert wanted - _tried() == set()


@needs_file
def test_an_unknown_provider_has_no_vectors_to_skip_by_mistake() -> None:
    """A misspelt name is an error, not a test without cases."""
    with pytest.raises(LookupError):
        vectors_of("pay_pal")
