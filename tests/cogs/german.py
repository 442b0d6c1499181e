"""What of a card in another language is still in English."""

from cogs._ui.sentences import template
from cogs._ui.words import Words

GERMAN = Words.of("de")
# Called so by the shop itself.
OWN = {"Letter post"}


def english_in(shown: str, words: Words = GERMAN) -> list[str]:
    """The sentences of the shop, without values, that are shown in English."""
    said = {message.id for message in template() if isinstance(message.id, str)}
    said = {text for text in said if words(text) != text and len(text.split()) > 1 and "{" not in text}
    return [text for text in said - OWN if text in shown]
