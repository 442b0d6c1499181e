"""Where parcels are: what partners tell moves the parcel, and its order with it."""

from typing import Any

from models.alert import Alert, AlertSeverity, AlertType
from models.base import Db
from models.errors import Declined, NotFound, ProviderError, WrongKeys
from models.outbox import OutboxEffect
from models.shipment import PARCEL_LIFE, Parcel, ParcelState, Shipment
from services.clock import Clock
from services.effects import EffectKind
from services.hosted import Unmatched
from services.outbox import Outbox
from services.packing import Packer, Packing, moved
from services.partner import PartnerKind
from services.partners import Partners
from services.payments.processor import Delivery
from services.providers import Providers
from services.shipping.contract import AnyShipper, Movement, Shipper, Track, Tracked
from services.shops import Shop, Shops
from services.stock import alert_effect
from services.worker import EffectFailed, Worker

M, P = Movement, ParcelState
_LEADS_TO = {
    M.IN_TRANSIT: P.SENT,
    M.OUT_FOR_DELIVERY: P.SENT,
    M.READY_FOR_PICKUP: P.SENT,
    M.DELIVERED: P.DELIVERED,
    M.RETURNING: P.EXCEPTION,
    M.FAILED: P.EXCEPTION,
    M.CANCELLED: P.EXCEPTION,
}
_OVER = {P.DROPPED, P.BACK}


def known_by(partner: str, track: Track) -> dict[str, Any]:
    """What is kept of a parcel that a partner follows."""
    return {
        "partner": partner,
        "track_ref": track.ref,
        "tracking_url": track.url,
        "movement": track.movement,
        "moved_at": track.at,
    }


class Tracking:
    """Takes in where parcels are."""

    def __init__(
        self,
        db: Db,
        clock: Clock,
        *,
        outbox: Outbox,
        shops: Shops,
        partners: Partners,
        providers: Providers,
        packer: Packer,
    ) -> None:
        self._db = db
        self._clock = clock
        self._outbox = outbox
        self._shops = shops
        self._partners = partners
        self._providers = providers
        self._packer = packer

    def sign_up(self, worker: Worker) -> None:
        """Let the worker call for it."""
        worker.register(EffectKind.PARCEL_FOLLOW, self.follow_owed)

    async def take(self, tenant_id: str, partner: str, track: Track) -> str:
        """Move every parcel that this is about; what came of it in words. Raises Unmatched."""
        shop = await self._shops.of_tenant(tenant_id)
        shipments = await Shipment.followed(self._db, tenant_id, track.ref, track.tracking_number)
        found = _matching(shipments, partner, track)
        if not found:
            raise Unmatched(ours=False)
        said = [await self._move(shop, order_id, each.key, partner, track) for order_id, each in found]
        return ",".join(said)

    async def look(self, shop: Shop, order_id: str, key: str) -> str:
        """Ask where a parcel is; what came of it in a word. Raises NotFound and ProviderError."""
        shipment = await Shipment.of_order(self._db, shop.id, order_id)
        parcel = shipment.parcel(key) if shipment else None
        if parcel is None or not parcel.track_ref:
            raise NotFound("parcel")
        shipper = self._shipper(parcel.partner)
        keys = await self._providers.keys(shop.id, shipper.name)
        track = await shipper.where(keys, parcel.track_ref)
        return await self._move(shop, order_id, key, shipper.name, track)

    async def follow_owed(self, owed: OutboxEffect) -> str:
        """Have a parcel followed that staff sent; the outbox's handler. Raises EffectFailed."""
        shop, order_id = await self._shops.of_tenant(owed.tenant_id), owed.payload["orderId"]
        shipment = await Shipment.of_order(self._db, shop.id, order_id)
        parcel = shipment.parcel(owed.payload["parcel"]) if shipment else None
        number = owed.payload["number"]
        if parcel is None or parcel.state in _OVER or parcel.tracking_number != number:
            return "outdated"
        used = await self._providers.in_use(shop, PartnerKind.SHIPPING)
        if used is None or not isinstance(used[0], Shipper):
            return "nobody"
        try:
            track = await used[0].follow(used[1], number, parcel.carrier)
        except Declined:
            # Not every carrier is known there; staff say themselves what became of the parcel.
            return "declined"
        except ProviderError as error:
            raise EffectFailed("wrong_keys" if isinstance(error, WrongKeys) else "provider_away") from error
        return await self._move(shop, order_id, parcel.key, used[0].name, track)

    async def _move(self, shop: Shop, order_id: str, key: str, partner: str, track: Track) -> str:
        async def work(at: Packing) -> str:
            seen = at.parcel(key)
            followed, to = seen.model_copy(update=known_by(partner, track)), _LEADS_TO.get(track.movement)
            if seen.state in _OVER:
                await self._over(at, seen, followed, to)
                return "over"
            if seen.moved_at and track.at and track.at < seen.moved_at:
                return "old"
            if to is None or not PARCEL_LIFE.allows(seen.state, to):
                at.shipment.parcels = at.shipment.with_parcel(followed)
                await self._packer.put(at)
                return track.movement
            await self._step(at, followed, to, track)
            return track.movement

        return await self._packer.act(shop, order_id, work)

    async def _step(self, at: Packing, seen: Parcel, to: ParcelState, track: Track) -> None:
        parcel = moved(seen, to, self._clock.now())
        if to is P.EXCEPTION:
            parcel = parcel.model_copy(update={"error": track.movement})
            await self._alert(at, "parcel_failed", parcel)
        await self._packer.keep(at, parcel, to, note=track.detail and track.detail.replace("_", " "))
        if seen.sent_at is None and parcel.sent_at is not None:
            await self._packer.tell(at, parcel)

    async def _over(self, at: Packing, seen: Parcel, followed: Parcel, to: ParcelState | None) -> None:
        """Call staff when a parcel is on its way that was not to be sent: packed again, it would be twice."""
        moves = {P.SENT, P.DELIVERED}
        known = _LEADS_TO.get(Movement(seen.movement)) if seen.movement else None
        if seen.state is P.DROPPED and to in moves and known not in moves:
            at.shipment.parcels = at.shipment.with_parcel(followed)
            await self._packer.put(at)
            await self._alert(at, "parcel_moves", followed)

    async def _alert(self, at: Packing, message: str, parcel: Parcel) -> None:
        """Call staff: somebody has to see to a parcel."""
        alert = Alert(
            tenant_id=at.shop.id,
            type=AlertType.FULFILLMENT_FAILED,
            severity=AlertSeverity.ERROR,
            message=message,
            params={
                "number": at.order.order_number,
                "carrier": parcel.carrier,
                "tracking": parcel.tracking_number,
                "reason": parcel.error,
            },
            entity_type="Order",
            entity_id=at.order.key,
        )
        await alert.insert(self._db, tx=at.tx)
        await self._outbox.owe([alert_effect(alert, self._clock)], at.tx)

    def _shipper(self, name: str | None) -> AnyShipper:
        shipper = self._partners.named(name or "")
        if not isinstance(shipper, Shipper):
            raise NotFound("provider")
        return shipper


