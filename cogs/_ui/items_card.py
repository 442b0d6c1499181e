"""What an order hands over: digital items to read and copy, and how far its roles are."""

from cogs._ui import amounts
from cogs._ui.card import Button, Card, Picture, Row, code
from cogs._ui.linked import linked
from cogs._ui.role_names import RoleName
from cogs._ui.target import Target
from cogs._ui.words import Words, later
from models.entitlement import Entitlement, EntitlementStatus, EntitlementType
from models.member import Member
from services.orders import OrderView

# What does not fit on a card beside the rest comes as a file.
_TEXT_LENGTH = 3000
_FAILED = {
    "missing_permission": later(
        "I am not allowed to give roles at the moment. The staff know, and I try again."
    ),
    "role_too_high": later("That role stands above mine. The staff know, and I try again."),
    "role_gone": later("That role does not exist any more. Please ask the staff for another one."),
    "member_left": later("You were not in the server. Press **Ask for my roles** and you get it."),
    "guild_gone": later("I am not in the server any more. Please ask the staff."),
}
_TAKEN_BACK = {
    "refunded": later("it was refunded, so it was taken back."),
}
_TAKEN_BACK_SOMEHOW = later("it was taken back. The staff can tell you why.")
_FAILED_SOMEHOW = later("That did not work yet. The staff know, and I try again.")


def items_card(view: OrderView, member: Member, w: Words, role: RoleName) -> Card:
    """Everything that an order hands over, with what became of it and what to do."""
    roles = [owed for owed in view.entitlements if owed.type is EntitlementType.DISCORD_ROLE]
    items = [owed for owed in view.entitlements if owed.type is EntitlementType.DIGITAL_ITEM]
    said = [_role(owed, member, w, role) for owed in roles]
    texts = [_item(owed, view, w) for owed in items]
    as_file = sum(map(len, texts)) > _TEXT_LENGTH
    if as_file:
        said.append(w("Your digital items are in the file."))
    else:
        said += texts
    return Card(
        title=w("Your items of order {number}", number=view.order.order_number),
        text="\n\n".join(said) or w("This order hands over nothing here in Discord."),
        rows=_rows(view, roles, member, w),
        colour="warn" if any(_missing(owed, member) for owed in roles) else "good",
        pictures=[Picture("items.txt", _file(items, view))] if as_file else [],
    )


def _missing(owed: Entitlement, member: Member) -> bool:
    """Whether a role should be there by now and is not."""
    if owed.status is EntitlementStatus.GRANTED:
        return owed.role_id not in member.role_ids
    return owed.status is EntitlementStatus.FAILED


def _role(owed: Entitlement, member: Member, w: Words, role: RoleName) -> str:
    name = role(owed.role_id or "")
    if owed.status is EntitlementStatus.FAILED:
        reason = w(_FAILED.get(owed.failed_reason or "", _FAILED_SOMEHOW))
        return w("⚠️ Role {role}: {reason}", role=name, reason=reason)
    if owed.status is EntitlementStatus.REVOKED:
        return f"↩️ {w('Role {role}', role=name)}: {_why_taken(owed, w)}"
    if owed.status is EntitlementStatus.PENDING:
        return w("⏳ Role {role}: on its way.", role=name)
    if _missing(owed, member):
        return w("⚠️ Role {role}: you had it. Press **Ask for my roles** to get it again.", role=name)
    return w("✅ Role {role}: you have it.", role=name)


def _why_taken(owed: Entitlement, w: Words) -> str:
    return w(_TAKEN_BACK.get(owed.revoked_reason or "", _TAKEN_BACK_SOMEHOW))


def _name(owed: Entitlement, view: OrderView) -> str:
    return next((item.name for item in view.order.items if item.product_id == owed.product_id), "")


def _item(owed: Entitlement, view: OrderView, w: Words) -> str:
    name = amounts.name_of(_name(owed, view))
    if owed.status is EntitlementStatus.REVOKED:
        return f"↩️ **{name}**: {_why_taken(owed, w)}"
    return f"**{name}**\n{_to_copy(str(owed.metadata.get('text', '')).strip())}"


def _to_copy(text: str) -> str:
    """A key or a code as it can be copied; longer texts and addresses as text."""
    one_word = len(text.split()) == 1 and "://" not in text and "`" not in text
    return code(text) if one_word else linked(text)


def _file(items: list[Entitlement], view: OrderView) -> bytes:
    held = [owed for owed in items if owed.status is not EntitlementStatus.REVOKED]
    return "\n\n".join(f"{_name(owed, view)}\n{owed.metadata.get('text', '')}" for owed in held).encode()


def _rows(view: OrderView, roles: list[Entitlement], member: Member, w: Words) -> list[Row]:
    key = view.order.key
    ways = [Button(w("Back to the order"), Target("orders:open", key), emoji="◀️")]
    if any(_missing(owed, member) for owed in roles):
        ways.insert(0, Button(w("Ask for my roles"), Target("orders:roles", key), "primary"))
    return [ways]
