"""A customer's cart: one open session per person and shop."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pymongo.errors import DuplicateKeyError

from models.base import Db
from models.errors import (
    BadInput,
    CartChanged,
    CartEmpty,
    ConfirmInProgress,
    NotFound,
    OutOfStock,
    RolesMissing,
    SessionExpired,
)
from models.member import Member
from models.order import OrderItem
from models.problems import Change
from models.product import Product
from models.session import OrderSession, SessionState
from services.catalog import Catalog, missing_roles
from services.clock import Clock
from services.discounts import Discounts, Found
from services.flags import Flags
from services.levels import Levels
from services.lines import CartLine, Totals, compared, line_of
from services.rules import Rules
from services.shops import Shop

MAX_QUANTITY = 99
MAX_LINES = 20
_TRIES = 5

type Edit = Callable[[OrderSession], list[OrderItem]]


@dataclass(frozen=True)
class CartView:
    """The cart as it stands; `session` is None before the first product, `found` says what is off and why.

    `taxed`: the checkout may add tax to its total.
    """

    session: OrderSession | None
    lines: list[CartLine]
    totals: Totals
    found: Found
    taxed: bool

    @property
    def empty(self) -> bool:
        """Whether there is nothing in it."""
        return not self.lines


class Carts:
    """Fills and empties carts; prices follow the catalogue until Confirm."""

    def __init__(
        self,
        db: Db,
        clock: Clock,
        rules: Rules,
        *,
        catalog: Catalog,
        levels: Levels,
        discounts: Discounts,
        flags: Flags,
    ) -> None:
        self._db = db
        self._clock = clock
        self._rules = rules
        self._catalog = catalog
        self._levels = levels
        self._discounts = discounts
        self._flags = flags

    async def view(self, shop: Shop, member: Member) -> CartView:
        """The cart with today's availability."""
        return await self.show(shop, member, await self.current(shop, member))

    async def current(self, shop: Shop, member: Member) -> OrderSession | None:
        """The open session, if it has not been left for too long."""
        session = await OrderSession.current(self._db, shop.id, member.discord_id)
        if session is None or session.state is SessionState.CONFIRMING:
            return session
        return session if session.expires_at > self._clock.now() else None

    async def show(self, shop: Shop, member: Member, session: OrderSession | None) -> CartView:
        """A session's lines compared with the catalogue and the stock of now."""
        items = session.items if session else []
        products = (
            await Product.of_keys(self._db, shop.id, [item.product_id for item in items]) if items else {}
        )
        stock = await self.stock_of(shop, member, products)
        lines = [compared(shop, item, products.get(item.product_id), stock, member) for item in items]
        code = session.discount_code if session else None
        found = await self._discounts.find(shop, member, items, code)
        off = found.offer.cents if found.offer else 0
        subtotal = sum(item.line_cents for item in items)
        taxed = await self._flags.taxes(shop)
        return CartView(session, lines, Totals(subtotal, off, 0, 0, shop.currency), found, taxed)

    async def stock_of(self, shop: Shop, member: Member, products: dict[str, Product]) -> dict[str, int]:
        """How many this member can have of each of these products that is tracked."""
        tracked = [key for key, product in products.items() if product.inventory_tracked]
        if not tracked:
            return {}
        stock = dict.fromkeys(tracked, 0) | await self._levels.of(shop.id, tracked)
        gone = [key for key, left in stock.items() if not left]
        waits = await self._catalog.waits(shop, member, gone)
        return stock | {key: 1 for key, wait in waits.items() if wait.offered}

    async def add(self, shop: Shop, member: Member, product_id: str, quantity: int = 1) -> CartView:
        """Put more of a product in; raises NotFound, RolesMissing, OutOfStock or BadInput."""
        if quantity < 1:
            raise BadInput("quantity", "range", MAX_QUANTITY)
        return await self._put(shop, member, product_id, lambda had: had + quantity)

    async def set_quantity(self, shop: Shop, member: Member, product_id: str, quantity: int) -> CartView:
        """Have exactly this many of a product, 0 for none."""
        if not 0 <= quantity <= MAX_QUANTITY:
            raise BadInput("quantity", "range", MAX_QUANTITY)
        if quantity == 0:
            return await self.remove(shop, member, product_id)
        return await self._put(shop, member, product_id, lambda _: quantity)

    async def change_quantity(self, shop: Shop, member: Member, product_id: str, delta: int) -> CartView:
        """A few more or less of a product that is in the cart; at 0 it leaves."""
        session = await self.current(shop, member)
        had = (
            next((item.quantity for item in session.items if item.product_id == product_id), 0)
            if session
            else 0
        )
        if had == 0:
            raise NotFound("line")
        if delta > 0:
            return await self._put(shop, member, product_id, lambda now: now + delta)
        return await self._edit(shop, member, lambda now: _lower(now.items, product_id, delta))

    async def remove(self, shop: Shop, member: Member, product_id: str) -> CartView:
        """Take a product out; nothing happens when it is not in."""

        def without(session: OrderSession) -> list[OrderItem]:
            return [item for item in session.items if item.product_id != product_id]

        return await self._edit(shop, member, without)

    async def clear(self, shop: Shop, member: Member) -> CartView:
        """Take everything out."""
        return await self._edit(shop, member, lambda _: [])

    async def enter_code(self, shop: Shop, member: Member, code: str) -> CartView:
        """Use a discount code; raises BadInput saying why it gives nothing, CartEmpty, ConfirmInProgress."""
        session = await self.current(shop, member)
        if session is None or not session.items:
            raise CartEmpty
        return await self._keep_code(
            shop, member, session, await self._discounts.check(shop, member, session.items, code)
        )

    async def drop_code(self, shop: Shop, member: Member) -> CartView:
        """Forget the code that was entered; raises ConfirmInProgress."""
        session = await self.current(shop, member)
        if session is None or session.discount_code is None:
            return await self.show(shop, member, session)
        return await self._keep_code(shop, member, session, None)

    async def _keep_code(
        self, shop: Shop, member: Member, session: OrderSession, code: str | None
    ) -> CartView:
        edited = await self.write(session, {"discountCode": code})
        if edited is None:
            raise ConfirmInProgress
        return await self.show(shop, member, edited)

    async def _put(
        self, shop: Shop, member: Member, product_id: str, quantity: Callable[[int], int]
    ) -> CartView:
        entry = await self._catalog.entry(shop, member, product_id)
        product = entry.product
        if entry.missing_role_ids:
            raise RolesMissing(product.name, entry.missing_role_ids)

        def edit(session: OrderSession) -> list[OrderItem]:
            had = next((item.quantity for item in session.items if item.product_id == product.key), 0)
            wanted = quantity(had)
            if wanted > MAX_QUANTITY:
                raise BadInput("quantity", "too_many_of_one", MAX_QUANTITY)
            if entry.available is not None and wanted > entry.available:
                raise OutOfStock(product.name, 0 if entry.sold_out else entry.shown_quantity, had)
            return _with(session.items, line_of(product, wanted))

        return await self._edit(shop, member, edit)

    async def _edit(self, shop: Shop, member: Member, edit: Edit) -> CartView:
        for _ in range(_TRIES):
            session = await self._open(shop, member)
            items = [item.model_dump_doc() for item in edit(session)]
            edited = await self.write(session, {"items": items})
            if edited is not None:
                return await self.show(shop, member, edited)
        raise ConfirmInProgress

    async def write(self, session: OrderSession, fields: dict[str, Any]) -> OrderSession | None:
        """Write stored fields and touch the session, if nobody changed it since; else None."""
        expires_at = self._clock.now() + self._rules.session
        return await OrderSession.edit(self._db, session, {**fields, "expiresAt": expires_at})

    async def refresh(self, shop: Shop, member: Member, changes: tuple[Change, ...]) -> None:
        """Write today's names and prices into the cart, drop what is gone, and raise CartChanged."""
        session = await self.current(shop, member)
        if session is None:
            raise SessionExpired
        kept = await self._todays(shop, member, session)
        await self.write(session, {"items": [item.model_dump_doc() for item, _ in kept]})
        raise CartChanged(changes)

    async def renew(self, shop: Shop, member: Member) -> CartView:
        """Take over today's names, prices and stock; what this member cannot buy any more leaves the cart.

        Raises SessionExpired, and ConfirmInProgress when the cart changed at this very moment.
        """
        session = await self.current(shop, member)
        if session is None:
            raise SessionExpired
        kept = await self._todays(shop, member, session)
        items = [item.model_dump_doc() for item, product in kept if not missing_roles(product, member)]
        renewed = await self.write(session, {"items": items})
        if renewed is None:
            raise ConfirmInProgress
        return await self.show(shop, member, renewed)

    async def _todays(
        self, shop: Shop, member: Member, session: OrderSession
    ) -> list[tuple[OrderItem, Product]]:
        """The lines that are still sold, at today's price and at most what is available."""
        products = await Product.of_keys(self._db, shop.id, [item.product_id for item in session.items])
        stock = await self.stock_of(shop, member, products)
        return [
            (line_of(product, min(item.quantity, stock.get(product.key, item.quantity))), product)
            for item in session.items
            if (product := products.get(item.product_id))
            and (product.is_active and product.currency == shop.currency)
            and stock.get(product.key, 1) > 0
        ]

    async def _open(self, shop: Shop, member: Member) -> OrderSession:
        now = self._clock.now()
        session = await OrderSession.current(self._db, shop.id, member.discord_id)
        if session is not None and session.state is SessionState.CONFIRMING:
            raise ConfirmInProgress
        if session is not None and session.expires_at > now:
            return session
        if session is not None:
            await OrderSession.expire_one(self._db, shop.id, member.discord_id, now)
        fresh = OrderSession(
            tenant_id=shop.id,
            discord_user_id=member.discord_id,
            guild_id=shop.guild_id,
            expires_at=now + self._rules.session,
        )
        try:
            return await fresh.insert(self._db, lightly=True)
        except DuplicateKeyError:  # another click of the same person opened it first
            return await self._open(shop, member)


def _with(items: list[OrderItem], line: OrderItem) -> list[OrderItem]:
    if any(item.product_id == line.product_id for item in items):
        return [line if item.product_id == line.product_id else item for item in items]
    if len(items) >= MAX_LINES:
        raise BadInput("cart", "too_many_lines", MAX_LINES)
    return [*items, line]


def _lower(items: list[OrderItem], product_id: str, delta: int) -> list[OrderItem]:
    lowered = [
        item.model_copy(update={"quantity": item.quantity + delta}) if item.product_id == product_id else item
        for item in items
    ]
    return [item for item in lowered if item.quantity > 0]
