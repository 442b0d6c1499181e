"""Customers as staff see them: the list that was found, and one with everything known about them."""

from cogs._ui.account_card import addresses_of
from cogs._ui.card import Button, Card, Field, Option, Row, Select, block, code, plain
from cogs._ui.labels import status
from cogs._ui.target import Target
from cogs._ui.text import cut, mention
from cogs._ui.words import Words
from cogs.admin._discount_card import off_text
from cogs.admin._order_card import label as order_label
from cogs.admin._people_rows import all_again, people_rows
from models.customer import Customer
from models.discount import Discount
from models.discount_use import DiscountAssignment
from models.entitlement import Entitlement, EntitlementType
from models.order import Order
from services.customer_desk import CustomerView, NotePage
from services.orders import OrdersPage
from services.paging import PeoplePage

_NAME, _SHOWN_NOTE, _SHOWN_REMARK = 60, 300, 500
_NOTE_LENGTH = 4000


def customer_list(page: PeoplePage[Customer], query: str, w: Words) -> Card:
    """The customers that were found, with ways to open one and to search on."""
    options = [Option(name(each), each.key, description=_account(each)) for each in page.people]
    choose = Select(w("Open a customer"), Target("customer:open"), options)
    beside = all_again("customer", query, w)
    more = f"{page.total}+" if page.cut else str(page.total)
    return Card(
        title=w.count(page.total, "{shown} customer", "{shown} customers", shown=more),
        text=_found(page, query, w),
        fields=[Field(plain(name(each)), _listed(each, w)) for each in page.people],
        rows=people_rows("customer", page, query, w, choose=choose, beside=beside),
    )


def _found(page: PeoplePage[Customer], query: str, w: Words) -> str | None:
    if not page.total:
        return w("Nothing found. Try part of a name, an e-mail address or an order number.")
    said = w("Those with {query} in a name or e-mail address.", query=code(query)) if query else ""
    return f"{said} {w('There are more; please search for more letters.')}" if page.cut else said or None


def name(customer: Customer) -> str:
    """What a customer is called, as it is, for menus."""
    return cut(customer.discord_display_name, _NAME)


def _account(customer: Customer) -> str:
    return f"{cut(customer.discord_username, _NAME)} · {customer.discord_id}"


def _listed(customer: Customer, w: Words) -> str:
    parts = [mention(customer.discord_id), plain(cut(customer.discord_username, _NAME))]
    if customer.email:
        parts.append(plain(customer.email))
    if not customer.is_active:
        parts.append(f"⛔ {w('deactivated')}")
    return " · ".join(parts)


def customer_card(view: CustomerView, currency: str, w: Words) -> Card:
    """Everything about one customer, and what can be done."""
    customer = view.customer
    said = [" ".join(mention(key) for key in view.discord_ids)]
    if customer.erased_at is not None:
        said.append(w("🗑️ Erased on {date}. Their orders stay in the books.", date=w.date(customer.erased_at)))
    if not customer.is_active:
        said.append(w("⛔ Deactivated: they can place no new orders. What they paid for still arrives."))
    if customer.notes:
        said.append(plain(cut(customer.notes, _SHOWN_REMARK), lines=True))
    return Card(
        title=plain(name(customer)),
        text="\n".join(said),
        fields=[*_contact(view, w), *_trade(view, currency, w), *_note(view, w)],
        colour="plain" if customer.is_active else "warn",
        footer=w("Here since {date}", date=w.date(customer.created_at)),
        rows=_rows(view, w),
    )


def _contact(view: CustomerView, w: Words) -> list[Field]:
    customer, none = view.customer, w("none")
    names = [plain(cut(each.discord_username, _NAME)) for each in (customer, *view.accounts)]
    return [
        Field(w("Discord name"), ", ".join(names), inline=True),
        Field(w("E-mail address"), plain(customer.email or "") or none, inline=True),
        Field(w("Phone number"), plain(customer.phone or "") or none, inline=True),
        Field(w("Addresses"), str(len(customer.addresses)), inline=True),
    ]


def _trade(view: CustomerView, currency: str, w: Words) -> list[Field]:
    sums = [w.money(each.cents, each.currency) for each in view.spent]
    orders = w.count(view.orders, "{n} order", "{n} orders")
    unfinished = w.count(view.open_orders, "{n} open", "{n} open")
    fields = [
        Field(w("Orders"), f"{orders} · {unfinished}", inline=True),
        Field(w("Spent"), ", ".join(sums) or w("nothing yet"), inline=True),
    ]
    if view.roles:
        fields.append(Field(w("Has or will get"), "\n".join(_owed(each, view, w) for each in view.roles)))
    if view.held:
        fields.append(Field(w("Discounts"), "\n".join(_held(*each, currency, w) for each in view.held[:10])))
    return fields


