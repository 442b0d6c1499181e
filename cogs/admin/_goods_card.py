"""What the buyer of a product gets, as staff see and change it; no key is ever shown here."""

from cogs._ui.card import Button, Card, Field, Row, code, plain
from cogs._ui.form import Form, Input
from cogs._ui.goods_text import megabytes
from cogs._ui.linked import linked
from cogs._ui.target import Target
from cogs._ui.words import Words
from models.product import Product
from services.key_pool import PoolView

_TEXT, _LINK, _SHOWN_TEXT, _MAX_TYPED = 2000, 500, 500, 4000


def goods_card(pool: PoolView, w: Words) -> Card:
    """Text, link, file and keys of a product, with every way to change them."""
    product = pool.product
    idle = not product.is_digital and any(
        (product.delivery_text, product.delivery_link, product.delivery_file)
    )
    warning = w("⚠️ This product ships, so its buyers get none of this. Make it digital on its own card.")
    how = w(
        "To send a file, use `/admin product` and attach it as `{option}`. Bought items stay as they were.",
        option=w.option("file"),
    )
    return Card(
        title=w("What the buyer of {name} gets", name=plain(product.name)),
        text=f"{warning}\n\n{how}" if idle else how,
        fields=[
            Field(w("Text"), _text(product, w)),
            Field(w("Link"), linked(product.delivery_link) if product.delivery_link else w("none")),
            Field(w("File"), _file(product, w)),
            Field(w("One-time keys"), _keys(pool, w)),
        ],
        colour="warn" if idle or pool.waiting else "plain",
        rows=_rows(product, w),
    )


def _text(product: Product, w: Words) -> str:
    text = product.delivery_text
    return plain(text[:_SHOWN_TEXT], lines=True) if text else w("none")


def _file(product: Product, w: Words) -> str:
    file = product.delivery_file
    return f"{code(file.name)} ({megabytes(file.size, w)})" if file else w("none")


def _keys(pool: PoolView, w: Words) -> str:
    if not pool.product.delivers_keys:
        return w("Buyers get none.")
    counts = w(
        "{free} free, {taken} handed out, {replaced} replaced",
        free=pool.free, taken=pool.taken, replaced=pool.replaced,
    )  # fmt: skip
    if not pool.waiting:
        return counts
    waiting = w.count(
        pool.waiting,
        "⚠️ {n} key is paid for and missing. Import keys, and it is handed out by itself.",
        "⚠️ {n} keys are paid for and missing. Import keys, and they are handed out by themselves.",
    )
    return f"{counts}\n{waiting}"


def _rows(product: Product, w: Words) -> list[Row]:
    key = product.key
    texts = [Button(w("Text and link"), Target("goods:edit", key), "primary")]
    if product.delivery_file:
        texts.append(Button(w("Take the file away"), Target("goods:drop", key)))
    if product.delivers_keys:
        keys = [
            Button(w("Import keys"), Target("stock:keys", key), "primary"),
            Button(w("Deliver no keys any more"), Target("goods:off", key)),
        ]
    else:
        keys = [Button(w("Deliver one-time keys"), Target("goods:on", key))]
    places = [
        Button(w("Product"), Target("product:open", key)),
        Button(w("Stock"), Target("stock:open", key)),
        Button(w("Look again"), Target("goods:open", key)),
    ]
    return [texts, keys, places]


def edit_form(product: Product, w: Words) -> Form:
    """The text and the link that a buyer gets."""
    link, text = product.delivery_link or "", product.delivery_text or ""
    return Form(
        w("What the buyer gets"),
        Target("goods:edit", product.key),
        [
            Input("text", w("Text"), text, required=False, long=True, max_length=_TEXT),
            Input("link", w("Link"), link, required=False, max_length=_LINK, placeholder="https://"),
        ],
        edits=True,
    )


def keys_form(product: Product, w: Words) -> Form:
    """Keys to import, as many as a form takes."""
    hint = w("For more, attach a text or CSV file to `/admin stock`.")
    keys = Input("keys", w("Keys, one on each line"), long=True, max_length=_MAX_TYPED, hint=hint)
    return Form(w("Import keys"), Target("stock:keys", product.key), [keys], private=True)
