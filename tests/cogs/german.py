"""What of a card in another language is still in English."""

from functools import cache

from cogs._ui.sentences import template
from cogs._ui.words import Words

GERMAN = Words.of("de")
# Called so by the shop itself.
OWN = {"Letter post"}


def english_in(shown: str, words: Words = GERMAN) -> list[str]:
    """The sentences of the shop, without values, that are shown in English."""
    return [text for text in _translated(words.locale.language) - OWN if text in shown]


@cache
def _translated(language: str) -> frozenset[str]:
    """Read once, because all of the source is read for it."""
    words = Words.of(language)
    said = {message.id for message in template() if isinstance(message.id, str)}
    return frozenset(
        text for text in said if words(text) != text and len(text.split()) > 1 and "{" not in text
    )
