"""Small texts on their way in and out: searches, addresses, links in the shop's own words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cogs._ui.address import address_label, address_text, typed_address
from cogs._ui.linked import linked
from cogs._ui.products import Place, searchable
from cogs._ui.target import Target
from cogs._ui.words import Words
from models.address import Address

ENGLISH, GERMAN = Words.of("en-US"), Words.of("de")


@given(st.text(max_size=300))
def test_a_search_always_fits_a_button(text: str) -> None:
    """Whatever is typed, its beginning is searched for and travels in a custom_id."""
    query = searchable(text)
    assert Target("shop:add", "f" * 24, 99999, query).custom_id.startswith("shop:add:")
    assert " ".join(text.split()).startswith(query)


@pytest.mark.parametrize(("page", "read"), [("3", 3), ("-1", 0), ("x", 0), ("", 0), ("9" * 20, 0)])
def test_a_forged_page_is_the_first(page: str, read: int) -> None:
    """Only digits make a page."""
    assert Place.read(page, "mug") == Place(read, "mug")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("get_it: https://x.example/a_b_c?d=1 now_", r"get\_it: https://x.example/a_b_c?d=1 now\_"),
        ("a_b *c*", r"a\_b \*c\*"),
        ("[trap](https://x.example/y)", r"\[trap\](https://x.example/y)"),
        ("line one\n\nline two", "line one\n\nline two"),
        ("ftp://x.example", r"ftp:\//x.example"),
    ],
)
def test_addresses_stay_clickable_and_nothing_else_is_marked_up(text: str, shown: str) -> None:
    """Staff's links work, their text shows as it was written, and no link hides behind a word."""
    assert linked(text) == shown


@pytest.mark.parametrize(
    ("typed", "words", "code"),
    [
        ("us", ENGLISH, "US"),
        ("United States", ENGLISH, "US"),
        ("germany ", ENGLISH, "DE"),
        ("Deutschland", GERMAN, "DE"),
        ("Germany", GERMAN, "DE"),
        ("uk", ENGLISH, "GB"),
        ("Atlantis", ENGLISH, "ATLANTIS"),
    ],
)
def test_a_country_is_known_by_code_and_by_name(typed: str, words: Words, code: str) -> None:
    """In the person's language and in English; what is unknown is left for the service to refuse."""
    assert typed_address({"country": typed}, words)["country"] == code


def test_five_inputs_hold_all_eight_parts() -> None:
    """Two lines of street, city and state, country and phone are told apart."""
    typed = typed_address(
        {
            "name": "Ada",
            "street": "1 Street\nFlat 2\nBack yard",
            "place": "Washington, D.C.",
            "postal_code": "20001",
            "country": "US, +1 202 555 0100",
        },
        ENGLISH,
    )
    assert {key: value.strip() for key, value in typed.items()} == {
        "name": "Ada",
        "line1": "1 Street",
        "line2": "Flat 2\nBack yard",
        "city": "Washington",
        "state": "D.C.",
        "postal_code": "20001",
        "country": "US",
        "phone": "+1 202 555 0100",
    }


def test_an_address_reads_as_on_a_parcel() -> None:
    """What is missing leaves no gap, and the country is in the reader's language."""
    address = Address(
        tenant_id="t",
        name="*Ada*",
        line1="1 Street",
        city="Köln",
        state="",
        postal_code="50667",
        country="DE",
    )
    assert address_text(address, GERMAN) == "\\*Ada\\*\n1 Street\n50667 Köln\nDeutschland"
    assert address_label(address, ENGLISH) == "*Ada*, 1 Street, 50667 Köln, Germany"
