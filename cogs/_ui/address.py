"""Postal addresses: a form of five inputs that holds all eight parts, and how an address is read aloud."""

from cogs._ui.form import Form, Input
from cogs._ui.target import Target
from cogs._ui.text import plain
from cogs._ui.words import Words
from models.address import Address
from services.postal import place_lines

_CODE_LENGTH = 2
# Regions that have a code and a name, and no post office.
_NO_COUNTRIES = frozenset({"EU", "EZ", "QO", "UN", "XA", "XB", "ZZ"})


def address_form(to: Target, w: Words, *, title: str | None = None, known: Address | None = None) -> Form:
    """Where something should be sent; some parts share an input, on two lines or with a comma between."""
    street, place, land = _typed(known, w) if known else ("", "", "")
    return Form(
        title or w("Where should we send it?"),
        to,
        [
            Input(
                "name",
                w("Full name"),
                known.name if known else "",
                max_length=100,
                placeholder="Ada Lovelace",
            ),
            Input(
                "street",
                w("Street and number"),
                street,
                long=True,
                max_length=200,
                placeholder=w("12 Garden Street\nApartment 4"),
                hint=w("A second line is welcome, for an apartment or a company."),
            ),
            Input(
                "place",
                w("City, state or region"),
                place,
                max_length=200,
                placeholder=w("Springfield, Illinois"),
                hint=w("Leave out the state where there is none."),
            ),
            Input(
                "postal_code",
                w("Postal code"),
                known.postal_code if known else "",
                required=False,
                max_length=20,
                placeholder=w("62704"),
            ),
            Input(
                "country",
                w("Country, phone number"),
                land,
                max_length=120,
                placeholder=w("US, +1 217 555 0100"),
                hint=w("The phone number is optional. It helps the carrier."),
            ),
        ],
    )


def _typed(known: Address, w: Words) -> tuple[str, str, str]:
    """Street, place and country of an address as somebody would type them into the form."""
    street = "\n".join(filter(None, (known.line1, known.line2)))
    place = ", ".join(filter(None, (known.city, known.state)))
    return street, place, ", ".join(filter(None, (country(known.country, w), known.phone)))


def typed_address(fields: dict[str, str], w: Words) -> dict[str, str]:
    """What was typed into the form, by the names that the services know."""
    line1, _, more = fields.get("street", "").strip().partition("\n")
    city, _, state = fields.get("place", "").partition(",")
    country, _, phone = fields.get("country", "").partition(",")
    return {
        "name": fields.get("name", ""),
        "line1": line1,
        "line2": more,
        "city": city,
        "state": state,
        "postal_code": fields.get("postal_code", ""),
        "country": _country_code(country, w),
        "phone": phone,
    }


def _country_code(text: str, w: Words) -> str:
    """The two letters of a country by its name in the person's language or in English; else as typed."""
    wanted = " ".join(text.split()).casefold()
    for words in (w, Words.of(None)):
        for code, name in words.locale.territories.items():
            if wanted == name.casefold() and _is_country(code):
                return str(code)
    code = {"uk": "GB", "usa": "US"}.get(wanted, wanted.upper())
    return "" if len(code) == _CODE_LENGTH and not _is_country(code) else code


def _is_country(code: str) -> bool:
    return code.isalpha() and code not in _NO_COUNTRIES and code in Words.of(None).locale.territories


def country(code: str, w: Words) -> str:
    """A country's name in the person's language."""
    return str(w.locale.territories.get(code.upper(), code))


def address_label(address: Address, w: Words) -> str:
    """An address in one line, for menus, which show no markdown."""
    parts = [address.name, address.line1, *_place(address), country(address.country, w)]
    return ", ".join(part for part in parts if part)


def address_text(address: Address, w: Words) -> str:
    """An address as it stands on a parcel, harmless on a card."""
    return "\n".join(plain(part) for part in [*address_lines(address, w), address.phone] if part)


def address_lines(address: Address, w: Words) -> list[str]:
    """An address line by line, in the order in which its country writes it."""
    lines = [address.name, address.line1, address.line2, *_place(address), country(address.country, w)]
    return [line for line in lines if line]


def _place(address: Address) -> list[str]:
    return place_lines(address.country, address.city, address.state, address.postal_code)
