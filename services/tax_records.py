"""What a tax partner is told of paid orders and of money that went back, so that the shop can declare it."""

from datetime import datetime

from models.base import Db
from models.errors import Declined, NotFound, ProviderError, WrongKeys
from models.order import Order
from models.outbox import OutboxEffect
from services.effects import EffectKind, effect
from services.partners import Partners
from services.providers import Providers
from services.shops import Shop, Shops
from services.tax.contract import AnyTaxService, Basis, GivenBack, Levy, Sale, TaxService
from services.taxes import place_of, taxed
from services.worker import EffectFailed, Worker


def sale_owed(order: Order, now: datetime) -> list[OutboxEffect]:
    """What is owed to the tax partner of an order that was just paid; empty when it has none."""
    if order.tax_partner is None:
        return []
    payload = {"orderId": order.key}
    return [
        effect(EffectKind.TAX_RECORD, order.tenant_id, order.key, now, payload=payload, order_id=order.key)
    ]


def refund_owed(order: Order, back_cents: int, now: datetime) -> list[OutboxEffect]:
    """What is owed once so much of a paid order went back in all; empty when that was told already.

    Told is only what goes beyond `tax_told_back_cents`, which whoever owes this raises to `back_cents`: so
    nothing is told twice, also when a refund that was thought done failed and was made again.
    """
    told, back_cents = order.tax_told_back_cents, min(back_cents, _sold(order))
    if order.tax_partner is None or back_cents <= told:
        return []
    payload = {"orderId": order.key, "from": told, "to": back_cents, "at": now}
    subject = f"{order.key}:{back_cents}"
    return [effect(EffectKind.TAX_REFUND, order.tenant_id, subject, now, payload=payload, order_id=order.key)]


class TaxRecords:
    """Makes the tax.* effects happen."""

    def __init__(self, db: Db, *, shops: Shops, providers: Providers, partners: Partners) -> None:
        self._db = db
        self._shops = shops
        self._providers = providers
        self._partners = partners

    def sign_up(self, worker: Worker) -> None:
        """Let the worker call for them."""
        worker.register(EffectKind.TAX_RECORD, self.record)
        worker.register(EffectKind.TAX_REFUND, self.refund)

    async def record(self, owed: OutboxEffect) -> str:
        """Tell of a paid order; raises EffectFailed to be called again."""
        shop, order = await self._read(owed)
        if order is None:
            return "no_order"
        return await self._tell(shop, order, _sale(shop, order))

    async def refund(self, owed: OutboxEffect) -> str:
        """Tell of money that went back, its parts in proportion; raises EffectFailed to be called again."""
        shop, order = await self._read(owed)
        if order is None:
            return "no_order"
        known = owed.payload
        back = given_back(order, _sale(shop, order), known["from"], known["to"], known["at"])
        return await self._tell(shop, order, back)

    async def _read(self, owed: OutboxEffect) -> tuple[Shop, Order | None]:
        shop = await self._shops.of_tenant(owed.tenant_id)
        order = await Order.get(self._db, shop.id, owed.payload["orderId"])
        return shop, order if order is not None and order.tax_partner is not None else None

    async def _tell(self, shop: Shop, order: Order, told: Sale | GivenBack) -> str:
        try:
            service = self._service(order)
            keys = await self._providers.keys(shop.id, service.name)
            if isinstance(told, Sale):
                await service.record(keys, told)
            else:
                await service.give_back(keys, told)
        except (WrongKeys, NotFound) as error:
            raise EffectFailed("wrong_keys") from error
        except Declined as error:
            raise EffectFailed("tax_not_taken", final=True) from error
        except ProviderError as error:
            raise EffectFailed("provider_away") from error
        return "told"

    def _service(self, order: Order) -> AnyTaxService:
        service = self._partners.named(order.tax_partner or "")
        if not isinstance(service, TaxService):
            raise NotFound("provider")
        return service


def _sale(shop: Shop, order: Order) -> Sale:
    origin = place_of(shop.config.tax_origin)
    to = place_of(order.shipping_address) or origin
    lines = tuple(taxed(item) for item in order.items)
    basis = Basis(order.currency, lines, order.shipping_cost_cents, origin, to)
    levy = Levy(tuple(item.tax_cents for item in order.items), order.shipping_tax_cents)
    return Sale(order.key, order.paid_at or order.placed_at, basis, levy)


def given_back(order: Order, sale: Sale, before: int, after: int, at: datetime) -> GivenBack:
    """What went back between two sums of refunds, tax and shipping in proportion to the whole order.

    Each is the difference of two rounded sums, so that all refunds of an order together give back exactly its
    tax and its shipping.
    """
    tax, shipping = (
        _share(cents, after, _sold(order)) - _share(cents, before, _sold(order))
        for cents in (sale.levy.cents, order.shipping_cost_cents)
    )
    cents = max(0, after - before - tax)
    return GivenBack(f"{order.key}-r{after}", at, sale, cents, min(shipping, cents), tax)


def _sold(order: Order) -> int:
    """What it comes to without a gift to the community fund, which no tax partner is told of.

    Of money that goes back by amount, the gift's part is taken to be the last.
    """
    return order.total_cents - order.donation_cents


def _share(cents: int, part: int, whole: int) -> int:
    """A part's share of an amount, rounded half up."""
    return (2 * cents * part + whole) // (2 * whole) if whole else 0
