"""What the permission keys are called."""

from cogs._ui.permission_words import permission_words
from cogs._ui.words import Words
from services.access import Permission


def test_every_key_says_what_it_allows() -> None:
    """Whoever gives a key away reads words, not the key."""
    assert not [key for key in Permission if permission_words(key, Words.of(None)) == key]
