"""Where records name a person, and what stands there once that person was erased (docs/adr/0024)."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from models.access import Identity, User
from models.alert import Alert
from models.audit import AuditLog
from models.base import Db, Document, Tx, Where
from models.customer import Customer
from models.customer_note import CustomerNote
from models.data_import import DataImport, ImportState
from models.digital_key import DigitalKey
from models.entitlement import Entitlement, EntitlementStatus, EntitlementType
from models.fund import CommunityFundDisbursement
from models.order import Order
from models.outbox import OutboxEffect, OutboxStatus
from models.payment import Payment
from models.platform_entitlement import PlatformEntitlement, PlatformState
from models.session import OrderSession
from models.shipment import Shipment
from models.tenant import BotConfig
from models.theme import UserSettings
from models.waiting import Waiting

NAME, GONE = "Customer", "erased"
_PREFIX = "erased-"
# Words and numbers of the books; any other text in a record about a person may be about the person.
_KEPT = frozenset(
    {"_id", "action", "currency", "key", "kind", "method", "orderId", "paymentId", "productId", "provider",
     "roleId", "status", "entitlementId", "event", "number", "sku"}
)  # fmt: skip


def pseudonym(customer: Customer) -> str:
    """What stands for an account's Discord id from now on: the same again, and no way back."""
    return f"{_PREFIX}{customer.key}"


def is_pseudonym(discord_id: str) -> bool:
    """Whether this stands for somebody who was erased."""
    return discord_id.startswith(_PREFIX)


@dataclass(frozen=True)
class Trail:
    """What one account left behind: its Discord id, and the ids of its record, orders and payments."""

    tenant_id: str
    discord_id: str
    pseudonym: str
    customer_keys: Sequence[str]
    order_keys: Sequence[str]
    payment_keys: Sequence[str]

    def of_orders(self) -> dict[str, Any]:
        """The filter for what hangs on its orders."""
        return {"tenantId": self.tenant_id, "orderId": {"$in": list(self.order_keys)}}


def scrubbed(value: Any, key: str = "") -> Any:
    """The same without any text of a person: numbers, dates, switches and the words of the books stay."""
    if isinstance(value, Mapping):
        return {name: scrubbed(each, name) for name, each in value.items()}
    if isinstance(value, list):
        return [scrubbed(each, key) for each in value]
    return value if not isinstance(value, str) or key in _KEPT else GONE


async def orders(db: Db, trail: Trail, *, tx: Tx) -> None:
    """Orders keep lines, amounts, dates and where their tax is due; who bought and where it went is gone."""
    where = {"tenantId": trail.tenant_id, "customer.discordId": trail.discord_id}
    who = {"discordId": trail.pseudonym, "discordUsername": GONE, "discordDisplayName": NAME, "email": None}
    fields = {f"customer.{name}": value for name, value in who.items()}
    await _set(Order, db, where, {**fields, "customerRoleIds": [], "notes": None, "trackingNumber": None}, tx)
    bought = {"tenantId": trail.tenant_id, "customer.discordId": trail.pseudonym}
    hidden = {"name": NAME, "line1": GONE, "line2": None, "city": GONE, "postalCode": "", "phone": None}
    placed = {f"shippingAddress.{name}": value for name, value in hidden.items()}
    await _set(Order, db, {**bought, "shippingAddress": {"$ne": None}}, placed, tx)
    await _history(Order, db, bought, trail, tx)


async def payments(db: Db, trail: Trail, *, tx: Tx) -> None:
    """Payments keep amounts, states, dates and the providers' ids; what anybody wrote is gone."""
    gone = ("referenceText", "customerReferenceNote", "customerReferenceKey", "rejectionReason", "pageUrl")
    await _set(Payment, db, trail.of_orders(), dict.fromkeys(gone), tx)
    for name in ("refunds", "disputes"):
        has = {**trail.of_orders(), f"{name}.0": {"$exists": True}}
        await _set(Payment, db, has, {f"{name}.$[].reason": "" if name == "refunds" else None}, tx)
    await _history(Payment, db, trail.of_orders(), trail, tx)


