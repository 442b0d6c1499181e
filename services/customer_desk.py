"""Customers as staff find, read, note and change them."""

from dataclasses import dataclass
from typing import Any

from models import customer_orders
from models.base import Db, Tx, Where, searchable, transact
from models.customer import Customer
from models.customer_note import CustomerNote
from models.customer_orders import Spent
from models.discount import Discount
from models.discount_use import DiscountAssignment
from models.entitlement import Entitlement
from models.errors import BadInput, RecordChanged
from models.member import Member
from models.order import Order
from models.product import Product
from models.required import required
from services.audit import Audit
from services.clock import Clock
from services.customers import read_contact
from services.orders import OrdersPage
from services.paging import MOST_FOUND, PEOPLE, PeoplePage, bounded
from services.shops import Shop

PAGE_SIZE = 5
_REMARK_LENGTH, _NOTE_LENGTH = 1000, 4000
_SHOWN = 10


@dataclass(frozen=True)
class CustomerView:
    """A customer with all that staff see; `accounts` are other Discord accounts that were merged into it.

    `goods` are the names of the products that `roles` came with, by their ids.
    """

    customer: Customer
    accounts: list[Customer]
    spent: list[Spent]
    roles: list[Entitlement]
    goods: dict[str, str]
    held: list[tuple[Discount, DiscountAssignment]]
    notes: int
    latest_note: CustomerNote | None

    @property
    def orders(self) -> int:
        """How many orders there are, in every currency."""
        return sum(each.orders for each in self.spent)

    @property
    def open_orders(self) -> int:
        """How many of them are not finished."""
        return sum(each.open for each in self.spent)

    @property
    def discord_ids(self) -> list[str]:
        """Every Discord account of theirs, the kept one first."""
        return [each.discord_id for each in (self.customer, *self.accounts)]


@dataclass(frozen=True)
class NotePage:
    """One note of a customer; `page` counts from 0, the newest first."""

    customer: Customer
    note: CustomerNote | None
    page: int
    pages: int


