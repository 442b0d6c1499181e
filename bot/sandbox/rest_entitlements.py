"""REST: the list of what people bought from Discord itself, newest first, paged by id."""

from datetime import datetime

from bot.sandbox.errors import JSON, Problems, missing_access
from bot.sandbox.routing import Answer, Call, Routes

_MOST = 100


def list_entitlements(call: Call) -> Answer:
    if call.params["application_id"] != str(call.world.application_id):
        raise missing_access()
    newest_first = sorted(call.world.entitlements.items(), reverse=True)
    fitting = [each for number, each in newest_first if _within(call, number) and _wanted(call, each)]
    return 200, fitting[: _limit(call)]


def _limit(call: Call) -> int:
    text = call.query.get("limit", str(_MOST))
    problems = Problems()
    problems.whole(int(text) if text.isdigit() else text, ("limit",), 1, _MOST)
    problems.settle()
    return int(text)


def _within(call: Call, number: int) -> bool:
    before, after = (call.query.get(name) for name in ("before", "after"))
    return (before is None or number < int(before)) and (after is None or number > int(after))


def _wanted(call: Call, entitlement: JSON) -> bool:
    # Deleted ones are left out unless asked for, ended ones are not.
    if entitlement["deleted"] and call.query.get("exclude_deleted", "true").lower() not in {"false", "0"}:
        return False
    if call.flag("exclude_ended") and _ended(call, entitlement):
        return False
    owners = ("guild_id", "user_id")
    return all(entitlement.get(name) == call.query[name] for name in owners if name in call.query)


def _ended(call: Call, entitlement: JSON) -> bool:
    ends_at = entitlement["ends_at"]
    return ends_at is not None and datetime.fromisoformat(ends_at) <= call.world.clock()


ROUTES: Routes = {("GET", "/applications/{application_id}/entitlements"): list_entitlements}
