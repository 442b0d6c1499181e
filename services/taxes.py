"""The tax on what somebody is about to order: who computes it, remembered for as long as an order takes."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from pymongo.errors import DuplicateKeyError

from models.address import Address
from models.alert import Alert, AlertSeverity, AlertType
from models.base import Db, Tx
from models.errors import Declined, NotFound, ProviderError, WrongKeys
from models.flag import Flag
from models.order import Order, OrderItem
from models.problems import Change
from models.session import OrderSession
from models.tenant import TaxOrigin, TaxUnknownRule
from services.clock import Clock
from services.flags import Flags
from services.memories import Memories
from services.offers import Offer
from services.outbox import Outbox
from services.partner import PartnerKind
from services.providers import Providers
from services.remembered import Remembered
from services.shops import Shop
from services.stock import alert_effect
from services.tax.contract import Basis, Levy, Place, TaxedLine, TaxService
from services.tax.flat import flat

# From the review to Confirm a quote stands; in its second half the next to ask renews it.
_QUOTED = timedelta(minutes=10)
# Nor is a service asked again at once after it failed, while one click is answered.
_FAILED = timedelta(seconds=10)

log = logging.getLogger(__name__)

type _Key = tuple[str, str, Basis]


@dataclass(frozen=True)
class Tax:
    """The tax on an order; without `levy` it could not be computed, for the `problem` in a word.

    `partner` is who has to be told of the sale; `blocks`: the shop sells nothing without it.
    """

    levy: Levy | None
    partner: str | None = None
    problem: str | None = None
    blocks: bool = False

    @property
    def cents(self) -> int | None:
        """All of it in minor units; None when it could not be computed."""
        return None if self.levy is None else self.levy.cents

    def on(self, items: Sequence[OrderItem]) -> list[OrderItem]:
        """The lines with their parts of the tax."""
        parts = self.levy.lines if self.levy else ()
        if len(parts) != len(items):
            return list(items)
        return [
            item.model_copy(update={"tax_cents": cents}) for item, cents in zip(items, parts, strict=True)
        ]


NO_TAX = Tax(Levy((), 0))


class Taxes:
    """Quotes tax, and calls staff when it cannot be computed."""

    def __init__(
        self,
        db: Db,
        clock: Clock,
        *,
        outbox: Outbox,
        providers: Providers,
        flags: Flags,
        memories: Memories,
    ) -> None:
        self._db = db
        self._clock = clock
        self._outbox = outbox
        self._providers = providers
        self._flags = flags
        # Whatever else a quote depends on is in its key; another account quotes otherwise.
        self._quoted: Remembered[_Key, Levy] = memories.make("providers", _QUOTED)
        self._latest: Remembered[_Key, Levy | str] = memories.make("providers", _FAILED)

    async def of(self, shop: Shop, session: OrderSession, offer: Offer | None) -> Tax:
        """The tax on a cart; none before it is known where and how it ships, and where nothing is paid."""
        basis = _basis(shop, session, offer)
        if basis is None or basis.net_cents == 0:
            return NO_TAX
        name, percent = shop.config.partners.get(PartnerKind.TAX), shop.config.tax_percent
        if name is not None and await self._flags.on(shop.id, Flag.TAX_PARTNER):
            return await self._asked(shop, name, basis)
        if percent is None:
            return NO_TAX
        return Tax(flat(basis, percent, on_shipping=shop.config.tax_on_shipping))

    async def _asked(self, shop: Shop, name: str, basis: Basis) -> Tax:
        key = (shop.id, name, basis)
        found = await self._latest.get(key, partial(self._quote, shop, key))
        if isinstance(found, Levy):
            return Tax(found, partner=name)
        blocks = shop.config.tax_when_unknown is TaxUnknownRule.STOP
        return Tax(None, partner=name, problem=found, blocks=blocks)

    async def _quote(self, shop: Shop, key: _Key) -> Levy | str:
        try:
            return await self._quoted.get(key, partial(self._ask, shop, key[2]))
        except (ProviderError, NotFound) as error:
            problem = problem_of(error)
        log.warning("tax_unknown", extra={"tenant": shop.id, "provider": key[1], "problem": problem})
        return problem

    async def _ask(self, shop: Shop, basis: Basis) -> Levy:
        used = await self._providers.in_use(shop, PartnerKind.TAX)
        if used is None or not isinstance(used[0], TaxService):
            raise NotFound("provider")
        return await used[0].quote(used[1], basis)

    async def tell_blocked(self, shop: Shop, session: OrderSession, tax: Tax) -> None:
        """Call staff, once for each cart, because somebody cannot order."""
        alert = _alert(shop.id, "tax_blocks", AlertSeverity.ERROR, tax, id=session.id)

        async def work(tx: Tx) -> None:
            await alert.insert(self._db, tx=tx)
            await self._outbox.owe([alert_effect(alert, self._clock)], tx)

        if await Alert.get(self._db, shop.id, alert.id) is None:
            try:
                await self._outbox.commit(work)
            except DuplicateKeyError:  # another click of the same person told it first
                return

    async def tell_unknown(self, order: Order, tax: Tax, tx: Tx) -> None:
        """Call staff in the transaction that places an order without the tax that it may owe."""
        alert = _alert(order.tenant_id, "tax_unknown", AlertSeverity.WARN, tax, order=order)
        await alert.insert(self._db, tx=tx)
        await self._outbox.owe([alert_effect(alert, self._clock)], tx)


def tax_change(session: OrderSession, tax: Tax) -> Change | None:
    """How the tax moved since the customer saw it; None when it did not, or blocks anyway."""
    if tax.blocks or session.tax_cents == tax.cents:
        return None
    return Change("tax", "", session.tax_cents, tax.cents)


def problem_of(error: ProviderError | NotFound) -> str:
    """Why a tax service did not do it, as a word that staff's sentences know."""
    if isinstance(error, WrongKeys | NotFound):
        return "wrong_keys"
    if isinstance(error, Declined):
        return "tax_no_address" if error.code == "no_address" else "tax_declined"
    return "provider_away"


