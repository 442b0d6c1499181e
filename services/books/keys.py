"""Whether every one-time key was handed out once, for what was paid."""

from collections.abc import AsyncIterator, Iterator

from models.digital_key import DigitalKey, KeyStatus
from models.entitlement import Entitlement, EntitlementStatus
from services.books.contract import Check, Finding, wrong
from services.books.look import Look


class Keys(Check):
    """Two buyers of one key are two who complain."""

    name = "keys"
    over = (DigitalKey, Entitlement)
    finds = frozenset({"key_apart", "key_twice", "key_other", "key_slot", "keys_short", "keys_many"})

    async def look(self, look: Look) -> AsyncIterator[Finding]:
        """Compare keys with what they were handed out for, and the other way round."""
        parts = {DigitalKey: _keys, Entitlement: _owed}
        async for finding in parts[look.document](look):
            yield finding


async def _keys(look: Look) -> AsyncIterator[Finding]:
    keys = look.records(DigitalKey)
    owed = await look.of_keys(Entitlement, [each.entitlement_id or "" for each in keys])
    same: dict[tuple[str, str], set[str]] = {}
    for product in sorted({each.product_id for each in keys}):
        digests = list(dict.fromkeys(each.digest for each in keys if each.product_id == product))
        # A key of another product has another digest, whatever its text.
        for row in await look.fields(DigitalKey, "digest", digests, within={"productId": product}):
            same.setdefault((product, row["digest"]), set()).add(str(row["_id"]))
    for key in keys:
        others = sorted(same.get((key.product_id, key.digest), set()) - {key.key})
        if others:
            where = {"key": key.key, "other": others[0], "product": key.product_id}
            yield wrong(look, "key_twice", key, where=where)
        for code in _of_key(key, owed.get(key.entitlement_id or "")):
            where = {"key": key.key, "product": key.product_id, "entitlement": key.entitlement_id or ""}
            yield wrong(look, code, key, where=where, state=key.status.value)


def _of_key(key: DigitalKey, owed: Entitlement | None) -> Iterator[str]:
    if key.status is KeyStatus.FREE:
        if key.entitlement_id or key.order_id or key.taken_at:
            yield "key_apart"
        return
    if key.taken_at is None or (key.replaced_at is None) != (key.status is KeyStatus.TAKEN):
        yield "key_apart"
    if owed is None or (owed.order_id, owed.product_id) != (key.order_id, key.product_id):
        yield "key_other"
    elif key.slot is None or not 0 <= key.slot < owed.keys:
        yield "key_slot"


async def _owed(look: Look) -> AsyncIterator[Finding]:
    rows = [row for row in look.rows if row.get("keys")]
    taken: dict[str, int] = {}
    for row in await look.fields(DigitalKey, "entitlementId", [str(row["_id"]) for row in rows], "status"):
        if row["status"] == KeyStatus.TAKEN:
            taken[row["entitlementId"]] = taken.get(row["entitlementId"], 0) + 1
    for each in look.only(Entitlement, rows):
        has, where = taken.get(each.key, 0), {"entitlement": each.key, "order": each.order_id}
        if has > each.keys:
            yield wrong(look, "keys_many", each, where=where, said=has, due=each.keys)
        elif has < each.keys and each.status is EntitlementStatus.GRANTED and not each.by_hand:
            yield wrong(look, "keys_short", each, where=where, said=has, due=each.keys)


CHECK = Keys()