async def goods(db: Db, trail: Trail, *, tx: Tx) -> None:
    """Entitlements get the pseudonym, but for roles that still have to be managed; parcels lose labels."""
    mine = {"tenantId": trail.tenant_id, "userId": trail.discord_id}
    await _set(Entitlement, db, {**mine, **_managed()}, {"pseudonym": trail.pseudonym}, tx)
    await _set(Entitlement, db, {**mine, "pseudonym": None}, {"userId": trail.pseudonym}, tx)
    ended = {**mine, "state": {"$ne": PlatformState.ACTIVE}}
    await _set(PlatformEntitlement, db, ended, {"userId": trail.pseudonym}, tx)
    await _set(
        DigitalKey, db, {**trail.of_orders(), "replacedReason": {"$ne": None}}, {"replacedReason": GONE}, tx
    )
    gone: dict[str, Any] = dict.fromkeys(("trackingNumber", "labelUrl"))
    await _set(Shipment, db, trail.of_orders(), {**gone, "metadata": {}}, tx)
    parcels = {**gone, "trackingUrl": None, "quoteRef": None, "trackRef": None, "rates": []}
    has = {**trail.of_orders(), "parcels.0": {"$exists": True}}
    await _set(Shipment, db, has, {f"parcels.$[].{name}": value for name, value in parcels.items()}, tx)


def _managed() -> dict[str, Any]:
    """Roles that are held, or that nobody has seen removed: Discord knows their holder by the id alone."""
    left = {"status": EntitlementStatus.REVOKED, "grantedAt": {"$ne": None}, "revokedAt": None}
    held = {
        "status": {"$in": [EntitlementStatus.GRANTED, EntitlementStatus.PENDING, EntitlementStatus.FAILED]}
    }
    return {"type": EntitlementType.DISCORD_ROLE, "$or": [held, left]}


async def visits(db: Db, trail: Trail, now: datetime, *, tx: Tx) -> None:
    """Carts and waits go under the pseudonym; an open cart is closed."""
    mine = {"tenantId": trail.tenant_id, "discordUserId": trail.discord_id}
    closed = {"state": "EXPIRED", "isOpen": False, "expiresAt": now}
    await _set(OrderSession, db, {**mine, "isOpen": True}, closed, tx)
    await _set(OrderSession, db, mine, {"discordUserId": trail.pseudonym, "shippingAddress": None}, tx)
    await _set(Waiting, db, mine, {"discordUserId": trail.pseudonym, "roleIds": []}, tx)


async def people(db: Db, trail: Trail, now: datetime, *, tx: Tx) -> None:
    """The customer's record, notes, user and log-ins, and the shop's list of registered people."""
    of = {"tenantId": trail.tenant_id}
    await CustomerNote.rows(db).delete_many(
        {**of, "customerId": {"$in": list(trail.customer_keys)}}, session=tx
    )
    fields: dict[str, Any] = {
        "discordId": trail.pseudonym,
        "discordUsername": GONE,
        "discordDisplayName": NAME,
        "addresses": [],
        "emailRefused": False,
        "dmOptOut": True,
        "erasedAt": now,
        **dict.fromkeys(("email", "phone", "defaultAddressId", "notes", "locale", "userId")),
    }
    await _set(Customer, db, {**of, "discordId": trail.discord_id}, fields, tx)
    known = await User.of_discord(db, trail.tenant_id, trail.discord_id, tx=tx)
    named = {"username": GONE, "displayName": NAME, "discordId": trail.pseudonym}
    user: dict[str, Any] = {**named, "email": None, "avatarUrl": None, "roles": []}
    await _set(User, db, {**of, "discordId": trail.discord_id}, user, tx)
    log_in = {**of, "provider": "discord", "providerUserId": trail.discord_id}
    await Identity.rows(db).delete_many(log_in, session=tx)
    if known is not None:
        await Identity.rows(db).delete_many({**of, "userId": known.key}, session=tx)
        await UserSettings.rows(db).delete_many({"userId": known.key}, session=tx)
    await BotConfig.rows(db).update_one(
        {**of, "registeredDiscordUserIds": trail.discord_id},
        {"$pull": {"registeredDiscordUserIds": trail.discord_id}},
        session=tx,
    )


async def payouts(db: Db, trail: Trail, *, tx: Tx) -> None:
    """Payments out of the fund keep amounts, dates and who approved; why somebody needed money is gone."""
    mine = {"tenantId": trail.tenant_id, "recipientCustomerId": {"$in": list(trail.customer_keys)}}
    paid = [str(row["_id"]) async for row in CommunityFundDisbursement.rows(db).find(mine, session=tx)]
    await _set(CommunityFundDisbursement, db, mine, {"reason": GONE}, tx)
    undone = {**mine, "reversalReason": {"$ne": None}}
    await _set(CommunityFundDisbursement, db, undone, {"reversalReason": GONE}, tx)
    about = {"tenantId": trail.tenant_id, "entityId": {"$in": paid}}
    kinds = {"entityType": CommunityFundDisbursement.__name__}
    await _rewrite(AuditLog, db, {**about, **kinds}, "meta", scrubbed, tx)
    await _rewrite(Alert, db, about, "params", scrubbed, tx)


