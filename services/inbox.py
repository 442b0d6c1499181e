"""Takes in what providers deliver: checked, stored once, answered; acted upon afterwards."""

import hashlib
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from http import HTTPStatus

from pymongo.errors import DuplicateKeyError, PyMongoError

from models.alert import AlertSeverity
from models.base import Db, Tx
from models.correlation import current
from models.errors import NotFound, ProviderError, Refused
from models.member import Member
from models.required import required
from models.webhook import WebhookEvent, WebhookProvider, WebhookState
from services.audit import Audit
from services.clock import Clock
from services.gathering import Gathering
from services.inbox_worker import InboxWorker, webhook_alert
from services.meters import Meters
from services.outbox import Outbox
from services.paging import bounded
from services.payments.processor import BadPayload, BadSignature, Delivery
from services.refusals import Refusals
from services.rules import Rules
from services.shops import Shop
from services.sources import Reading, SignedBy, Source
from services.stock import alert_effect
from services.storable import storable, well_formed
from services.wakeups import Wakeups

PAGE_SIZE = 10
_LONGEST_ID = 200
_LONGEST_KIND = 200
_SUFFIX = 12

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class EventsPage:
    """One page of a shop's events, newest first; `page` counts from 0."""

    events: list[WebhookEvent]
    page: int
    pages: int
    total: int


class Inbox:
    """Every delivery is verified before anything is stored, and stored before it is answered."""

    def __init__(
        self,
        db: Db,
        clock: Clock,
        rules: Rules,
        *,
        wakeups: Wakeups,
        outbox: Outbox,
        audit: Audit,
        sources: Mapping[str, Source],
        url_of: Callable[[str, str], str | None],
        refusals: Refusals,
        meters: Meters,
    ) -> None:
        """Take sources by their names, each a WebhookProvider in lower case."""
        self._db = db
        self._clock = clock
        self._wakeups = wakeups
        self._outbox = outbox
        self._audit = audit
        self._sources = {name: (WebhookProvider(name.upper()), each) for name, each in sources.items()}
        self._url_of = url_of
        self._refusals = refusals
        self._meters = meters
        self._storing: Gathering[WebhookEvent, bool] = Gathering(partial(WebhookEvent.store_all, db))
        self._worker = InboxWorker(
            db, clock, rules, wakeups=wakeups, outbox=outbox, sources=sources, meters=meters
        )
        self.run = self._worker.run
        self.drain = self._worker.drain
        self.stop = self._worker.stop
        self.hand_back = self._worker.hand_back

    async def receive(self, name: str, tenant_id: str, body: bytes, headers: Mapping[str, str]) -> int:
        """Take in one delivery, `headers` by lower-case name; the HTTP status that answers it.

        404 for an unknown provider or shop, the provider's own for a bad signature, 400 for what cannot be
        read, 503 when it cannot be checked or stored now. Only what was verified is stored.
        """
        if name not in self._sources:
            return HTTPStatus.NOT_FOUND
        status = await self._received(name, tenant_id, body, headers)
        self._meters.webhook(name, status)
        return status

    async def _received(self, name: str, tenant_id: str, body: bytes, headers: Mapping[str, str]) -> int:
        provider, source = self._sources[name]
        signed = SignedBy(headers)
        now = self._clock.now()
        try:
            await source.verify(tenant_id, Delivery(body, signed, self._url_of(name, tenant_id) or "", now))
            told = source.read(body)
            if told is not None:
                event = _event(tenant_id, provider, body, signed.read, told, now)
                await self._keep(source, event, told)
        except NotFound:
            return HTTPStatus.NOT_FOUND
        except BadSignature as reason:
            self._refusals.note(name, tenant_id, str(reason))
            return source.refused
        except BadPayload as reason:
            self._refusals.note(name, tenant_id, f"unreadable: {reason}")
            return HTTPStatus.BAD_REQUEST
        except (ProviderError, PyMongoError) as error:
            log.warning("webhook_not_taken", extra={"provider": name, "why": type(error).__name__})
            return HTTPStatus.SERVICE_UNAVAILABLE
        return source.accepted

    async def _keep(self, source: Source, event: WebhookEvent, told: Reading) -> None:
        """Store what is new; a repetition is counted, the same id with other news is for staff to decide."""
        if await self._storing.do(event):
            if event.state is WebhookState.WAITING:
                self._wakeups.ring()
            return
        if await WebhookEvent.repeated(self._db, event) is not None:
            return
        kept = await WebhookEvent.namesake(self._db, event)
        if kept is not None and _says_the_same(source, kept, told):
            # Providers add fields on a redelivery; what counts is what they say.
            await WebhookEvent.repeated(self._db, kept)
            return
        await self._keep_conflict(event)

    async def _keep_conflict(self, event: WebhookEvent) -> None:
        alert = webhook_alert(event, "webhook_conflict", AlertSeverity.WARN)
        event.event_id = f"{event.event_id}#{event.digest[:_SUFFIX]}"
        event.state, event.next_attempt_at, event.error = WebhookState.CONFLICT, None, "conflict"

        async def work(tx: Tx) -> None:
            await event.insert(self._db, tx=tx)
            await alert.insert(self._db, tx=tx)
            await self._outbox.owe([alert_effect(alert, self._clock)], tx)

        try:
            await self._outbox.commit(work)
        except DuplicateKeyError:
            await WebhookEvent.repeated(self._db, event)
        else:
            log.warning("webhook_conflict", extra={"webhook": event.key, "tenant": event.tenant_id})

    async def page(
        self,
        shop: Shop,
        *,
        provider: WebhookProvider | None = None,
        state: WebhookState | None = None,
        page: int = 0,
    ) -> EventsPage:
        """The shop's events, those of a provider or in a state where one is given."""
        total = await WebhookEvent.how_many(self._db, shop.id, provider, state)
        page, pages = bounded(page, total, PAGE_SIZE)
        events = await WebhookEvent.page(
            self._db, shop.id, provider, state, skip=page * PAGE_SIZE, limit=PAGE_SIZE
        )
        return EventsPage(events, page, pages, total)

    async def one(self, shop: Shop, event_id: str) -> WebhookEvent:
        """One of the shop's events, by its record's id; raises NotFound."""
        return required(await WebhookEvent.get(self._db, shop.id, event_id), "webhook")

    async def namesakes(self, event: WebhookEvent) -> list[WebhookEvent]:
        """The other messages that came under the event's id with other news, oldest first."""
        found = await WebhookEvent.of_same_id(self._db, event, _SUFFIX, PAGE_SIZE)
        others = (each for each in found if each.id != event.id)
        return sorted(others, key=lambda each: each.received_at)

    @property
    def providers(self) -> list[WebhookProvider]:
        """Who may deliver here, in order."""
        return sorted(provider for provider, _ in self._sources.values())

    async def replay(self, shop: Shop, actor: Member, event_id: str) -> WebhookEvent:
        """Act upon an event once more; raises NotFound, and Refused while it waits anyway."""
        event = await self.one(shop, event_id)

        async def work(tx: Tx) -> WebhookEvent:
            again = await WebhookEvent.again(self._db, event, self._clock.now(), tx=tx)
            if again is None:
                raise Refused("webhook", event.state)
            before, after = {"state": event.state}, {"state": again.state}
            await self._audit.record(
                shop.id, actor, "webhook.replay", event, before=before, after=after, tx=tx
            )
            return again

        return await self._outbox.commit(work)

    async def refused(self, tenant_id: str) -> dict[str, int]:
        """How many deliveries were refused, by provider's name; empty when Redis is away."""
        return await self._refusals.of(tenant_id)


