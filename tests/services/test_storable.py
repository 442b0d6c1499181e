"""The picture of a body that is kept for people: the same whether it needed a close look or not."""

import json
from typing import Any

import bson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.payments.payload import parse
from services.payments.processor import BadPayload
from services.storable import storable

NAMES = st.text(alphabet="ab$.é\0", max_size=4)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=30,
)


@given(st.dictionaries(NAMES, VALUES, max_size=5))
def test_any_object_is_pictured_the_same_by_both_ways(found: dict[str, Any]) -> None:
    """One escape makes the other way look at every value; what it sees is the same, and can be stored."""
    plain = storable(json.dumps(found, ensure_ascii=False).encode())
    looked_at = storable(json.dumps({**found, "\u2603": 1}).encode())
    assert looked_at.pop("\u2603") == 1
    assert plain == looked_at
    assert bson.decode(bson.encode(plain)) == plain


@pytest.mark.parametrize("depth", [39, 40, 41, 42])
def test_depth_is_counted_the_same_by_both_ways(depth: int) -> None:
    """Lists in lists: what the count of brackets lets through, a look at each level does, too."""
    body = b'{"a":' + b"[" * depth + b"]" * depth + b"}"
    escaped = body.replace(b'"a"', b'"\\u0061"')
    assert storable(body) == storable(escaped)
    taken = []
    for each in (body, escaped):
        try:
            taken.append(parse(each) == json.loads(body))
        except BadPayload:
            taken.append(False)
    assert taken[0] == taken[1] == (depth <= 40)


def test_too_many_values_are_cut_off() -> None:
    """Ten thousand are not all kept, and no name is left that MongoDB would read as an operator."""
    body = json.dumps({f"$n{at}": at for at in range(10_000)}).encode()
    assert 4000 < len(storable(body)) < 6000
    assert not any(name.startswith("$") for name in storable(body))