async def hush(db: Db, trail: Trail, now: datetime, *, tx: Tx) -> None:
    """Nobody is there to be told any more: notices that are still owed to the person are closed."""
    where = {
        **trail.of_orders(),
        "kind": {"$in": ["customer.notice", "mail.customer"]},
        "status": {"$ne": OutboxStatus.DONE},
    }
    closed = {"status": OutboxStatus.DONE, "doneAt": now, "outcome": GONE, "leaseToken": None}
    await _set(OutboxEffect, db, where, closed, tx)


async def memory(db: Db, trail: Trail, *, tx: Tx) -> None:
    """What the audit log, alerts and effects say about the person: numbers and words of the books stay."""
    keys = [*trail.customer_keys, *trail.order_keys, *trail.payment_keys]
    about = {"tenantId": trail.tenant_id, "entityId": {"$in": keys}}
    kinds = {"entityType": {"$in": ["Customer", "Order", "Payment", "Shipment", "User"]}}
    await _rewrite(AuditLog, db, {**about, **kinds}, "meta", scrubbed, tx)
    await _rewrite(Alert, db, about, "params", scrubbed, tx)
    told = {**trail.of_orders(), "status": {"$ne": OutboxStatus.PENDING}}
    await _rewrite(OutboxEffect, db, told, "payload", scrubbed, tx)
    many = {"tenantId": trail.tenant_id, "entityType": "Customer", "entityIds": {"$in": keys, "$gt": ""}}
    await _rewrite(AuditLog, db, many, "meta", partial(_forgotten, trail), tx)
    await _files(db, trail, tx)
    # How the shop was run stays readable: who was an admin then is called by the pseudonym.
    run = {"tenantId": trail.tenant_id, "entityType": {"$in": ["BotConfig", "Tenant", "User"]}}
    await _rewrite(AuditLog, db, run, "meta", partial(_renamed, trail), tx)


def _forgotten(trail: Trail, meta: Any) -> Any:
    records = meta.get("records", {})
    clean = {key: scrubbed(records[key]) for key in trail.customer_keys if key in records}
    return {**meta, "records": {**records, **clean}}


async def _files(db: Db, trail: Trail, tx: Tx) -> None:
    """Files of customers that staff only looked at are dropped; of one that is done, who was left out."""
    files = {"tenantId": trail.tenant_id, "kind": "customers"}
    await DataImport.rows(db).delete_many({**files, "state": ImportState.CHECKED}, session=tx)
    named = {"$regex": re.escape(trail.discord_id)}
    await DataImport.rows(db).update_many(
        {**files, "leftOut": named}, {"$pull": {"leftOut": named}}, session=tx
    )


def _renamed(trail: Trail, value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _renamed(trail, each) for name, each in value.items()}
    if isinstance(value, list):
        return [_renamed(trail, each) for each in value]
    return trail.pseudonym if value == trail.discord_id else value


async def _rewrite(
    kind: type[Document], db: Db, where: Where, name: str, clear: Callable[[Any], Any], tx: Tx
) -> None:
    found = [row async for row in kind.rows(db).find(where, {name: 1}, session=tx)]
    for row in found:
        clean = clear(row.get(name) or {})
        if clean != row.get(name):
            one = {"_id": row["_id"], "tenantId": where["tenantId"]}
            await kind.rows(db).update_one(one, {"$set": {name: clean}}, session=tx)


async def _history(kind: type[Document], db: Db, where: Where, trail: Trail, tx: Tx) -> None:
    has = {**where, "history.0": {"$exists": True}}
    await _set(kind, db, has, {"history.$[].note": None}, tx)
    await kind.rows(db).update_many(
        has,
        {"$set": {"history.$[own].actorId": trail.pseudonym}},
        array_filters=[{"own.actorId": trail.discord_id}],
        session=tx,
    )


async def _set(kind: type[Document], db: Db, where: Where, fields: Mapping[str, Any], tx: Tx) -> None:
    update = {"$set": dict(fields), "$currentDate": {"updatedAt": True}}
    await kind.rows(db).update_many(where, update, session=tx)


async def end_roles(db: Db, limit: int) -> int:
    """Put roles of erased people, of every tenant, under the pseudonym once they need no managing."""
    over = {"status": EntitlementStatus.REVOKED, "$or": [{"grantedAt": None}, {"revokedAt": {"$ne": None}}]}
    found = (
        Entitlement.rows(db)
        .find({"pseudonym": {"$gt": ""}, **over}, {"pseudonym": 1, "tenantId": 1})
        .limit(limit)
    )
    done = 0
    async for row in found:
        update = {"$set": {"userId": row["pseudonym"], "pseudonym": None}}
        where = {**row, **over}
        done += (await Entitlement.rows(db).update_one(where, update)).modified_count
    return done
