"""What the audit says of each finding: what is wrong, what to look at first, and what would mend it."""

import re
from typing import NamedTuple

from services.books.contract import Finding


class Said(NamedTuple):
    """Three sentences; a name in <> is a number or an id of the finding."""

    what: str
    first: str
    mend: str


_NAME = re.compile(r"<([a-z_]+)>")


def names(text: str) -> set[str]:
    """What a sentence wants to know."""
    return set(_NAME.findall(text))


def filled(text: str, finding: Finding) -> str:
    """The sentence of this finding."""
    known = {"tenant": finding.tenant_id, "record": finding.record, "collection": finding.kind}
    told = {**known, **finding.values, **finding.where}
    return _NAME.sub(lambda found: _shown(told.get(found[1])), text)


def _shown(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
