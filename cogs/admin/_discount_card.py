"""Discounts as staff see them: a list, and one with everything that can be done about it."""

from decimal import Decimal

from cogs._ui.card import Button, Card, Field, Option, PickRole, PickUser, Row, Select, code, plain
from cogs._ui.desk import Visit
from cogs._ui.stamp import stamp_of
from cogs._ui.target import Target
from cogs._ui.text import cut, mention
from cogs._ui.words import Words
from cogs.admin._paging import pager
from cogs.admin._reach import known_roles
from models.discount import Discount, DiscountType
from services.discount_desk import DiscountsPage, DiscountView, Holder

MAX_ROLES = 10
MAX_PICKED = 10
FOR_EVER = "ever"
TIMES = ("1", "2", "3", "5", "10", FOR_EVER)
_NAMES = 10
_NAME = 40


def discount_list(page: DiscountsPage, currency: str, w: Words, *, automatic: bool) -> Card:
    """One page of discounts, newest first; `automatic`: they may apply by themselves."""
    said = [] if page.total else [w("There is none yet. Make the first one.")]
    if not automatic:
        said.append(w("⚠️ None applies by itself at the moment: that is switched off with `/admin flags`."))
    rows: list[Row] = []
    if page.discounts:
        options = [_option(view, currency, w) for view in page.discounts]
        rows.append(Select(w("Open a discount"), Target("discount:open"), options))
    new = Button(w("New discount"), Target("discount:new"), "primary")
    rows.append([*pager(w, "discount:list", page.page, page.pages), new])
    return Card(
        title=w.count(page.total, "{n} discount", "{n} discounts"),
        text="\n".join(said),
        fields=[_line(view, currency, w) for view in page.discounts],
        rows=rows,
    )


def off_text(discount: Discount, currency: str, w: Words) -> str:
    """How much it takes off, such as 10 % or $5.00."""
    if discount.type is DiscountType.PERCENT:
        return w.percent(discount.percent or Decimal(0))
    return w.money(discount.amount_cents or 0, currency)


def _title(discount: Discount, currency: str, w: Words) -> str:
    name = cut(discount.name, _NAME)
    off = off_text(discount, currency, w)
    return w("{off} off: {name}", off=off, name=name) if name else w("{off} off", off=off)


def state(view: DiscountView, w: Words) -> str:
    """Whether it can be used at the moment, in a word or two."""
    discount = view.discount
    if view.running:
        return w("running")
    if not discount.is_active:
        return w("switched off")
    if discount.used_up:
        return w("used up")
    return w("not within its dates")


def _uses(discount: Discount, w: Words) -> str:
    if discount.usage_limit is None:
        return w.count(discount.usage_count, "used {n} time", "used {n} times")
    return w("used {n} of {limit} times", n=discount.usage_count, limit=discount.usage_limit)


def _line(view: DiscountView, currency: str, w: Words) -> Field:
    discount = view.discount
    typed = code(discount.code) if discount.code else _audience(discount, w)
    said = f"{typed} · {state(view, w)} · {_uses(discount, w)}"
    return Field(plain(_title(discount, currency, w)), said)


def _option(view: DiscountView, currency: str, w: Words) -> Option:
    title = _title(view.discount, currency, w)
    return Option(title, view.discount.key, description=f"{state(view, w)} · {_uses(view.discount, w)}")


def _audience(discount: Discount, w: Words) -> str:
    if discount.assigned_only:
        return w("for those it is assigned to")
    return w("with a code") if discount.code else w("applies by itself")


def discount_card(view: DiscountView, currency: str, visit: Visit) -> Card:
    """Everything about one discount."""
    discount, w = view.discount, visit.words
    said = []
    if not view.changeable:
        said.append(
            w("Its terms stay as they are: customers have seen them. For other terms make a new discount.")
        )
    elif not discount.is_active:
        said.append(w("It is switched off. Set everything here, then switch it on."))
    return Card(
        title=plain(_title(discount, currency, w)),
        text="\n".join(said),
        fields=[*_terms(view, currency, w), *_history(view, currency, w)],
        colour="good" if view.running else "plain",
        rows=_rows(view, visit),
    )


