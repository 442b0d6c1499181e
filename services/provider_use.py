"""Which partners a shop uses: of payments any number side by side, of everything else one."""

from typing import Any

from services.partner import AnyPartner
from services.payments.processor import Processor
from services.shops import Shop


def offers(shop: Shop, partner: AnyPartner) -> bool:
    """Whether customers can choose it, or the shop uses it."""
    if isinstance(partner, Processor):
        return partner.descriptor.value in shop.config.enabled_payment_methods
    return shop.config.partners.get(partner.kind.value) == partner.name


def has_rival(shop: Shop, partner: AnyPartner) -> bool:
    """Whether another does already what only one can do for a shop."""
    return shop.config.partners.get(partner.kind.value, partner.name) != partner.name


def changed_by(shop: Shop, partner: AnyPartner, *, offered: bool) -> dict[str, Any]:
    """What changes in the set-up when the partner is offered, or no longer."""
    if isinstance(partner, Processor):
        others = [each for each in shop.config.enabled_payment_methods if each != partner.descriptor.value]
        return {"enabled_payment_methods": [*others, partner.descriptor.value] if offered else others}
    kind = partner.kind.value
    rest = {key: name for key, name in shop.config.partners.items() if key != kind}
    return {"partners": {**rest, kind: partner.name} if offered else rest}
