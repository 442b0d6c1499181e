"""How texts, links, files and one-time keys read where their buyer gets them."""

from collections.abc import Sequence

from cogs._ui.card import block, code, plain
from cogs._ui.linked import linked
from cogs._ui.text import cut
from cogs._ui.words import Words, later
from models.digital_file import DeliveryFile
from models.entitlement import Entitlement, EntitlementStatus
from services.goods import file_of
from services.key_delivery import HeldKey

_KEY_LENGTH = 600
_REASON_LENGTH = 200
_NAME_LENGTH = 60
_KEYS_ON_THEIR_WAY = later("⏳ Your keys are on their way.")
_KEYS_MISSING = later("⚠️ No key is left just now. The staff know, and you get yours as soon as there is one.")


def given_text(owed: Entitlement, w: Words) -> str:
    """The text, link and file that an entitlement hands over, ready for a card."""
    text, link, file = str(owed.metadata.get("text", "")).strip(), owed.metadata.get("link"), file_of(owed)
    parts = [_to_copy(text) if text else "", linked(str(link)) if link else "", _file(file, w)]
    return "\n".join(part for part in parts if part)


def keys_text(owed: Entitlement, held: Sequence[HeldKey], w: Words, *, in_file: bool = False) -> str:
    """The keys that an entitlement has got so far, each to be copied, and what became of the others.

    With `in_file` all are in a file beside the card, and only what became of the others is said.
    """
    said = [_key(key, owed, w, in_file=in_file) for key in held]
    if owed.status is EntitlementStatus.PENDING:
        said.append(w(_KEYS_ON_THEIR_WAY))
    if owed.status is EntitlementStatus.FAILED:
        said.append(w(_KEYS_MISSING))
    return "\n".join(line for line in said if line)


def fits_card(held: Sequence[HeldKey]) -> bool:
    """Whether these keys can be copied from a card as they are; a file takes every key."""
    texts = [key.text or "" for key in held]
    return all("`" not in text and len(text) <= _KEY_LENGTH for text in texts)


def written(owed: Entitlement, held: Sequence[HeldKey]) -> str:
    """Everything that can be read, exactly as it was put in, for a file."""
    parts = [owed.metadata.get("text"), owed.metadata.get("link")]
    parts += [key.text for key in held if key.replaced_at is None]
    return "\n".join(str(part) for part in parts if part)


def megabytes(size: int, w: Words) -> str:
    """A size in bytes as people say it."""
    if size < 1024 * 1024:
        return f"{max(1, size // 1024)} KB"
    return w.typed(f"{size / (1024 * 1024):.1f}".removesuffix(".0")) + " MB"


def _file(file: DeliveryFile | None, w: Words) -> str:
    if file is None:
        return ""
    return w("📎 {file} ({size})", file=code(cut(file.name, _NAME_LENGTH)), size=megabytes(file.size, w))


def _key(key: HeldKey, owed: Entitlement, w: Words, *, in_file: bool) -> str:
    if key.replaced_at is not None:
        reason = plain(cut(key.reason or "", _REASON_LENGTH))
        when = w.when(key.replaced_at)
        return w("Key {n} was replaced {when}: “{reason}”", n=key.number, when=when, reason=reason)
    if key.text is None:
        return w("⚠️ Key {n} cannot be shown just now. Please tell the staff.", n=key.number)
    if in_file or not fits_card([key]):
        return "" if in_file else w("Key {n} is in the file, for you to copy as it is.", n=key.number)
    heading = w("Key {n}:", n=key.number) if owed.keys > 1 else ""
    return f"{heading}{block(key.text, _KEY_LENGTH)}"


def _to_copy(text: str) -> str:
    """A key or a code as it can be copied; longer texts and addresses as text."""
    one_word = len(text.split()) == 1 and "://" not in text and "`" not in text
    return code(text) if one_word else linked(text)
