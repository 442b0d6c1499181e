import pytest

from models.errors import NotFound
from models.required import required


@pytest.mark.parametrize("found", ["a mug", "", 0, [], False])
def test_what_is_there_comes_back_as_it_is(found: object) -> None:
    """Empty is there, too: only None is not."""
    assert required(found, "product") is found


def test_what_is_not_there_is_refused_by_its_kind() -> None:
    """The translators find words for it."""
    with pytest.raises(NotFound) as caught:
        required(None, "product")
    assert caught.value.kind == "product"
