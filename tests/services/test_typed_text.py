import pytest

from models.errors import BadInput
from services.typed_text import typed_text


def test_needless_space_is_left_out() -> None:
    """Lines and tabs become one space; what is left may be as long as is allowed."""
    assert typed_text("reason", "  sent\n\ttwice ", 10) == "sent twice"


@pytest.mark.parametrize(
    ("text", "problem", "limit"),
    [
        ("", "required", None),
        (" \n ", "required", None),
        ("\u200b", "required", None),
        ("x" * 11, "length", 10),
    ],
)
def test_nothing_and_too_much_are_refused(text: str, problem: str, limit: int | None) -> None:
    """The field is named; what cannot be seen is nothing."""
    with pytest.raises(BadInput) as caught:
        typed_text("reason", text, 10)
    assert (caught.value.field, caught.value.problem, caught.value.limit) == ("reason", problem, limit)
