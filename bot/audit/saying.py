"""A finding as a line for people, or as JSON for programs; ids and numbers, never personal data."""

import json

from bot.audit import said_goods, said_money, said_work
from bot.audit.words import Said, filled
from services.books.contract import Finding

SAID: dict[str, Said] = said_money.SAID | said_goods.SAID | said_work.SAID


def line(finding: Finding) -> str:
    """How bad it is, its word and shop, what is wrong, what to look at first, and what would mend it."""
    said = SAID[finding.code]
    what, first, mend = (filled(each, finding) for each in said)
    head = f"{finding.severity.name.lower():>7}  {finding.code}  shop {finding.tenant_id}"
    return f"{head}: {what}\n         Look first: {first}\n         To mend: {mend}"


def data(finding: Finding) -> str:
    """The same as one line of JSON."""
    said = SAID[finding.code]
    what, first, mend = (filled(each, finding) for each in said)
    told = {
        "code": finding.code,
        "severity": finding.severity.name.lower(),
        "shop": finding.tenant_id,
        "collection": finding.kind,
        "record": finding.record,
        "where": dict(finding.where),
        "values": dict(finding.values),
        "what": what,
        "look_first": first,
        "mend": mend,
    }
    return json.dumps(told, ensure_ascii=False, default=str)