def _terms(view: DiscountView, currency: str, w: Words) -> list[Field]:
    discount = view.discount
    begins = w.when(discount.starts_at, "f") if discount.starts_at else w("at once")
    ends = w.when(discount.ends_at, "f") if discount.ends_at else w("never")
    names = ", ".join(plain(cut(product.name, _NAME)) for product in view.products[:_NAMES])
    more = len(discount.product_ids) - _NAMES
    if more > 0:
        names = w("{names} and {n} more", names=names, n=more)
    roles = " ".join(f"<@&{role_id}>" for role_id in discount.role_ids)
    return [
        Field(w("Takes off"), off_text(discount, currency, w), inline=True),
        Field(w("Code"), code(discount.code) if discount.code else w("none"), inline=True),
        Field(w("State"), f"{state(view, w)} · {_uses(discount, w)}", inline=True),
        Field(w("Begins"), begins, inline=True),
        Field(w("Ends"), ends, inline=True),
        Field(w("Who gets it"), _audience(discount, w), inline=True),
        Field(w("Products"), w("all") if discount.applies_to_all else names or w("none"), inline=True),
        Field(w("Only for the roles"), roles or w("everybody"), inline=True),
    ]


def _history(view: DiscountView, currency: str, w: Words) -> list[Field]:
    uses = [
        f"{w.when(use.created_at, 'd')} · {code(use.order_number)} · -{w.money(use.amount_cents, currency)}"
        + (f" · {w('given back')}" if use.status == "RETURNED" else "")
        for use in view.uses
    ]
    holders = [_holder(holder, w) for holder in view.holders[:_NAMES]]
    if more := len(view.holders) - len(holders):
        holders.append(w.count(more, "and {n} more", "and {n} more"))
    fields = [Field(w("Latest uses"), "\n".join(uses))] if uses else []
    return [*fields, Field(w("Assigned to"), "\n".join(holders))] if holders else fields


def _holder(holder: Holder, w: Words) -> str:
    held = holder.assignment
    who = mention(holder.customer.discord_id) if holder.customer else w("somebody who is gone")
    if held.total_allowed is None:
        often = w.count(held.used_count, "used {n} time", "used {n} times")
    else:
        often = w("used {n} of {limit} times", n=held.used_count, limit=held.total_allowed)
    return f"{who} · {often}" if holder.usable else f"{who} · {often} · {w('over')}"


def _rows(view: DiscountView, visit: Visit) -> list[Row]:
    discount, w = view.discount, visit.words
    rows: list[Row] = [_switches(view, w)]
    if view.changeable:
        rows.append(
            PickRole(
                w("Only for these roles (empty: everybody)"),
                Target("discount:roles", discount.key, stamp_of(discount.role_ids)),
                min_values=0,
                max_values=MAX_ROLES,
                defaults=known_roles(visit, discount.role_ids),
            )
        )
    often = [Option(_often(number, w), number) for number in TIMES]
    rows.append(Select(w("Assign it to members"), Target("discount:often", discount.key), often))
    held = [holder for holder in view.holders if holder.usable and holder.customer]
    if held:
        options = [
            Option(holder.customer.discord_display_name, holder.assignment.key)
            for holder in held
            if holder.customer
        ]
        rows.append(Select(w("Take it away from"), Target("discount:revoke"), options))
    ways = [
        Button(w("All discounts"), Target("discount:list")),
        Button(w("Look again"), Target("discount:open", discount.key)),
    ]
    return [*rows, ways]


def _often(number: str, w: Words) -> str:
    if number == FOR_EVER:
        return w("For every order from now on")
    return w.count(int(number), "For their next order", "For their next {n} orders")


def assign_card(view: DiscountView, number: str, currency: str, w: Words) -> Card:
    """To whom the discount is assigned, for that many orders each."""
    key = view.discount.key
    pick = PickUser(w("Choose members"), Target("discount:who", key, number), max_values=MAX_PICKED)
    return Card(
        title=plain(_title(view.discount, currency, w)),
        text=f"**{_often(number, w)}**\n{w('Choose who gets it. It applies by itself in their carts.')}",
        rows=[pick, [Button(w("Back"), Target("discount:open", key))]],
    )


def _switches(view: DiscountView, w: Words) -> list[Button]:
    discount, key = view.discount, view.discount.key
    if discount.is_active:
        return [Button(w("Switch off"), Target("discount:off", key), "danger")]
    on = Button(w("Switch on"), Target("discount:on", key), "success")
    if not view.changeable:
        return [on]
    audience = (
        Button(w("Give it to everybody it fits"), Target("discount:all", key))
        if discount.assigned_only
        else Button(w("Only for those I assign it to"), Target("discount:some", key))
    )
    return [
        on,
        Button(w("Edit"), Target("discount:edit", key), "primary"),
        Button(w("Products"), Target("discount:products", key)),
        audience,
    ]