def place_of(address: Address | TaxOrigin | None) -> Place | None:
    """An address as far as tax goes by it."""
    if address is None:
        return None
    street = address.street if isinstance(address, TaxOrigin) else address.line1
    return Place(address.country, address.postal_code, address.state, address.city, street)


def taxed(item: OrderItem) -> TaxedLine:
    """A line as far as it matters for tax."""
    return TaxedLine(
        id=item.product_id,
        sku=item.sku,
        name=item.name,
        quantity=item.quantity,
        unit_price_cents=item.unit_price_cents,
        discount_cents=item.discount_cents,
        digital=item.is_digital,
    )


def _basis(shop: Shop, session: OrderSession, offer: Offer | None) -> Basis | None:
    origin, to, cost = place_of(shop.config.tax_origin), None, 0
    if session.ships:
        kinds = shop.config.shipping_types
        kind = next((each for each in kinds if each.code == session.shipping_type_code), None)
        if session.shipping_address is None or (kind is None and kinds):
            return None
        to = place_of(Address.model_validate_doc(session.shipping_address))
        cost = kind.cost_cents if kind else 0
    off = offer.by_product if offer else {}
    lines = tuple(
        taxed(item.model_copy(update={"discount_cents": off.get(item.product_id, 0)}))
        for item in session.items
    )
    return Basis(shop.currency, lines, cost, origin, to or origin)


def _alert(
    tenant_id: str, message: str, severity: AlertSeverity, tax: Tax, order: Order | None = None, **more: Any
) -> Alert:
    number = order.order_number if order else None
    return Alert(
        tenant_id=tenant_id,
        type=AlertType.PAYMENT_FAILED,
        severity=severity,
        message=message,
        params={"number": number, "partner": tax.partner, "reason": tax.problem},
        entity_type="Order" if order else None,
        entity_id=order.key if order else None,
        **more,
    )