def _event(
    tenant_id: str,
    provider: WebhookProvider,
    body: bytes,
    signed: Mapping[str, str],
    told: Reading,
    now: datetime,
) -> WebhookEvent:
    waits = bool(told.news)
    return WebhookEvent(
        tenant_id=tenant_id,
        provider=provider,
        event_id=_event_id(told.event_id),
        received_at=now,
        payload=storable(body),
        kind=well_formed(told.kind)[:_LONGEST_KIND],
        body=body,
        headers={name: well_formed(value) for name, value in signed.items()},
        digest=hashlib.sha256(body).hexdigest(),
        state=WebhookState.WAITING if waits else WebhookState.IGNORED,
        next_attempt_at=now if waits else None,
        processed_at=None if waits else now,
        correlation_id=current(),  # here, because those of several requests are stored together
    )


def _event_id(text: str) -> str:
    text = well_formed(text)
    if not text:
        raise BadPayload("no id")
    if len(text) <= _LONGEST_ID:
        return text
    return f"{text[: _LONGEST_ID - 65]}~{hashlib.sha256(text.encode()).hexdigest()}"


def _says_the_same(source: Source, kept: WebhookEvent, told: Reading) -> bool:
    try:
        before = source.read(kept.body)
    except BadPayload:
        return False
    return before is not None and before.news == told.news
