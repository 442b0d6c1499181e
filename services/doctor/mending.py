"""What the doctor can mend; each as the section would that is there for it, with its audit row."""

from typing import NamedTuple

from models.member import Member
from services.access import Permission
from services.doctor.channels import stale_channels
from services.doctor.contract import Case, Finding, Mend
from services.queue import Queue
from services.shops import Shops
from services.storefronts import Storefronts

# Whoever mends by the doctor may do it in the section that is there for it, too.
NEEDS = {
    Mend.INDEXES: Permission.DOCTOR_RUN,
    Mend.CHANNELS: Permission.CONFIG_MANAGE,
    Mend.EFFECTS: Permission.ORDER_MANAGE,
    Mend.STOREFRONT: Permission.STOREFRONT_MANAGE,
}
_STOREFRONT = "storefront"


class Mended(NamedTuple):
    """What became of it; `done` is False when it cannot be mended like this."""

    mend: Mend
    about: str
    done: bool


class Mending:
    """Mends what was found a moment ago; what is in order meanwhile stays as it is."""

    def __init__(self, *, shops: Shops, queue: Queue, storefronts: Storefronts) -> None:
        self._shops = shops
        self._queue = queue
        self._storefronts = storefronts

    async def mend(self, case: Case, actor: Member, finding: Finding, locale: str | None) -> Mended:
        """Mend one finding; raises ChangedMeanwhile when somebody else was faster with the same setting."""
        match finding.mend:
            case Mend.CHANNELS:
                done = await self._channel(case, actor, finding.about)
            case Mend.EFFECTS:
                done = bool(await self._queue.retry_all(case.shop, actor, finding.about))
            case Mend.STOREFRONT:
                done = await self._storefront(case, actor, locale)
            case Mend.INDEXES | None:
                # Those take longer than anybody waits (index_work.py).
                raise ValueError(f"{finding.code} cannot be mended here")
        return Mended(finding.mend, finding.about, done)

    async def _channel(self, case: Case, actor: Member, field: str) -> bool:
        if field == _STOREFRONT:
            front = await self._storefronts.of(case.shop)
            if front is None or not case.place.gone(front.channel_id):
                return False
            await self._storefronts.take_down(case.shop, actor)
            return True
        # By the set-up as it is now, and only where it still names the channel that is gone.
        shop = await self._shops.of_tenant(case.shop.id)
        stale = stale_channels(Case(shop, case.place, case.tools))
        if field not in stale:
            return False
        await self._shops.configure(shop, actor, **{field: None})
        return True

    async def _storefront(self, case: Case, actor: Member, locale: str | None) -> bool:
        front = await self._storefronts.of(case.shop)
        if front is None or front.channel_id is None:
            return False
        await self._storefronts.place(case.shop, actor, front.channel_id, locale)
        return True
