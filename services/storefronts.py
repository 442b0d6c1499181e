"""Where the shop's permanent message stands, as staff choose it, and what became of showing it."""

from datetime import timedelta

from models.alert import Alert, AlertSeverity, AlertType
from models.base import Db, Tx
from models.flag import Flag
from models.member import Member
from models.storefront import Storefront
from services.absences import AWAY
from services.audit import Audit
from services.clock import Clock
from services.flags import Flags
from services.outbox import Outbox
from services.rules import Rules
from services.shops import Shop
from services.stock import alert_effect

# What only staff can mend; they are told once, and it is tried again at every look.
STAFFS = frozenset({"missing_permission", "channel_gone"})
# What another minute does not mend.
_STAYS = STAFFS | {AWAY}
_SOON = timedelta(minutes=1)


class Storefronts:
    """Puts it up, takes it down, and keeps what is known of its message."""

    def __init__(
        self, db: Db, clock: Clock, rules: Rules, *, audit: Audit, outbox: Outbox, flags: Flags
    ) -> None:
        self._db = db
        self._clock = clock
        self._rules = rules
        self._audit = audit
        self._outbox = outbox
        self._flags = flags

    async def of(self, shop: Shop) -> Storefront | None:
        """The shop's storefront; one that was taken down has no channel."""
        return await Storefront.of_tenant(self._db, shop.id)

    async def place(self, shop: Shop, actor: Member, channel_id: str, locale: str | None) -> Storefront:
        """Show it in this channel of the shop's own guild; where it stood before, it goes away.

        Raises FeatureOff while storefronts are switched off.
        """
        await self._flags.require(shop.id, Flag.STOREFRONT)
        return await self._put(shop, actor, channel_id, locale)

    async def take_down(self, shop: Shop, actor: Member) -> Storefront:
        """Show it nowhere."""
        return await self._put(shop, actor, None, None)

    async def _put(self, shop: Shop, actor: Member, channel_id: str | None, locale: str | None) -> Storefront:
        async def work(tx: Tx) -> Storefront:
            old = await Storefront.of_tenant(self._db, shop.id, tx=tx)
            put = await Storefront.put(self._db, shop.id, channel_id, locale, self._clock.now(), tx=tx)
            before, after = {"channelId": old.channel_id if old else None}, {"channelId": channel_id}
            act = "storefront.place" if channel_id else "storefront.remove"
            await self._audit.record(shop.id, actor, act, put, before=before, after=after, tx=tx)
            return put

        return await self._outbox.commit(work)

    async def claim(self) -> Storefront | None:
        """The next one that has to be shown or looked at, leased to the caller; None when there is none."""
        return await Storefront.claim(self._db, self._clock.now(), self._rules.outbox_lease)

    async def handed_back(self, front: Storefront) -> None:
        """Leave to others at once what was claimed and not shown to its end."""
        await Storefront.hand_back(self._db, front, self._clock.now())

    def unlooked(self, front: Storefront) -> bool:
        """Whether nobody has seen for a while that its message still stands."""
        looked = front.looked_at
        return looked is None or looked + self._rules.storefront_look <= self._clock.now()

    async def posted(self, front: Storefront, message_id: str) -> bool:
        """Keep the message that was just posted; False when staff chose otherwise meanwhile."""
        return await Storefront.note_post(self._db, front, message_id)

    async def shows(self, front: Storefront) -> bool:
        """Whether it has a place, and is not switched off."""
        return front.channel_id is not None and await self._flags.on(front.tenant_id, Flag.STOREFRONT)

    async def withdrawn(self, front: Storefront) -> None:
        """Its message is gone for as long as storefronts are switched off; its place is remembered."""
        await Storefront.forget_message(self._db, front)

    async def cleared(self, front: Storefront, message_id: str) -> None:
        """An older message is gone."""
        await Storefront.drop_leftover(self._db, front, message_id)

    async def shown(self, front: Storefront, fingerprint: str | None, *, looked: bool) -> None:
        """It shows what is there now.

        After a mark it is looked at once more: what marked it may have been committed only afterwards.
        """
        now = self._clock.now()
        fields = {"shown": fingerprint, "problem": None} | ({"lookedAt": now} if looked else {})
        pause, look = now + self._rules.storefront_pause, now + self._rules.storefront_look
        await Storefront.rest(self._db, front, pause, pause if front.unsettled else look, fields)

    async def failed(self, front: Storefront, reason: str) -> None:
        """It could not be shown; staff hear once of what they can mend."""
        now = self._clock.now()
        again = now + (self._rules.storefront_look if reason in _STAYS else _SOON)

        async def work(tx: Tx) -> None:
            ours = await Storefront.rest(self._db, front, again, again, {"problem": reason}, tx=tx)
            if ours and reason in STAFFS and front.problem != reason:
                await self._alert(front, reason, tx)

        await self._outbox.commit(work)

    async def _alert(self, front: Storefront, reason: str, tx: Tx) -> None:
        alert = Alert(
            tenant_id=front.tenant_id,
            type=AlertType.FULFILLMENT_FAILED,
            severity=AlertSeverity.WARN,
            message="storefront_failed",
            params={"reason": reason, "channelId": front.channel_id},
            entity_type="Storefront",
            entity_id=front.key,
        )
        await alert.insert(self._db, tx=tx)
        await self._outbox.owe([alert_effect(alert, self._clock)], tx)
