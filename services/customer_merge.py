"""Two records of one person become one; the other only points there from then on (docs/adr/0021)."""

from typing import Any

from models import merging
from models.address import SavedAddress
from models.base import Db, Tx, transact
from models.customer import Customer, NoticePreferences
from models.customer_note import CustomerNote
from models.errors import BadInput, NotFound, Refused
from models.member import Member
from services.audit import Audit
from services.clock import Clock
from services.customers import NOTICES
from services.discounts import Discounts
from services.shops import Shop

# What a menu of Discord's can offer at checkout; any more stay with the record that goes.
MOST_ADDRESSES = 25


class CustomerMerge:
    """Everything happens in one transaction, so that nobody ever sees half of it."""

    def __init__(self, db: Db, clock: Clock, *, audit: Audit, discounts: Discounts) -> None:
        self._db = db
        self._clock = clock
        self._audit = audit
        self._discounts = discounts

    async def check(self, shop: Shop, kept_id: str, gone_id: str) -> tuple[Customer, Customer]:
        """Both records, if they can be merged.

        Raises BadInput for a record and itself, NotFound, and Refused for one that was merged before.
        """
        return await self._both(shop, kept_id, gone_id)

    async def merge(self, shop: Shop, actor: Member, kept_id: str, gone_id: str) -> Customer:
        """Keep the first record for both, with everything of the second; raises as `check` does.

        Each Discord account goes on seeing its own orders only; roles stay owed to the account that bought
        them. An order that is being placed meanwhile belongs to the kept record, too: whoever writes what
        names a customer writes that customer in the same transaction (`Customer.hold`).
        """

        async def work(tx: Tx) -> Customer:
            kept, gone = await self._both(shop, kept_id, gone_id, tx)
            fields, left = _joined(kept, gone)
            now = self._clock.now()
            pointer = {
                "mergedInto": kept.key,
                "mergedAt": now,
                "addresses": [each.model_dump_doc() for each in left],
                "defaultAddressId": None,
            }
            written = await Customer.set_fields(self._db, kept, fields, tx=tx)
            if written is None or await Customer.set_fields(self._db, gone, pointer, tx=tx) is None:
                raise Refused("customer", "merged")
            await self._keep_remark(actor, kept, gone, tx)
            moved = await merging.move(self._db, shop.id, gone.key, kept.key, tx=tx)
            before = {"customerId": gone.key, "discordId": gone.discord_id}
            await self._audit.record(
                shop.id, actor, "customer.merge", kept, before=before, after=moved, tx=tx
            )
            after = {"mergedInto": kept.key, "addresses": len(gone.addresses) - len(left)}
            await self._audit.record(shop.id, actor, "customer.merged", gone, after=after, tx=tx)
            return written

        merged = await transact(self._db, work)
        self._discounts.forget()
        return merged

    async def _both(
        self, shop: Shop, kept_id: str, gone_id: str, tx: Tx | None = None
    ) -> tuple[Customer, Customer]:
        kept = await Customer.get(self._db, shop.id, kept_id, tx=tx)
        gone = await Customer.get(self._db, shop.id, gone_id, tx=tx)
        if kept is None or gone is None:
            raise NotFound("customer")
        if kept.merged_into or gone.merged_into:
            raise Refused("customer", "merged")
        if kept.erased_at or gone.erased_at:
            raise Refused("customer", "erased")
        if kept.id == gone.id:
            raise BadInput("customer", "same_customer")
        return kept, gone

    async def _keep_remark(self, actor: Member, kept: Customer, gone: Customer, tx: Tx) -> None:
        if not gone.notes or gone.notes == kept.notes or not kept.notes:
            return
        note = CustomerNote(
            tenant_id=kept.tenant_id,
            customer_id=kept.key,
            actor_id=actor.discord_id,
            at=self._clock.now(),
            text=gone.notes[:4000],
        )
        await note.insert(self._db, tx=tx)


def _joined(kept: Customer, gone: Customer) -> tuple[dict[str, Any], list[SavedAddress]]:
    """What the kept record holds from now on, by stored names, and the addresses that found no room."""
    known = [each.address for each in kept.addresses]
    new = [each for each in gone.addresses if each.address not in known]
    room = max(0, MOST_ADDRESSES - len(kept.addresses))
    addresses = [*kept.addresses, *new[:room]]
    first = kept.default_address_id or gone.default_address_id
    if first not in {each.id for each in addresses}:
        first = None
    fields = {
        "email": kept.email or gone.email,
        "emailRefused": kept.email_refused if kept.email else gone.email_refused,
        "phone": kept.phone or gone.phone,
        "userId": kept.user_id or gone.user_id,
        "notes": kept.notes or gone.notes,
        "addresses": [each.model_dump_doc() for each in addresses],
        "defaultAddressId": first,
        # Whoever said no, with either account, meant it: neither staff nor customer is overruled.
        "isActive": kept.is_active and gone.is_active,
        "dmOptOut": kept.dm_opt_out or gone.dm_opt_out,
        "dmPreferences": _agreed(kept.dm_preferences, gone.dm_preferences),
        "emailPreferences": _agreed(kept.email_preferences, gone.email_preferences),
    }
    return fields, new[room:]


def _agreed(one: NoticePreferences, other: NoticePreferences) -> dict[str, Any]:
    both = {name: getattr(one, name) and getattr(other, name) for name in NOTICES}
    return NoticePreferences(**both).model_dump_doc()
