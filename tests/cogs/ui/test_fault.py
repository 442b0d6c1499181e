"""The log of an interaction holds where and what went wrong, and no word of whoever was served."""

from pydantic import BaseModel
from pymongo.errors import DuplicateKeyError

from cogs._ui.fault import told

WORD = "my-private-word@example.org"


class _Aged(BaseModel):
    age: int


def fault_of(text: str) -> Exception:
    """A fault that quotes a text twice over: in itself, and in what it came from."""
    try:
        try:
            _Aged.model_validate({"age": text})
        except ValueError:
            int(text)
    except ValueError as error:
        return error
    raise AssertionError


def test_what_people_typed_is_not_told() -> None:
    """The kinds, the places and the order of things are."""
    error = fault_of(WORD)
    said = told(error)
    assert WORD in str(error)
    assert WORD not in said
    assert said.index("pydantic_core") < said.index("from that:") < said.index("builtins.ValueError")
    assert "in fault_of" in said


def test_what_names_code_and_codes_is_told() -> None:
    """Without that nobody could mend it."""
    assert told(AttributeError("'NoneType' object has no attribute 'key'")).endswith("attribute 'key'")
    full = DuplicateKeyError(f"dup key: {{ email: '{WORD}' }}", 11000, {"keyValue": {"email": WORD}})
    assert told(full) == "pymongo.errors.DuplicateKeyError: 11000"


def test_a_chain_without_end_has_one() -> None:
    """Five causes are enough for anybody."""
    error = Exception()
    for _ in range(50):
        after = Exception()
        after.__cause__, error = error, after
    assert told(error).count("builtins.Exception") == 5
