"""What an order hands over: digital items to read, copy and download, and how far its roles are."""

from collections.abc import Sequence

from cogs._ui import amounts
from cogs._ui.card import Button, Card, Option, Picture, Row, Select
from cogs._ui.goods_text import fits_card, given_text, keys_text, megabytes, written
from cogs._ui.role_names import RoleName, lasting
from cogs._ui.target import Target
from cogs._ui.words import Words, later
from models.digital_file import DeliveryFile
from models.entitlement import Entitlement, EntitlementStatus, EntitlementType
from models.member import Member
from services.goods import MAX_FILE_BYTES, file_of
from services.key_delivery import HeldKey, HeldKeys
from services.orders import OrderView

_MOST_FILES = 5
_MOST_OPTIONS = 25
# What does not fit on a card beside the rest comes as a file.
_TEXT_LENGTH = 3000
_FAILED = {
    "missing_permission": later(
        "I am not allowed to give roles at the moment. The staff know, and I try again."
    ),
    "role_too_high": later("That role stands above mine. The staff know, and I try again."),
    "role_gone": later("That role does not exist any more. Please ask the staff for another one."),
    "role_guarded": later("I give that role to nobody. The staff know; please ask them for it."),
    "member_left": later("You were not in the server. Press **Ask for my roles** and you get it."),
    "guild_gone": later("I am not in the server any more. Please ask the staff."),
}
_TAKEN_BACK = {
    "refunded": later("it was refunded, so it was taken back."),
    "expired": later("its time ended {when}. You can get it again with `/shop browse`."),
}
_TAKEN_BACK_SOMEHOW = later("it was taken back. The staff can tell you why.")
_FAILED_SOMEHOW = later("That did not work yet. The staff know, and I try again.")


def items_card(view: OrderView, member: Member, w: Words, role: RoleName, keys: HeldKeys) -> Card:
    """Everything that an order hands over, with what became of it and what to do.

    `keys` are those that were handed out, by entitlement; files are attached by who shows the card.
    """
    roles = [owed for owed in view.entitlements if owed.type is EntitlementType.DISCORD_ROLE]
    items = [owed for owed in view.entitlements if owed.type is EntitlementType.DIGITAL_ITEM]
    said = [_role(owed, member, w, role) for owed in roles]
    texts = [_item(owed, view, w, keys.get(owed.key, [])) for owed in items]
    readable = all(fits_card(held) for held in keys.values())
    too_long = sum(map(len, texts)) > _TEXT_LENGTH
    if too_long:
        said.append(w("Your digital items are in the file."))
        said += [text for owed in items if (text := keys_text(owed, keys.get(owed.key, []), w, in_file=True))]
    else:
        said += texts
    return Card(
        title=w("Your items of order {number}", number=view.order.order_number),
        text="\n\n".join(said) or w("This order hands over nothing here in Discord."),
        rows=_rows(view, roles, member, w),
        colour="warn" if any(_missing(owed, member) for owed in [*roles, *items]) else "good",
        pictures=[Picture("items.txt", _file(items, view, keys))] if too_long or not readable else [],
    )


def attached(view: OrderView, wanted: str | None = None) -> list[DeliveryFile]:
    """The files that travel with the card: those that fit together, or the one of this entitlement."""
    fitting: list[DeliveryFile] = []
    for owed in view.entitlements:
        file = file_of(owed)
        if file is None or wanted not in {None, owed.key}:
            continue
        if len(fitting) < _MOST_FILES and sum(each.size for each in fitting) + file.size <= MAX_FILE_BYTES:
            fitting.append(file)
    return fitting


def _missing(owed: Entitlement, member: Member) -> bool:
    """Whether a role or a key should be there by now and is not."""
    if owed.status is EntitlementStatus.GRANTED and owed.type is EntitlementType.DISCORD_ROLE:
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
        return _on_its_way(owed, name, w)
    if _missing(owed, member):
        return w("⚠️ Role {role}: you had it. Press **Ask for my roles** to get it again.", role=name)
    return _held(owed, name, w)


def _on_its_way(owed: Entitlement, name: str, w: Words) -> str:
    if owed.days is None or owed.expires_at is not None:
        return w("⏳ Role {role}: on its way.", role=name)
    given = lasting(name, owed.days, w)
    return w("⏳ Role {role}: on its way. The time begins once you have it.", role=given)


def _held(owed: Entitlement, name: str, w: Words) -> str:
    if owed.expires_at is None:
        return w("✅ Role {role}: you have it.", role=name)
    until, left = w.when(owed.expires_at, "f"), w.when(owed.expires_at)
    return w("✅ Role {role}: you have it until {until} ({left}).", role=name, until=until, left=left)


def _why_taken(owed: Entitlement, w: Words) -> str:
    when = w.when(owed.expires_at) if owed.expires_at else ""
    return w(_TAKEN_BACK.get(owed.revoked_reason or "", _TAKEN_BACK_SOMEHOW), when=when)


def _name(owed: Entitlement, view: OrderView) -> str:
    return next((item.name for item in view.order.items if item.product_id == owed.product_id), "")


def _item(owed: Entitlement, view: OrderView, w: Words, held: Sequence[HeldKey]) -> str:
    name = amounts.name_of(_name(owed, view))
    if owed.status is EntitlementStatus.REVOKED:
        return f"↩️ **{name}**: {_why_taken(owed, w)}"
    return f"**{name}**\n{keys_text(owed, held, w) if owed.keys else given_text(owed, w)}"


def _file(items: list[Entitlement], view: OrderView, keys: HeldKeys) -> bytes:
    given = [owed for owed in items if owed.status is not EntitlementStatus.REVOKED]
    texts = [f"{_name(owed, view)}\n{written(owed, keys.get(owed.key, []))}" for owed in given]
    return "\n\n".join(texts).encode()


def _rows(view: OrderView, roles: list[Entitlement], member: Member, w: Words) -> list[Row]:
    key = view.order.key
    ways = [Button(w("Back to the order"), Target("orders:open", key), emoji="◀️")]
    if any(_missing(owed, member) for owed in roles):
        ways.insert(0, Button(w("Ask for my roles"), Target("orders:roles", key), "primary"))
    return [*_downloads(view, w), ways]


def _downloads(view: OrderView, w: Words) -> list[Row]:
    """A menu of the files, where they are too large to come all at once."""
    named = [(owed, file) for owed in view.entitlements if (file := file_of(owed))]
    if len(named) == len(attached(view)):
        return []
    options = [Option(file.name, owed.key, description=megabytes(file.size, w)) for owed, file in named]
    return [Select(w("Get a file"), Target("orders:file", view.order.key), options[:_MOST_OPTIONS])]
