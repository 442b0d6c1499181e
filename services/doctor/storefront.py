"""Whether the shop's permanent message stands where it should."""

from models.storefront import Storefront as Front
from services.doctor.contract import Case, Check, Finding, Mend, Section, Severity


class Storefront(Check):
    """Its channel may be gone, closed to the bot, or Discord did not take it."""

    name = "storefront"
    section = Section.DISCORD
    finds = frozenset({"storefront_gone", "storefront_mute", "storefront_stuck"})

    async def run(self, case: Case) -> list[Finding]:
        """Look at its channel."""
        front = await Front.of_tenant(case.tools.db, case.shop.id)
        if front is None or front.channel_id is None:
            return []
        channel = front.channel_id
        if case.place.gone(channel):
            values = {"channel": channel}
            return [Finding("storefront_gone", Severity.WARNING, values, Mend.CHANNELS, "storefront")]
        if lacks := case.place.unwritable(channel):
            mute = {"channel": channel, "permissions": sorted(lacks)}
            return [Finding("storefront_mute", Severity.WARNING, mute)]
        if front.problem is not None:
            return [Finding("storefront_stuck", Severity.WARNING, {"channel": channel}, Mend.STOREFRONT)]
        return []


CHECK = Storefront()
