"""What people have to write into a field, as it is kept: on one line, not empty, not too long."""

from models.base import visible
from models.errors import BadInput


def typed_text(field: str, text: str, most: int) -> str:
    """The text without needless space; raises BadInput for nothing, and for more than `most` characters."""
    cleaned = " ".join(text.split())
    if not visible(cleaned):
        raise BadInput(field, "required")
    if len(cleaned) > most:
        raise BadInput(field, "length", most)
    return cleaned
