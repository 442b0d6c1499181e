"""One way to refuse what is not there, wherever a record is looked up to be worked with."""

from models.errors import NotFound


def required[Found](found: Found | None, kind: str) -> Found:
    """What was found; raises NotFound of this kind for None."""
    if found is None:
        raise NotFound(kind)
    return found
