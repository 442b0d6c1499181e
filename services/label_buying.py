"""Buys a label once: no partner knows a repeated purchase again, and each costs money.

So the purchase notes first that it asks, and whoever finds that note asks only whether the label is there.
"""

from dataclasses import dataclass, replace
from typing import Any

from models.base import Db
from models.errors import Declined, NotFound, OutcomeUnknown, ProviderError, WrongKeys
from models.outbox import OutboxEffect
from models.shipment import Parcel, ParcelState, Shipment
from services.clock import Clock
from services.effects import EffectKind
from services.packing import Packer, Packing, moved
from services.partner import ProviderKeys
from services.partners import Partners
from services.providers import Providers
from services.rules import Rules
from services.shipping.contract import AnyShipper, Label, Shipper
from services.shops import Shop, Shops
from services.tracking import known_by
from services.worker import EffectFailed, Worker

P = ParcelState
_NOBODY_KNOWS = "label_unknown"


@dataclass(frozen=True)
class LabelWish:
    """One label, wherever its purchase stands."""

    shop: Shop
    order_id: str
    parcel: Parcel
    shipper: AnyShipper
    keys: ProviderKeys


class LabelBuying:
    """The outbox's way to a label."""

    def __init__(
        self,
        db: Db,
        clock: Clock,
        rules: Rules,
        *,
        shops: Shops,
        partners: Partners,
        providers: Providers,
        packer: Packer,
    ) -> None:
        self._db = db
        self._clock = clock
        self._rules = rules
        self._shops = shops
        self._partners = partners
        self._providers = providers
        self._packer = packer

    def sign_up(self, worker: Worker) -> None:
        """Let the worker call for them."""
        worker.register(EffectKind.LABEL_BUY, self.buy)

    async def buy(self, owed: OutboxEffect) -> str:
        """Make a purchase happen, or find out whether it did; the outbox's handler. Raises EffectFailed."""
        last = owed.attempts > len(self._rules.outbox_backoff)
        shop = await self._shops.of_tenant(owed.tenant_id)
        shipment = await Shipment.of_order(self._db, shop.id, owed.payload["orderId"])
        parcel = shipment.parcel(owed.payload["parcel"]) if shipment else None
        if parcel is None or parcel.state not in {P.BUYING, P.UNKNOWN}:
            return parcel.state if parcel else "gone"
        try:
            wish = await self.wish(shop, owed.payload["orderId"], parcel)
        except NotFound:
            return await self._not_now(shop, owed.payload["orderId"], parcel, "wrong_keys", last=last)
        if parcel.asked or parcel.state is P.UNKNOWN:
            return await self._look(wish, last=last)
        return await self._ask(wish, last=last)

    async def _ask(self, wish: LabelWish, *, last: bool) -> str:
        wish = await self._begin(wish)
        if wish.parcel.state is not P.BUYING:
            return wish.parcel.state
        try:
            label = await wish.shipper.buy(wish.keys, wish.parcel.quote_ref or "", wish.parcel.rates[0].ref)
        except OutcomeUnknown:
            await self._set(wish, P.UNKNOWN)
            raise EffectFailed(_NOBODY_KNOWS) from None
        except Declined as refusal:
            await self._set(wish, P.DROPPED, error=refusal.code or "declined")
            return "declined"
        except ProviderError as error:
            wish = await self._set(wish, asked=False)
            reason = "wrong_keys" if isinstance(error, WrongKeys) else "provider_away"
            return await self._not_now(wish.shop, wish.order_id, wish.parcel, reason, last=last)
        await self.keep(wish, label)
        return "bought"

    async def _begin(self, wish: LabelWish) -> LabelWish:
        """Note that the label is asked for, unless it is not wanted any more.

        Should this process die then, nobody may ask for it again.
        """

        async def work(at: Packing) -> Parcel:
            seen = at.parcel(wish.parcel.key)
            if seen.state is not P.BUYING:
                return seen
            if at.paid_back(seen):
                dropped = moved(seen, P.DROPPED, self._clock.now()).model_copy(update={"error": "paid_back"})
                await self._packer.keep(at, dropped, dropped.state)
                return dropped
            return await self._write(at, seen.model_copy(update={"asked": True, "error": None}))

        return replace(wish, parcel=await self._packer.act(wish.shop, wish.order_id, work))

    async def _write(self, at: Packing, parcel: Parcel) -> Parcel:
        at.shipment.parcels = at.shipment.with_parcel(parcel)
        await self._packer.put(at)
        return parcel

    async def _look(self, wish: LabelWish, *, last: bool) -> str:
        """Whether a label is there that was asked for."""
        try:
            label = await wish.shipper.bought(wish.keys, wish.parcel.quote_ref or "")
        except ProviderError:
            label = None
        if label is not None:
            await self.keep(wish, label)
            return "bought"
        if wish.parcel.state is P.BUYING:
            await self._set(wish, P.UNKNOWN)
        raise EffectFailed(_NOBODY_KNOWS, final=last)

    async def _not_now(self, shop: Shop, order_id: str, parcel: Parcel, reason: str, *, last: bool) -> str:
        """Nothing was asked for now: later, or in the end not at all; what was asked before is unknown."""

        async def work(at: Packing) -> None:
            seen = at.parcel(parcel.key)
            if seen.state is not P.BUYING:
                return
            if not last:
                await self._write(at, seen.model_copy(update={"error": reason}))
                return
            over = moved(seen, P.UNKNOWN if seen.asked else P.DROPPED, self._clock.now())
            await self._packer.keep(at, over.model_copy(update={"error": reason}), over.state)

        await self._packer.act(shop, order_id, work)
        raise EffectFailed(reason, final=last)

    async def keep(self, wish: LabelWish, label: Label) -> Parcel:
        """Write down a label that is there."""
        track = label.track
        told = {
            "label_url": label.url,
            "carrier": label.carrier,
            "service": label.service,
            "cost_cents": label.cents,
            "cost_currency": label.currency,
            "tracking_number": track.tracking_number,
            **known_by(wish.shipper.name, track),
        }

        async def work(at: Packing) -> Parcel:
            seen = at.parcel(wish.parcel.key)
            if seen.state is P.LABELLED:
                return seen
            parcel = moved(seen, P.LABELLED, self._clock.now()).model_copy(update=told)
            await self._packer.keep(at, parcel, "labelled")
            return parcel

        return await self._packer.act(wish.shop, wish.order_id, work)

    async def _set(self, wish: LabelWish, state: ParcelState | None = None, **fields: Any) -> LabelWish:
        """Note how a purchase stands."""

        async def work(at: Packing) -> Parcel:
            seen = at.parcel(wish.parcel.key)
            parcel = moved(seen, state, self._clock.now()) if state else seen
            parcel = parcel.model_copy(update=fields)
            if state is None:
                return await self._write(at, parcel)
            await self._packer.keep(at, parcel, state, note=parcel.error)
            return parcel

        return replace(wish, parcel=await self._packer.act(wish.shop, wish.order_id, work))

    async def wish(self, shop: Shop, order_id: str, parcel: Parcel) -> LabelWish:
        """All that is needed to ask about a label; raises NotFound when the keys are gone."""
        shipper = self._partners.named(parcel.partner or "")
        if not isinstance(shipper, Shipper):
            raise NotFound("provider")
        return LabelWish(shop, order_id, parcel, shipper, await self._providers.keys(shop.id, shipper.name))
