"""What moving a shop to another server means, before and after; the name is typed to confirm."""

from collections.abc import Sequence

from cogs._ui.card import Button, Card, Field, Option, Select, plain
from cogs._ui.form import Form, Input
from cogs._ui.target import Target
from cogs._ui.words import Words
from models.moved import LeftBehind
from services.moving import Movable
from services.shops import Shop

_NAME_LENGTH = 100


def start_card(shop: Shop, behind: LeftBehind, w: Words) -> Card:
    """In the old server: what would happen, and the way to let it."""
    waiting = shop.tenant.moving_until is not None
    button = Button(w("Allow the move"), Target("move:offer"), "danger")
    stay = Button(w("Stay here"), Target("move:withdraw"))
    text = w(
        "Here you only allow it, for one day. Then invite me to the other server and run `/admin setup` "
        "there: it offers the shop to you and to nobody else."
    )
    card = consequences(shop, behind, w)
    card.title = w("Move {shop} to another server?", shop=plain(shop.name))
    card.text = text
    if waiting and shop.tenant.moving_until is not None:
        until = w.when(shop.tenant.moving_until, "F")
        card.note = w("The move is allowed until {until}. Nothing has changed yet.", until=until)
    card.rows = [[button, *([stay] if waiting else []), Button(w("Back"), Target("owner:show"))]]
    return card


def arrive_card(movable: Movable, behind: LeftBehind, w: Words) -> Card:
    """In the new server: the same once more, and the last step."""
    shop = movable.shop
    card = consequences(shop, behind, w)
    card.title = w("Move {shop} here?", shop=plain(shop.name))
    card.text = w("It ends at once in the server where it was, and opens in this one.")
    card.rows = [
        [
            Button(w("Move it here"), Target("move:take", shop.id), "danger"),
            Button(w("Back"), Target("setup:start")),
        ]
    ]
    return card


def consequences(shop: Shop, behind: LeftBehind, w: Words) -> Card:
    """What stays and what goes."""
    kept = w(
        "Products and stock, orders and payments, customers, discounts, the fund and its books, "
        "providers' keys, users, and who owns and administers {shop}.",
        shop=plain(shop.name),
    )
    fields = [Field(w("What stays"), kept), Field(w("What has to be chosen again"), choose_again(behind, w))]
    warned = list[str]()
    if behind.roles_owed:
        warned.append(
            w.count(
                behind.roles_owed,
                "{n} paid role is not granted yet, and cannot be any more. See `/admin queue`.",
                "{n} paid roles are not granted yet, and cannot be any more. See `/admin queue`.",
            )
        )
    if behind.unpaid:
        warned.append(
            w.count(
                behind.unpaid,
                "{n} order that is not paid yet grants a role, which nobody gets in the new server.",
                "{n} orders that are not paid yet grant roles, which nobody gets in the new server.",
            )
        )
    if behind.claims:
        warned.append(
            w.count(
                behind.claims,
                "{n} customer says to have paid and waits for an answer. See `/admin payments`.",
                "{n} customers say to have paid and wait for an answer. See `/admin payments`.",
            )
        )
    warned.append(w("Roles that members have in the old server stay there; nobody gets them in the new one."))
    fields.append(Field(w("Look at this first"), "\n".join(f"• {each}" for each in warned)))
    return Card(fields=fields, colour="bad")


def choose_again(behind: LeftBehind, w: Words) -> str:
    """What a move cleared, a line each."""
    lines = [
        w("The roles of admins and staff, and the staff's channels"),
        w("The storefront message and the fund's channel, if there are any"),
    ]
    if behind.products:
        lines.append(
            w.count(
                behind.products,
                "The roles of {n} product, which is taken off sale until then",
                "The roles of {n} products, which are taken off sale until then",
            )
        )
    if behind.discounts:
        lines.append(
            w.count(
                behind.discounts,
                "The roles of {n} discount, which ends until then",
                "The roles of {n} discounts, which end until then",
            )
        )
    return "\n".join(f"• {each}" for each in lines)


def moved_card(shop: Shop, behind: LeftBehind, w: Words) -> Card:
    """The shop has arrived; what to do next."""
    return Card(
        title=w("{shop} is here", shop=plain(shop.name)),
        text=w("Orders, customers and books came along. Please choose these again:"),
        fields=[Field(w("What has to be chosen again"), choose_again(behind, w))],
        colour="good",
        rows=[
            [
                Button(w("Guide me through"), Target("setup:step", "roles"), "primary"),
                Button(w("All products"), Target("product:list")),
                Button(w("Doctor"), Target("doctor:open")),
            ]
        ],
    )


def name_form(shop: Shop, to: Target, w: Words) -> Form:
    """The shop's name, typed by its owner."""
    typed = Input("typed", w("Type the shop's name"), max_length=_NAME_LENGTH, placeholder=shop.name[:100])
    return Form(w("Move the shop"), to, [typed])


def choice(movables: Sequence[Movable], w: Words) -> Select | None:
    """The shops that their owner may bring here; None when there are none."""
    options = [Option(each.shop.name, each.shop.id, _where(each, w)) for each in movables]
    return Select(w("Move a shop of yours here"), Target("move:here"), options) if options else None


def _where(movable: Movable, w: Words) -> str:
    if movable.absence is None:
        return w("You allowed the move")
    name = movable.absence.guild_name or movable.shop.guild_id
    return w("I am not in {guild} any more", guild=name)
