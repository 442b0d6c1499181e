"""Discounts as staff make, hand out and end them."""

from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pymongo.errors import DuplicateKeyError

from models.base import Db, Tx, transact
from models.customer import Customer
from models.discount import Discount
from models.discount_use import AssignmentRule, DiscountAssignment, DiscountUse
from models.errors import AlreadyExists, BadInput, ChangedMeanwhile, RecordChanged, Refused
from models.member import Member
from models.product import Product
from models.required import required
from services.audit import Audit
from services.clock import Clock
from services.customers import Customers
from services.discount_terms import read_terms, read_uses
from services.discounts import Discounts
from services.paging import bounded
from services.shops import Shop

PAGE_SIZE = 6
_SHOWN = 10
_MOST_PRODUCTS = 200
_MOST_HOLDERS = 25


@dataclass(frozen=True)
class Holder:
    """A customer to whom the discount was assigned."""

    assignment: DiscountAssignment
    customer: Customer | None
    usable: bool


@dataclass(frozen=True)
class DiscountView:
    """A discount with its latest uses and holders; `changeable` while it is off and nobody used it."""

    discount: Discount
    products: list[Product]
    uses: list[DiscountUse]
    holders: list[Holder]
    changeable: bool
    running: bool


@dataclass(frozen=True)
class DiscountsPage:
    """One page of discounts, newest first; `page` counts from 0."""

    discounts: list[DiscountView]
    page: int
    pages: int
    total: int


