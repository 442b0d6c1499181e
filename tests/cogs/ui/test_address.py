"""Addresses as people read them: on cards, in menus, on invoices."""

import pytest

from cogs._ui.address import address_label, address_lines, address_text
from cogs._ui.words import Words
from models.address import Address

ENGLISH, GERMAN = Words.of("en-US"), Words.of("de")


def home(**parts: str) -> Address:
    """Ada's, in Berlin."""
    base = {"name": "Ada", "line1": "Gartenstraße 12", "city": "Berlin", "state": "", "postal_code": "10115"}
    return Address.model_validate({"tenant_id": "t", "country": "DE", **base, **parts})


def test_an_address_stands_as_its_country_writes_it() -> None:
    """The country in the reader's language; the same lines on the card and on the invoice."""
    assert address_lines(home(), GERMAN) == ["Ada", "Gartenstraße 12", "10115 Berlin", "Deutschland"]
    said = address_text(home(line2="Hof", phone="+49 30 1"), ENGLISH)
    assert said == "Ada\nGartenstraße 12\nHof\n10115 Berlin\nGermany\n\\+49 30 1"
    british = home(line1="1 High Street", city="Reading", postal_code="RG1 1AA", country="GB")
    assert address_lines(british, ENGLISH)[2:] == ["Reading", "RG1 1AA", "United Kingdom"]


def test_in_a_menu_it_is_one_line() -> None:
    """With what tells two addresses in one street apart."""
    assert address_label(home(), ENGLISH) == "Ada, Gartenstraße 12, 10115 Berlin, Germany"


@pytest.mark.parametrize("hostile", ["**b**", "~~x~~", "[x](//evil.de)", "```"])
def test_no_part_of_it_is_marked_up_on_a_card(hostile: str) -> None:
    """Whatever somebody typed as their city or state."""
    for part in ("name", "line1", "line2", "city", "state", "postal_code", "phone"):
        assert hostile not in address_text(home(**{part: hostile}), ENGLISH)