class ShipperSource:
    """A seller of labels as a source of webhooks: its news move parcels."""

    def __init__(self, shipper: AnyShipper, providers: Providers, tracking: Tracking) -> None:
        self._shipper = shipper
        self._providers = providers
        self._tracking = tracking
        self.refused = shipper.refused
        self.accepted = shipper.accepted

    async def verify(self, tenant_id: str, delivery: Delivery) -> None:
        """Check the signature with the shop's keys; raises NotFound, BadSignature or ProviderError."""
        keys = await self._providers.keys(tenant_id, self._shipper.name)
        await self._shipper.verify(keys, delivery)

    def read(self, body: bytes) -> Tracked:
        """Read a verified delivery; raises BadPayload."""
        return self._shipper.read_webhook(body)

    async def act(self, tenant_id: str, body: bytes) -> str:
        """Move each parcel that it tells of; raises Unmatched."""
        name, told = self._shipper.name, self._shipper.read_webhook(body)
        outcomes = [await self._tracking.take(tenant_id, name, track) for track in told.news]
        return ",".join(outcomes) or "nothing"


def _matching(shipments: list[Shipment], partner: str, track: Track) -> list[tuple[str, Parcel]]:
    """The parcels that this is about, each with its order's id.

    Those that are followed under this id, with those of the same number that nobody follows yet; or else, as
    a partner may give a number another id after months, all of this number.
    """
    among = [(each.order_id, parcel) for each in shipments for parcel in each.parcels]
    known = [(key, each) for key, each in among if each.track_ref == track.ref and each.partner == partner]
    same = [(key, each) for key, each in among if track.tracking_number == each.tracking_number]
    return [*known, *((key, each) for key, each in same if each.track_ref is None)] if known else same
