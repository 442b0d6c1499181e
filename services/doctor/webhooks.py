"""Whether providers tell us of the payments that they take."""

from datetime import timedelta
from typing import Any

from models import troubles
from services.doctor.contract import Case, Check, Finding, Section, Severity
from services.partner import PartnerKind
from services.payments import processors

_LOOK_BACK = timedelta(days=7)
_ON_ITS_WAY = timedelta(minutes=30)


class Webhooks(Check):
    """Payments are seen later, by asking, when a provider's webhook was never registered there."""

    name = "webhooks"
    section = Section.WORK
    finds = frozenset({"webhook_never", "webhook_silent"})

    async def run(self, case: Case) -> list[Finding]:
        """Look for providers that keep silent about payments."""
        if case.tools.links.public_url is None:
            return []
        now, found = case.tools.clock.now(), list[Finding]()
        methods = {processor.name: method for method, processor in processors().items()}
        for each in await case.tools.providers.views(case.shop):
            if not (each.configured and each.delivers and each.kind is PartnerKind.PAYMENT):
                continue
            paid = await troubles.last_paid(case.tools.db, case.shop.id, methods[each.name], now - _LOOK_BACK)
            if paid is None or paid > now - _ON_ITS_WAY:
                continue
            last = (await case.tools.providers.view(case.shop, each.name)).last_event
            if last is None:
                values: dict[str, Any] = {"provider": each.name}
                found.append(Finding("webhook_never", Severity.WARNING, values, about=each.name))
            elif last.received_at < paid:
                values = {"provider": each.name, "since": last.received_at, "paid": paid}
                found.append(Finding("webhook_silent", Severity.WARNING, values, about=each.name))
        return found


CHECK = Webhooks()