class CustomerDesk:
    """Every change is in the audit log."""

    def __init__(self, db: Db, clock: Clock, audit: Audit) -> None:
        self._db = db
        self._clock = clock
        self._audit = audit

    async def find(self, shop: Shop, query: str = "", page: int = 0) -> PeoplePage[Customer]:
        """Customers by name, e-mail address, Discord id or order number; without, all, newest first."""
        if not searchable(query).strip():
            return await self._newest(Customer.everybody(shop.id), page)
        order = await Order.of_number(self._db, shop.id, query.strip().upper()[:20])
        if order is not None:
            return PeoplePage([await self._of_order(order)], 0, 1, 1)
        found = await Customer.search(self._db, shop.id, query, limit=MOST_FOUND + 1)
        kept = {each.key: each for each in [await each.kept(self._db) for each in found[:MOST_FOUND]]}
        every = sorted(kept.values(), key=lambda each: (each.discord_display_name.casefold(), each.key))
        return PeoplePage.of(every, page, cut=len(found) > MOST_FOUND)

    async def _newest(self, where: Where, page: int) -> PeoplePage[Customer]:
        total = await Customer.how_many(self._db, where)
        page, pages = bounded(page, total, PEOPLE)
        found = await Customer.find_all(self._db, where, sort="-createdAt", skip=page * PEOPLE, limit=PEOPLE)
        return PeoplePage(found, page, pages, total)

    async def get(self, shop: Shop, customer_id: str) -> Customer:
        """The record that is kept of a customer, by the id of any of theirs; raises NotFound."""
        found = required(await Customer.get(self._db, shop.id, customer_id), "customer")
        return await found.kept(self._db)

    async def of_discord(self, shop: Shop, discord_id: str) -> Customer:
        """The record that is kept of a Discord user; raises NotFound for somebody who never came."""
        return required(await Customer.of_person(self._db, shop.id, discord_id), "customer")

    async def of_order(self, shop: Shop, order_id: str) -> Customer:
        """Whose order it is; raises NotFound."""
        order = required(await Order.get(self._db, shop.id, order_id), "order")
        return await self._of_order(order)

    async def _of_order(self, order: Order) -> Customer:
        found = await Customer.get(self._db, order.tenant_id, order.customer_id or "")
        found = found or await Customer.of_discord(self._db, order.tenant_id, order.customer.discord_id)
        return await required(found, "customer").kept(self._db)

    async def view(self, shop: Shop, customer_id: str) -> CustomerView:
        """Everything about a customer; raises NotFound."""
        customer = await self.get(shop, customer_id)
        accounts = await Customer.accounts_of(self._db, shop.id, customer.key)
        ids = [each.discord_id for each in (customer, *accounts)]
        held = await DiscountAssignment.of_customer(self._db, shop.id, customer.key, self._clock.now())
        discounts = await Discount.of_keys(self._db, shop.id, [each.discount_id for each in held])
        by_key = {each.key: each for each in discounts}
        notes = await CustomerNote.page(self._db, shop.id, customer.key, skip=0, limit=1)
        roles = await Entitlement.of_people(self._db, shop.id, ids, limit=_SHOWN)
        goods = await Product.of_keys(self._db, shop.id, [each.product_id for each in roles])
        return CustomerView(
            customer=customer,
            accounts=accounts,
            spent=await customer_orders.spent(self._db, shop.id, customer.key),
            roles=roles,
            goods={key: product.name for key, product in goods.items()},
            held=[(by_key[each.discount_id], each) for each in held if each.discount_id in by_key],
            notes=await CustomerNote.how_many(self._db, shop.id, customer.key),
            latest_note=notes[0] if notes else None,
        )

    async def orders(self, shop: Shop, customer_id: str, page: int = 0) -> tuple[Customer, OrdersPage]:
        """A customer's orders, newest first, whichever of their accounts placed them; raises NotFound."""
        customer = await self.get(shop, customer_id)
        where = customer_orders.of_customer(shop.id, customer.key)
        total = await Order.how_many(self._db, where)
        page, pages = bounded(page, total, PAGE_SIZE)
        found = await Order.find_all(
            self._db, where, sort="-createdAt", skip=page * PAGE_SIZE, limit=PAGE_SIZE
        )
        return customer, OrdersPage(found, page, pages, total)

    async def notes(self, shop: Shop, customer_id: str, page: int = 0) -> NotePage:
        """One of the notes about a customer, the newest first; raises NotFound."""
        customer = await self.get(shop, customer_id)
        total = await CustomerNote.how_many(self._db, shop.id, customer.key)
        page, pages = bounded(page, total, 1)
        found = await CustomerNote.page(self._db, shop.id, customer.key, skip=page, limit=1)
        return NotePage(customer, found[0] if found else None, page, pages)

    async def edit(
        self,
        shop: Shop,
        actor: Member,
        customer_id: str,
        *,
        email: str,
        phone: str,
        remark: str,
        seen: Customer | None = None,
    ) -> Customer:
        """Keep how to reach a customer and what staff should know; raises BadInput and NotFound.

        With the customer as it was `seen`, raises RecordChanged when any of it is another by now.
        """
        said = remark.strip()
        if len(said) > _REMARK_LENGTH:
            raise BadInput("remark", "length", _REMARK_LENGTH)
        fields = {**read_contact(email, phone), "notes": said or None}
        return await self._change(shop, actor, customer_id, "customer.edit", fields, seen)

    async def switch(self, shop: Shop, actor: Member, customer_id: str, *, active: bool) -> Customer:
        """Let a customer place orders again, or no new ones from now on; raises NotFound."""
        act = "customer.activate" if active else "customer.deactivate"
        return await self._change(shop, actor, customer_id, act, {"isActive": active})

    async def add_note(self, shop: Shop, actor: Member, customer_id: str, text: str) -> CustomerNote:
        """Write something down for the staff, for good; raises BadInput and NotFound."""
        said = text.strip()
        if not said:
            raise BadInput("note", "required")
        if len(said) > _NOTE_LENGTH:
            raise BadInput("note", "length", _NOTE_LENGTH)

        async def work(tx: Tx) -> CustomerNote:
            customer = await self._held(shop, customer_id, tx)
            note = CustomerNote(
                tenant_id=shop.id,
                customer_id=customer.key,
                actor_id=actor.discord_id,
                at=self._clock.now(),
                text=said,
            )
            await note.insert(self._db, tx=tx)
            await self._audit.record(shop.id, actor, "customer.note", customer, after={"note": said}, tx=tx)
            return note

        return await transact(self._db, work)

    async def _change(
        self,
        shop: Shop,
        actor: Member,
        customer_id: str,
        act: str,
        fields: dict[str, Any],
        seen: Customer | None = None,
    ) -> Customer:
        async def work(tx: Tx) -> Customer:
            old = await self._held(shop, customer_id, tx)
            before = {key: value for key, value in old.model_dump_doc().items() if key in fields}
            if seen is not None and before != seen.model_dump_doc(include=set(before)):
                raise RecordChanged
            if before == fields:
                return old
            await self._audit.record(shop.id, actor, act, old, before=before, after=fields, tx=tx)
            # That the old address took no e-mail says nothing about the new one.
            renewed = {"emailRefused": False} if fields.get("email", old.email) != old.email else {}
            return await Customer.set_fields(self._db, old, fields | renewed, tx=tx) or old

        return await transact(self._db, work)

    async def _held(self, shop: Shop, customer_id: str, tx: Tx) -> Customer:
        """The kept record, which nobody merges away or changes before this transaction ends."""
        found = await Customer.get(self._db, shop.id, customer_id, tx=tx)
        key = found.merged_into or found.key if found else ""
        return required(await Customer.hold(self._db, shop.id, key, tx=tx), "customer")
