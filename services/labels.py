"""Labels from a partner as staff deal with them: their price, the wish to buy one, and its money back."""

from collections.abc import Mapping

from models.errors import BadInput, ChangedMeanwhile, Declined, NotFound, Refused
from models.flag import Flag
from models.member import Member
from models.order import Order
from models.outbox import OutboxEffect
from models.required import required
from models.shipment import LabelRate, Parcel, ParcelLine, ParcelState
from services.clock import Clock
from services.effects import EffectKind, effect
from services.flags import Flags
from services.label_buying import LabelBuying
from services.outbox import Outbox
from services.packing import Packer, Packing, moved, new_parcel
from services.partner import PartnerKind, ProviderKeys
from services.providers import Providers
from services.ship_desk import ShipDesk
from services.shipping.contract import AnyShipper, Box, Content, Quote, Sending, Shipper, Voided
from services.shops import Shop

_MOST_RATES = 25
_GIVEN_UP = {ParcelState.UNKNOWN, ParcelState.BUYING, ParcelState.LABELLED}


class Labels:
    """Asks, buys, looks and voids; the buying itself is services/label_buying.py."""

    def __init__(
        self,
        clock: Clock,
        *,
        outbox: Outbox,
        providers: Providers,
        packer: Packer,
        desk: ShipDesk,
        buying: LabelBuying,
        flags: Flags,
    ) -> None:
        self._clock = clock
        self._outbox = outbox
        self._providers = providers
        self._packer = packer
        self._desk = desk
        self._buying = buying
        self._flags = flags

    async def sells(self, shop: Shop) -> bool:
        """Whether staff can buy labels here."""
        used = PartnerKind.SHIPPING in shop.config.partners
        return used and await self._flags.on(shop.id, Flag.LABELS)

    async def quote(
        self, shop: Shop, actor: Member, order_id: str, pieces: Mapping[str, int], box: Box
    ) -> tuple[Parcel, tuple[str, ...]]:
        """What a label for these pieces would cost, and in carriers' own words why one has no price.

        Buys nothing, and takes the place of earlier questions. Raises NotFound for an order or where no
        partner is in use, BadInput for the box or where the shop has no address to send from, Refused,
        ChangedMeanwhile, FeatureOff, and ProviderError.
        """
        await self._flags.require(shop.id, Flag.LABELS)
        view = await self._desk.view(shop, order_id)
        shipper, keys = await self._partner(shop)
        sender, to = shop.config.ship_from, view.order.shipping_address
        if sender is None:
            raise BadInput("ship_from", "required")
        if to is None:
            raise NotFound("address")
        chosen = [ParcelLine(product_id=key, quantity=many) for key, many in pieces.items() if many]
        sending = Sending(view.order.key, sender, to, box, _contents(view.order, chosen), view.order.currency)
        quote = await shipper.quote(keys, sending)

        async def work(at: Packing) -> Parcel:
            if at.order.shipping_address != to:
                raise ChangedMeanwhile
            at.shipment.parcels = [
                each for each in at.shipment.parcels if each.state is not ParcelState.QUOTED
            ]
            parcel = new_parcel(at, ParcelState.QUOTED, at.lines(pieces), self._clock.now())
            asked = {"partner": shipper.name, "quote_ref": quote.ref, "rates": _rates(quote)}
            parcel = parcel.model_copy(update=asked)
            at.shipment.parcels = at.shipment.with_parcel(parcel)
            await self._packer.put(at)
            return parcel

        return await self._packer.act(shop, view.order.key, work, actor=actor), quote.problems

    async def buy(self, shop: Shop, actor: Member, order_id: str, key: str, rate_ref: str) -> Parcel:
        """Have a label bought at one of the prices that were given; it takes a moment.

        Raises NotFound, Refused, FeatureOff, and ChangedMeanwhile when some of it was packed or paid back
        since.
        """
        await self._flags.require(shop.id, Flag.LABELS)

        async def work(at: Packing) -> Parcel:
            seen = at.parcel(key)
            rate = required(next((each for each in seen.rates if each.ref == rate_ref), None), "rate")
            parcel = moved(seen, ParcelState.BUYING, self._clock.now())
            at.lines({line.product_id: line.quantity for line in seen.lines})
            bought = {"rates": [rate], "carrier": rate.carrier, "service": rate.service}
            parcel = parcel.model_copy(update={**bought, "actor_id": actor.discord_id})
            await self._packer.keep(
                at, parcel, "buying", after={"cents": rate.cents, "carrier": rate.carrier}
            )
            await self._outbox.owe([self._owed(shop, at.order, parcel)], at.tx)
            return parcel

        return await self._packer.act(shop, order_id, work, actor=actor)

    def _owed(self, shop: Shop, order: Order, parcel: Parcel) -> OutboxEffect:
        payload = {"orderId": order.key, "parcel": parcel.key}
        now = self._clock.now()
        return effect(EffectKind.LABEL_BUY, shop.id, parcel.key, now, payload=payload, order_id=order.key)

    async def look(self, shop: Shop, actor: Member, order_id: str, key: str) -> Parcel:
        """Ask the partner whether an unknown label is there; raises NotFound, Refused and ProviderError.

        Also one that was being bought and that nobody buys any more: its effect was given up or is gone.
        """
        parcel = await self._one(shop, order_id, key)
        if parcel.state is ParcelState.BUYING:
            parcel = await self._doubt(shop, actor, order_id, key)
        if parcel.state is not ParcelState.UNKNOWN:
            return parcel
        wish = await self._buying.wish(shop, order_id, parcel)
        label = await wish.shipper.bought(wish.keys, parcel.quote_ref or "")
        return await self._buying.keep(wish, label) if label is not None else parcel

    async def _doubt(self, shop: Shop, actor: Member, order_id: str, key: str) -> Parcel:
        """Note that nobody knows of a label that nobody buys any more; what is being bought stays so."""

        async def work(at: Packing) -> Parcel:
            seen = at.parcel(key)
            if key not in await self._packer.left_alone(at.shipment, tx=at.tx):
                return seen
            parcel = moved(seen, ParcelState.UNKNOWN, self._clock.now())
            await self._packer.keep(at, parcel, parcel.state)
            return parcel

        return await self._packer.act(shop, order_id, work, actor=actor)

    async def give_up(
        self, shop: Shop, actor: Member, order_id: str, key: str, was: ParcelState = ParcelState.UNKNOWN
    ) -> Parcel:
        """Let a parcel without a label, or with one that is of no use, be none; `was` is how it was shown.

        UNKNOWN: somebody's word that no label was bought, also one that nobody buys any more. BUYING: it was
        not asked for yet. LABELLED: its money stays with its seller. Raises NotFound, and Refused for any
        other, or once it is another.
        """

        async def work(at: Packing) -> Parcel:
            seen, state = at.parcel(key), at.parcel(key).state
            if was is ParcelState.UNKNOWN and key in await self._packer.left_alone(at.shipment, tx=at.tx):
                state = was
            asked = state is ParcelState.BUYING and seen.asked
            if state is not was or was not in _GIVEN_UP or asked:
                raise Refused("parcel", seen.state)
            parcel = moved(seen, ParcelState.DROPPED, self._clock.now())
            await self._packer.keep(at, parcel, "dropped")
            return parcel

        return await self._packer.act(shop, order_id, work, actor=actor)

    async def void(self, shop: Shop, actor: Member, order_id: str, key: str) -> Parcel:
        """Have the money for an unused label back; raises NotFound, Refused and ProviderError.

        Where the parcel was handed over at that moment, it keeps its state, and says that its label is void.
        """
        seen = await self._one(shop, order_id, key)
        if seen.state is not ParcelState.LABELLED:
            raise Refused("parcel", seen.state)
        wish = await self._buying.wish(shop, order_id, seen)
        if await wish.shipper.void(wish.keys, seen.quote_ref or "") is Voided.REJECTED:
            raise Declined(wish.shipper.name, "rejected")

        async def work(at: Packing) -> Parcel:
            parcel = at.parcel(key)
            if parcel.sent_at is None:
                parcel = moved(parcel, ParcelState.DROPPED, self._clock.now())
            parcel = parcel.model_copy(update={"error": "voided"})
            await self._packer.keep(at, parcel, "voided")
            return parcel

        return await self._packer.act(shop, order_id, work, actor=actor)

    async def _one(self, shop: Shop, order_id: str, key: str) -> Parcel:
        return required((await self._desk.view(shop, order_id)).shipment.parcel(key), "parcel")

    async def _partner(self, shop: Shop) -> tuple[AnyShipper, ProviderKeys]:
        used = await self._providers.in_use(shop, PartnerKind.SHIPPING)
        if used is None or not isinstance(used[0], Shipper):
            raise NotFound("provider")
        return used[0], used[1]


def _rates(quote: Quote) -> list[LabelRate]:
    return [LabelRate(**each._asdict()) for each in quote.rates[:_MOST_RATES]]


def _contents(order: Order, chosen: list[ParcelLine]) -> tuple[Content, ...]:
    items = {item.product_id: item for item in order.items}
    known = [(items[line.product_id], line.quantity) for line in chosen if line.product_id in items]
    return tuple(Content(item.name, many, item.unit_price_cents) for item, many in known)