class DiscountDesk:
    """Makes, changes, assigns and ends discounts; every change is in the audit log."""

    def __init__(
        self, db: Db, clock: Clock, *, audit: Audit, discounts: Discounts, customers: Customers
    ) -> None:
        self._db = db
        self._clock = clock
        self._audit = audit
        self._discounts = discounts
        self._customers = customers

    async def page(self, shop: Shop, page: int = 0) -> DiscountsPage:
        """The shop's discounts."""
        total = await Discount.how_many(self._db, shop.id)
        page, pages = bounded(page, total, PAGE_SIZE)
        found = await Discount.page(self._db, shop.id, skip=page * PAGE_SIZE, limit=PAGE_SIZE)
        return DiscountsPage([self._bare(each) for each in found], page, pages, total)

    async def view(self, shop: Shop, discount_id: str) -> DiscountView:
        """One discount with its uses and holders; raises NotFound."""
        discount = await self._get(shop, discount_id)
        products = await Product.of_keys(self._db, shop.id, discount.product_ids)
        now = self._clock.now()
        assigned = await DiscountAssignment.of_discount(
            self._db, shop.id, discount.key, now, limit=_MOST_HOLDERS
        )
        known = await Customer.of_keys(self._db, shop.id, [each.customer_id for each in assigned])
        return DiscountView(
            discount=discount,
            products=list(products.values()),
            uses=await DiscountUse.page(self._db, shop.id, discount.key, limit=_SHOWN),
            holders=[Holder(each, known.get(each.customer_id), each.usable(now)) for each in assigned],
            changeable=_changeable(discount),
            running=self._runs(discount),
        )

    def _bare(self, discount: Discount) -> DiscountView:
        return DiscountView(discount, [], [], [], _changeable(discount), self._runs(discount))

    def _runs(self, discount: Discount) -> bool:
        return discount.is_active and discount.runs(self._clock.now()) and not discount.used_up

    async def create(self, shop: Shop, actor: Member, typed: Mapping[str, str]) -> DiscountView:
        """Make a discount that is off and takes something off every product, as `read_terms` reads it.

        Raises BadInput, and AlreadyExists for its code.
        """
        terms = read_terms(typed, shop.currency)
        discount = Discount(tenant_id=shop.id, applies_to_all=True, is_active=False, **terms)

        async def work(tx: Tx) -> None:
            await discount.insert(self._db, tx=tx)
            after = discount.model_dump_doc()
            await self._audit.record(shop.id, actor, "discount.create", discount, after=after, tx=tx)

        await self._unique_code(work)
        return await self.view(shop, discount.key)

    async def edit(
        self,
        shop: Shop,
        actor: Member,
        discount_id: str,
        typed: Mapping[str, str],
        *,
        seen: Discount | None = None,
    ) -> DiscountView:
        """Change the terms; raises BadInput, AlreadyExists, NotFound, and Refused once it is on or used.

        With the discount as it was `seen`, raises RecordChanged when it is another by now.
        """
        return await self._change(shop, actor, discount_id, read_terms(typed, shop.currency), seen)

    async def choose_products(
        self, shop: Shop, actor: Member, discount_id: str, text: str, *, seen: Discount | None = None
    ) -> DiscountView:
        """Limit it to products, given by their SKUs or names, one a line; empty for all.

        Raises BadInput for one that is unknown, and else as `edit` does.
        """
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        if len(lines) > _MOST_PRODUCTS:
            raise BadInput("products", "too_many", _MOST_PRODUCTS)
        found = [await self._product(shop, line) for line in lines]
        keys = list(dict.fromkeys(product.key for product in found))
        fields = {"product_ids": keys, "applies_to_all": not keys}
        return await self._change(shop, actor, discount_id, fields, seen)

    async def _product(self, shop: Shop, text: str) -> Product:
        product = await Product.named(self._db, shop.id, text)
        if product is None:
            raise BadInput("products", "unknown_product", text[:80])
        return product

    async def choose_roles(
        self,
        shop: Shop,
        actor: Member,
        discount_id: str,
        role_ids: Sequence[str],
        *,
        seen: Discount | None = None,
    ) -> DiscountView:
        """Limit it to members with one of these Discord roles, none for everybody; raises as `edit` does."""
        return await self._change(shop, actor, discount_id, {"role_ids": list(role_ids)}, seen)

    async def choose_audience(
        self, shop: Shop, actor: Member, discount_id: str, *, assigned_only: bool
    ) -> DiscountView:
        """Give it only to those to whom it is assigned, or to everybody it fits."""
        return await self._change(shop, actor, discount_id, {"assigned_only": assigned_only})

    async def switch(self, shop: Shop, actor: Member, discount_id: str, *, active: bool) -> DiscountView:
        """Turn it on or off; what orders used of it stays. Raises NotFound."""
        discount = await self._get(shop, discount_id)

        async def work(tx: Tx) -> None:
            if await Discount.switch(self._db, discount, active=active, tx=tx) is None:
                return
            act = "discount.on" if active else "discount.off"
            await self._audit.record(shop.id, actor, act, discount, tx=tx)

        await transact(self._db, work)
        self._discounts.forget()
        return await self.view(shop, discount_id)

    async def assign(
        self,
        shop: Shop,
        actor: Member,
        discount_id: str,
        members: Sequence[Member],
        uses: str,
    ) -> DiscountView:
        """Let these members use it once, `uses` times, or with an empty text for ever.

        Raises BadInput and NotFound.
        """
        discount, total = await self._get(shop, discount_id), read_uses(uses)
        if not 1 <= len(members) <= _MOST_HOLDERS:
            raise BadInput("customers", "range", _MOST_HOLDERS)
        rules = {None: AssignmentRule.FOREVER, 1: AssignmentRule.ONE_TIME}
        customers = [await self._customers.of(shop, member) for member in members]
        made = [
            DiscountAssignment(
                tenant_id=shop.id,
                discount_id=discount.key,
                customer_id=customer.key,
                rule=rules.get(total, AssignmentRule.NEXT_N),
                total_allowed=total,
            )
            for customer in customers
        ]

        async def work(tx: Tx) -> None:
            held = [await Customer.hold(self._db, shop.id, each.customer_id, tx=tx) for each in made]
            if not all(held):
                raise ChangedMeanwhile
            await DiscountAssignment.insert_all(self._db, made, tx=tx)
            after = {"customers": [each.customer_id for each in made], "uses": total}
            await self._audit.record(shop.id, actor, "discount.assign", discount, after=after, tx=tx)

        await transact(self._db, work)
        return await self.view(shop, discount_id)

    async def revoke(self, shop: Shop, actor: Member, assignment_id: str) -> DiscountView:
        """End what a customer holds; orders that used it keep it. Raises NotFound."""
        assignment = required(await DiscountAssignment.get(self._db, shop.id, assignment_id), "discount")

        async def work(tx: Tx) -> None:
            if await DiscountAssignment.revoke(self._db, assignment, self._clock.now(), tx=tx) is None:
                return
            before = {"customerId": assignment.customer_id, "usedCount": assignment.used_count}
            await self._audit.record(shop.id, actor, "discount.revoke", assignment, before=before, tx=tx)

        await transact(self._db, work)
        return await self.view(shop, assignment.discount_id)

    async def _change(
        self,
        shop: Shop,
        actor: Member,
        discount_id: str,
        fields: dict[str, Any],
        seen: Discount | None = None,
    ) -> DiscountView:
        old = seen or await self._get(shop, discount_id)
        if not _changeable(old):
            raise Refused("discount", "used" if old.usage_count else "active")
        edited = Discount.model_validate({**old.model_dump(), **fields})
        after = edited.model_dump_doc(include=set(fields))
        before = {key: value for key, value in old.model_dump_doc().items() if key in after}

        async def work(tx: Tx) -> None:
            if await Discount.set_unused(self._db, old, after, tx=tx) is None:
                now = await Discount.get(self._db, shop.id, old.key, tx=tx)
                raise RecordChanged if now and _changeable(now) else Refused("discount", "active")
            await self._audit.record(shop.id, actor, "discount.edit", old, before=before, after=after, tx=tx)

        await self._unique_code(work)
        return await self.view(shop, old.key)

    async def _unique_code(self, work: Callable[[Tx], Coroutine[Any, Any, None]]) -> None:
        try:
            await transact(self._db, work)
        except DuplicateKeyError as error:
            raise AlreadyExists("discount_code") from error
        finally:
            self._discounts.forget()

    async def _get(self, shop: Shop, discount_id: str) -> Discount:
        return required(await Discount.get(self._db, shop.id, discount_id), "discount")


def _changeable(discount: Discount) -> bool:
    """Terms that somebody was shown stay as they are: nobody is charged by others."""
    return not discount.is_active and discount.usage_count == 0