def _owed(owed: Entitlement, view: CustomerView, w: Words) -> str:
    role = owed.type is EntitlementType.DISCORD_ROLE
    what = f"<@&{owed.role_id}>" if role else plain(cut(view.goods.get(owed.product_id, ""), _NAME))
    return f"{what}: {status(owed.status, w)}"


def _held(discount: Discount, held: DiscountAssignment, currency: str, w: Words) -> str:
    off = off_text(discount, currency, w)
    if held.total_allowed is None:
        return f"{off} · {plain(cut(discount.name, _NAME))}"
    left = held.total_allowed - held.used_count
    return f"{off} · {plain(cut(discount.name, _NAME))} · {w.count(left, '{n} use left', '{n} uses left')}"


def _note(view: CustomerView, w: Words) -> list[Field]:
    note = view.latest_note
    if note is None:
        return []
    title = w.count(view.notes, "{n} note, the latest", "{n} notes, the latest")
    written = f"{w.when(note.at, 'f')} · {mention(note.actor_id)}"
    return [Field(title, f"{written}\n{plain(cut(note.text, _SHOWN_NOTE), lines=True)}")]


def _rows(view: CustomerView, w: Words) -> list[Row]:
    key, active = view.customer.key, view.customer.is_active
    reading = [
        Button(w("Orders"), Target("customer:orders", key, 0), "primary", disabled=not view.orders),
        Button(w("Addresses"), Target("customer:addresses", key), disabled=not view.customer.addresses),
        Button(w("Notes"), Target("customer:notes", key, 0), disabled=not view.notes),
    ]
    switch = (
        Button(w("Deactivate"), Target("customer:off", key), "danger")
        if active
        else Button(w("Activate"), Target("customer:on", key), "success")
    )
    if view.customer.erased_at is not None:
        return [[*reading[:1], Button(w("All customers"), Target("customer:list"))]]
    writing = [
        Button(w("Add note"), Target("customer:note", key), "primary"),
        Button(w("Edit"), Target("customer:edit", key)),
        switch,
        Button(w("Merge"), Target("customer:other", key)),
    ]
    ways = [
        Button(w("All customers"), Target("customer:list")),
        Button(w("Look again"), Target("customer:open", key)),
        Button(w("Erase this person's data"), Target("erase:ask", key), "danger"),
    ]
    return [reading, writing, ways]


def addresses_card(customer: Customer, w: Words) -> Card:
    """Where a customer's orders are sent; only shown when somebody asks for it."""
    return Card(
        title=w("Addresses of {name}", name=plain(name(customer))),
        text=None if customer.addresses else w("There is none."),
        fields=addresses_of(customer, w),
        rows=[_back(customer, w)],
    )


def orders_card(customer: Customer, page: OrdersPage, w: Words) -> Card:
    """One page of a customer's orders, with the way to each."""
    rows: list[Row] = []
    if page.orders:
        options = [Option(order_label(each, w), each.key) for each in page.orders]
        rows.append(Select(w("Open an order"), Target("order:open"), options))
    turning = _turning("customer:orders", customer.key, page.page, page.pages, w)
    return Card(
        title=w("Orders of {name}", name=plain(name(customer))),
        text=w.count(page.total, "{n} order", "{n} orders"),
        fields=[_order(each, w) for each in page.orders],
        rows=[*rows, [*turning, *_back(customer, w)]],
    )


def _order(order: Order, w: Words) -> Field:
    total = w.money(order.total_cents, order.currency)
    said = f"{mention(order.customer.discord_id)} · {total} · {w.when(order.created_at)}"
    return Field(f"{order.order_number} · {status(order.status, w)}", said)


def note_card(page: NotePage, w: Words) -> Card:
    """One note as it was written, whole."""
    note, customer = page.note, page.customer
    fields = [Field(w("Written"), f"{w.when(note.at, 'f')} · {mention(note.actor_id)}")] if note else []
    return Card(
        title=w("Notes about {name}", name=plain(name(customer))),
        text=block(note.text, _NOTE_LENGTH) if note else w("There is none."),
        fields=fields,
        rows=[[*_turning("customer:notes", customer.key, page.page, page.pages, w), *_back(customer, w)]],
    )


def _turning(action: str, key: str, page: int, pages: int, w: Words) -> list[Button]:
    if pages <= 1:
        return []
    before = Target(action, key, page - 1) if page > 0 else None
    after = Target(action, key, page + 1) if page + 1 < pages else None
    where = w("Page {page} of {pages}", page=page + 1, pages=pages)
    return [Button(w("Back"), before, emoji="◀️"), Button(where), Button(w("Next"), after, emoji="▶️")]


def _back(customer: Customer, w: Words) -> list[Button]:
    return [Button(w("Back to the customer"), Target("customer:open", customer.key))]
