"""One product and the list of all, as staff see them."""

from cogs._ui.card import Button, Card, Field, Option, PickRole, Row, Select, code, plain
from cogs._ui.desk import Visit
from cogs._ui.role_names import lasting
from cogs._ui.stamp import stamp_of
from cogs._ui.target import Target
from cogs._ui.words import Words, later
from cogs.admin._paging import pager, searchable
from cogs.admin._reach import known_roles, role_warnings
from models.product import Product, QtyVisibility
from services.catalog import CatalogPage, Entry
from services.stock import StockView

MAX_ROLES = 10
_SHOWN_TEXT = 300
_VISIBILITY = {
    QtyVisibility.INHERIT: later("Stock: shown as the shop's setting says"),
    QtyVisibility.PUBLIC: later("Stock: customers see how many are left"),
    QtyVisibility.PRIVATE: later("Stock: customers only see whether there is any"),
}


def product_list(page: CatalogPage, w: Words) -> Card:
    """The products that were found, with a menu to open one."""
    card = Card(title=w("Products"), rows=[])
    if page.query:
        card.text = w("Those with {query} in their name.", query=code(page.query))
    if not page.entries:
        card.text = w("Nothing found. Try other words, or add a product.")
    card.fields = [_listed(entry, w) for entry in page.entries]
    options = [_option(entry, w) for entry in page.entries]
    menu = [Select(w("Open a product"), Target("product:open"), options)] if options else []
    turn = pager(w, "product:list", page.page, page.pages, page.query)
    rows: list[Row] = [*menu, turn, _list_buttons(page, w)]
    card.rows = [row for row in rows if row]
    return card


def _list_buttons(page: CatalogPage, w: Words) -> list[Button]:
    buttons = [
        Button(w("New product"), Target("product:new"), "primary"),
        Button(w("Search"), Target("product:search", searchable("product:search", page.query))),
    ]
    return buttons + ([Button(w("Show all"), Target("product:list"))] if page.query else [])


def _listed(entry: Entry, w: Words) -> Field:
    product = entry.product
    state = w("on sale") if product.is_active else w("not on sale")
    if entry.available is None:
        stock = w("not counted")
    else:
        stock = w.count(entry.available, "{n} in stock", "{n} in stock")
    price = w.money(product.price_cents, product.currency)
    return Field(plain(product.name), f"{price} · {code(product.sku)} · {stock} · {state}")


def _option(entry: Entry, w: Words) -> Option:
    product = entry.product
    price = w.money(product.price_cents, product.currency)
    return Option(product.name, product.key, description=f"{price} · {product.sku}")


def product_card(stock: StockView, visit: Visit) -> Card:
    """Everything about one product, with every way to change it."""
    product, w = stock.product, visit.words
    warnings = role_warnings(visit, product.granted_role_ids)
    if len(known_roles(visit, product.required_role_ids)) < len(product.required_role_ids):
        warnings.append(
            w("It is only for roles that this server does not have. Please choose who may buy it.")
        )
    text = plain(product.description, lines=True) if product.description else w("No description yet.")
    return Card(
        title=plain(product.name),
        text="\n\n".join([text, *(f"⚠️ {warning}" for warning in warnings)]),
        fields=_fields(stock, w),
        thumbnail_url=product.image_url,
        colour="warn" if warnings or not product.is_active else "plain",
        rows=[
            _actions(product, w),
            PickRole(
                w("Roles that the buyer gets"),
                Target("product:grants", product.key, stamp_of(product.granted_role_ids)),
                min_values=0,
                max_values=MAX_ROLES,
                defaults=known_roles(visit, product.granted_role_ids),
            ),
            PickRole(
                w("Roles that may buy (empty: everybody)"),
                Target("product:requires", product.key, stamp_of(product.required_role_ids)),
                min_values=0,
                max_values=MAX_ROLES,
                defaults=known_roles(visit, product.required_role_ids),
            ),
            _visibility(product, w),
            _places(product, w),
        ],
    )


def sell_anyway_card(product: Product, warnings: list[str], w: Words) -> Card:
    """The question before a product is sold whose roles its buyers would not get."""
    asked = w("Its buyers would pay and wait for their role. Do you want to sell it all the same?")
    return Card(
        title=plain(product.name),
        text="\n\n".join([*(f"⚠️ {warning}" for warning in warnings), asked]),
        colour="warn",
        rows=[
            [
                Button(w("Back, I will see to it"), Target("product:open", product.key), "primary"),
                Button(w("Sell it all the same"), Target("product:sell-anyway", product.key), "danger"),
            ]
        ],
    )


def _fields(stock: StockView, w: Words) -> list[Field]:
    product = stock.product
    none = w("none")
    counted = w(
        "{available} available, {reserved} reserved", available=stock.available, reserved=stock.reserved
    )
    cost = none if product.cost_cents is None else w.money(product.cost_cents, product.currency)
    text = product.delivery_text
    delivery = plain(text[:_SHOWN_TEXT], lines=True) if text else none
    return [
        Field(w("Price"), w.money(product.price_cents, product.currency), inline=True),
        Field(w("SKU"), code(product.sku), inline=True),
        Field(w("State"), w("on sale") if product.is_active else w("not on sale"), inline=True),
        Field(w("Kind"), w("digital") if product.is_digital else w("ships to an address"), inline=True),
        Field(w("Stock"), counted if product.inventory_tracked else w("not counted"), inline=True),
        Field(w("Cost (staff only)"), cost, inline=True),
        Field(w("The buyer gets the roles"), _granted(product, w) or none, inline=True),
        Field(
            w("Only for the roles"), _roles(product.required_role_ids) or w("everybody may buy"), inline=True
        ),
        Field(w("Text that the buyer gets"), delivery),
    ]


def _granted(product: Product, w: Words) -> str:
    roles = _roles(product.granted_role_ids)
    return roles and lasting(roles, product.role_days, w)


def _roles(role_ids: list[str]) -> str:
    return " ".join(f"<@&{role_id}>" for role_id in role_ids)


def _actions(product: Product, w: Words) -> list[Button]:
    key = product.key
    selling = (
        Button(w("Take off sale"), Target("product:hide", key))
        if product.is_active
        else Button(w("Put on sale"), Target("product:sell", key), "success")
    )
    kind = (
        Button(w("It ships"), Target("product:ships", key))
        if product.is_digital
        else Button(w("It is digital"), Target("product:digital", key))
    )
    counted = (
        Button(w("Do not count stock"), Target("product:uncount", key))
        if product.inventory_tracked
        else Button(w("Count stock"), Target("product:count", key))
    )
    edit = Button(w("Edit"), Target("product:edit", key), "primary")
    return [selling, edit, Button(w("Picture, delivery"), Target("product:details", key)), kind, counted]


def _visibility(product: Product, w: Words) -> Select:
    chosen = product.qty_visibility or QtyVisibility.INHERIT
    options = [Option(w(text), value.value, default=value is chosen) for value, text in _VISIBILITY.items()]
    return Select(w("Who sees the stock"), Target("product:visible", product.key), options)


def _places(product: Product, w: Words) -> list[Button]:
    return [
        Button(w("All products"), Target("product:list")),
        Button(w("Stock"), Target("stock:open", product.key)),
        Button(w("New product"), Target("product:new")),
        Button(w("What the buyer gets"), Target("goods:open", product.key)),
    ]
