"""Whether browsers and providers can reach the listener: asked as they would, from here."""

from http import HTTPStatus

from models.errors import ProviderError
from services.calls import Call
from services.doctor.contract import Case, Check, Finding, Section, Severity

_PATIENCE = 4.0
_STATES = {"ok", "unavailable"}


class Address(Check):
    """Without an address there are no invoice links, and providers' webhooks reach nobody."""

    name = "address"
    section = Section.MACHINE
    finds = frozenset({"address_none", "address_plain", "address_unreachable", "address_another"})

    async def run(self, case: Case) -> list[Finding]:
        """Look for our own listener at the public address."""
        url = case.tools.links.public_url
        views = await case.tools.providers.views(case.shop)
        awaited = any(view.configured and view.delivers for view in views)
        severity = Severity.WRONG if awaited else Severity.WARNING
        if url is None:
            return [Finding("address_none", severity)]
        found = [] if url.startswith("https://") else [Finding("address_plain", severity)]
        return [*found, *await _reached(case, url, severity)]


async def _reached(case: Case, url: str, severity: Severity) -> list[Finding]:
    health = Call("listener", "GET", f"{url}/healthz", seconds=_PATIENCE)
    try:
        reply = await case.tools.calls.send(health)
        # An answer that our listener never gives comes from somebody else at that address.
        ours = reply.status == HTTPStatus.OK and reply.json().get("status") in _STATES
    except ProviderError as error:
        return [Finding("address_unreachable", severity, {"why": getattr(error, "code", "")})]
    return [] if ours else [Finding("address_another", severity)]


CHECK = Address()
