"""Whether every person has at most one open cart, and each cart that was ordered has its order."""

from collections import Counter
from collections.abc import AsyncIterator

from models.order import Order
from models.session import OrderSession, SessionState
from services.books.contract import Check, Finding, waits, wrong
from services.books.look import Look

_OPEN = {SessionState.OPEN, SessionState.CONFIRMING}


class Sessions(Check):
    """A cart is one order or none, however often Confirm was pressed."""

    name = "sessions"
    over = (OrderSession,)
    finds = frozenset({"session_twice", "session_apart", "session_unordered", "session_stuck"})

    async def look(self, look: Look) -> AsyncIterator[Finding]:
        """Look for the order and for other open carts of each."""
        sessions = look.records(OrderSession)
        people = list(dict.fromkeys(each.discord_user_id for each in sessions if each.is_open))
        rows = await look.fields(OrderSession, "discordUserId", people, "isOpen")
        open_carts = Counter(row["discordUserId"] for row in rows if row.get("isOpen"))
        orders = await look.there(Order, [each.submitted_order_id or "" for each in sessions])
        for each in sessions:
            where = {"session": each.key}
            if each.is_open and open_carts[each.discord_user_id] > 1:
                yield wrong(look, "session_twice", each, where=where, many=open_carts[each.discord_user_id])
            if each.is_open != (each.state in _OPEN):
                yield wrong(look, "session_apart", each, where=where, state=each.state.value)
            if each.state is SessionState.SUBMITTED and (each.submitted_order_id or "") not in orders:
                where |= {"order": each.submitted_order_id or ""}
                yield wrong(look, "session_unordered", each, where=where)
            if each.state is SessionState.CONFIRMING and look.late(each.confirming_since):
                yield waits(look, "session_stuck", each, where=where)


CHECK = Sessions()
