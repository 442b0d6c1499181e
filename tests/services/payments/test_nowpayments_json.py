"""The text that NOWPayments signs, as JavaScript writes it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.payments._nowpayments_json import canonical, js_number, older_canonical

# Printed by Node.js: JSON.stringify(JSON.parse(text)).
NUMBERS = {
    "0": "0",
    "-0": "0",
    "-0.0": "0",
    "1.0": "1",
    "100.00": "100",
    "1e2": "100",
    "155.38559757": "155.38559757",
    "0.00001": "0.00001",
    "0.000012345": "0.000012345",
    "0.000001": "0.000001",
    "0.0000001": "1e-7",
    "1.50E-7": "1.5e-7",
    "-1.5e-10": "-1.5e-10",
    "1e20": "100000000000000000000",
    "1e21": "1e+21",
    "123456789012345678901234": "1.2345678901234569e+23",
    "9007199254740993": "9007199254740992",
    "12345678901234567890": "12345678901234567000",
    "0.1234567890123456789": "0.12345678901234568",
    "5e-324": "5e-324",
    "1e-400": "0",
    "1e400": "null",
    "-1e400": "null",
    "1.7976931348623157e308": "1.7976931348623157e+308",
}


@pytest.mark.parametrize(("literal", "printed"), NUMBERS.items())
def test_numbers_are_printed_as_javascript_does(literal: str, printed: str) -> None:
    """No trailing zeros, plain decimals where JavaScript has them, and its own exponents elsewhere."""
    assert canonical(f"[{literal}]".encode()).decode() == f"[{printed}]"


def test_a_literal_of_any_length_is_read() -> None:
    """Thousands of digits are a number to JavaScript: infinity, which JSON has no word for."""
    assert canonical(b"[" + b"9" * 5000 + b"]") == b"[null]"


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_number_reads_as_the_same_number_again(value: float) -> None:
    """Printing loses nothing."""
    assert float(js_number(value)) == value


def test_names_are_sorted_at_every_level_by_utf16_and_numbers_first() -> None:
    """Also inside lists; an index is 0 to 4294967294, without leading zeros."""
    body = (
        '{"b":{"z":1,"a":[{"d":null,"c":true}]},"10":1,"9":2,"4294967295":3,"4294967294":4,"01":5,'
        '"\uffff":6,"\U0001f600":7,"B":8,"":9}'
    )
    assert canonical(body.encode()).decode() == (
        '{"9":2,"10":1,"4294967294":4,"":9,"01":5,"4294967295":3,"B":8,'
        '"b":{"a":[{"c":true,"d":null}],"z":1},"\U0001f600":7,"\uffff":6}'
    )


def test_text_is_escaped_only_where_javascript_escapes_it() -> None:
    """Quotes, backslashes, control characters and halves of pairs; everything else is written out."""
    body = rb'["\u00e9\/\u2028\u007f\ud83d\ude00","\"\\\b\f\n\r\t\u0001","\ud83d x \ude00"]'
    expected = '["é/\u2028\x7f\U0001f600","\\"\\\\\\b\\f\\n\\r\\t\\u0001","\\ud83d x \\ude00"]'
    assert canonical(body).decode() == expected


def test_the_last_of_two_values_counts() -> None:
    """As JSON.parse has it."""
    assert canonical(b'{"a":1,"b":2,"a":3}') == b'{"a":3,"b":2}'


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"NaN",
        b'{"a":-Infinity}',
        b"[01]",
        b"[1.]",
        b'["\x01"]',
        b"\xff",
        b'{"a":"\xff"}',
        b"\xef\xbb\xbf{}",
        b"[" * 100_000,
        b"[" * 20_000 + b"]" * 20_000,
        b'{"a":' * 20_000 + b"1" + b"}" * 20_000,
    ],
    ids=lambda body: repr(body[:12]),
)
def test_what_javascript_cannot_read_is_refused(body: bytes) -> None:
    """One error for all of it, however deep it goes."""
    for write in (canonical, older_canonical):
        with pytest.raises(ValueError, match=r"."):
            write(body)


def test_the_older_sample_drops_what_the_outermost_object_does_not_name() -> None:
    """The list of names that was meant to sort is a filter, too."""
    body = b'{"fee":{"currency":"btc","id":2},"id":1,"all":[{"x":1,"id":3}]}'
    assert older_canonical(body) == b'{"all":[{"id":3}],"fee":{"id":2},"id":1}'
    assert older_canonical(b"[2,1]") == b"[2,1]"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)


@given(JSON)
def test_writing_changes_no_meaning_and_does_not_depend_on_spelling(found: object) -> None:
    """However it was written before, the text is the same, and reads as the same."""
    plain = canonical(json.dumps(found).encode())
    spelled = json.dumps(found, ensure_ascii=False, indent=1).encode("utf-8", "surrogatepass")
    assert json.loads(plain) == found
    assert canonical(plain) == plain
    assert canonical(spelled) == plain


@given(st.binary(max_size=300))
def test_arbitrary_bytes_are_written_or_refused(body: bytes) -> None:
    """Nothing but a ValueError comes out."""
    try:
        canonical(body)
    except ValueError:
        return
