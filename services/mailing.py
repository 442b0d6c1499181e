"""E-mail in a shop's name: who carries it, and what is owed by e-mail beside what is told on Discord."""

from datetime import timedelta
from typing import Any

from models.base import Db
from models.customer import Customer
from models.errors import WrongKeys
from models.flag import Flag
from models.outbox import OutboxEffect
from models.retention import LEAST_OUTBOX_DAYS
from services.clock import Clock
from services.effects import EffectKind, effect
from services.features import EmailPayload
from services.flags import Flags
from services.mail.contract import Letter, Mail, MailKeys, MailPartner, usable_address
from services.outbox import Outbox
from services.partner import PartnerKind
from services.providers import Providers
from services.shops import Shop
from services.storable import well_formed

type Carrier = tuple[MailPartner[Any], MailKeys]

_LONGEST_NAME = 100
_REMEMBERED = timedelta(days=LEAST_OUTBOX_DAYS)


class Mailing:
    """Owes and sends e-mails; what they say is written elsewhere."""

    def __init__(
        self,
        db: Db,
        clock: Clock,
        *,
        outbox: Outbox,
        providers: Providers,
        default: Carrier | None,
        flags: Flags,
    ) -> None:
        """Take who carries the e-mails of shops without a service of their own; None: nobody."""
        self._db = db
        self._clock = clock
        self._outbox = outbox
        self._providers = providers
        self._default = default
        self._flags = flags

    async def offers(self, shop: Shop) -> bool:
        """Whether the shop tells customers by e-mail at all."""
        return self.ready(shop) and await self._flags.on(shop.id, Flag.EMAIL)

    def owes_still(self, told: OutboxEffect) -> bool:
        """Whether what is told may owe its e-mail: at the first look at it, and while that is remembered.

        What waits for longer had its e-mail at the first look, and must not have another one.
        """
        return told.last_error is None or self._clock.now() - told.created_at < _REMEMBERED

    def ready(self, shop: Shop) -> bool:
        """Whether there is somebody who carries the shop's e-mails."""
        return self._default is not None or PartnerKind.MAIL.value in shop.config.partners

    async def owe(self, shop: Shop, customer: Customer | None, told: OutboxEffect, switch: str) -> bool:
        """Owe the e-mail that goes with a notice, once, if its customer wants it; whether one is owed.

        `switch` names the preference that the notice belongs to.
        """
        if customer is None or not self.reaches(shop, customer, switch):
            return False
        if not await self._tells(shop, switch):
            return False
        mail = effect(
            EffectKind.MAIL_CUSTOMER,
            shop.id,
            told.dedupe_key,
            self._clock.now(),
            payload={**told.payload, "switch": switch},
            order_id=told.order_id,
        )
        await self._outbox.owe_once(mail)
        return True

    async def _tells(self, shop: Shop, switch: str) -> bool:
        """Whether the shop tells of this by e-mail; asked when it is owed, since what is owed is sent."""
        events = (await self._flags.payload(shop.id, Flag.EMAIL, EmailPayload)).events
        return switch in events and await self._flags.on(shop.id, Flag.EMAIL)

    def reaches(self, shop: Shop, customer: Customer, switch: str) -> bool:
        """Whether an e-mail about this goes to this customer."""
        wanted = bool(getattr(customer.email_preferences, switch))
        return wanted and self.ready(shop) and self.has_address(customer)

    @staticmethod
    def has_address(customer: Customer) -> bool:
        """Whether there is an address at which nobody has refused an e-mail yet."""
        return usable_address(customer.email or "") is not None and not customer.email_refused

    async def refused(self, customer: Customer) -> None:
        """Note that the customer's address took no e-mail: none goes there until it is entered anew."""
        await Customer.refuse_email(self._db, customer)

    async def owe_staff(self, shop: Shop, about: str, payload: dict[str, Any], order_id: str | None) -> bool:
        """Owe an e-mail to the shop's own address, once for each thing it is about; whether one is owed."""
        if not self.ready(shop) or usable_address(shop.config.admin_notify_email or "") is None:
            return False
        mail = effect(
            EffectKind.MAIL_STAFF, shop.id, about, self._clock.now(), payload=payload, order_id=order_id
        )
        await self._outbox.owe_once(mail)
        return True

    async def owe_test(self, shop: Shop, locale: str) -> bool:
        """Owe the shop's own address an e-mail that only shows whether any arrives; at most one a minute."""
        minute = int(self._clock.now().timestamp()) // 60
        return await self.owe_staff(
            shop, f"{shop.id}:test:{minute}", {"test": True, "locale": locale}, order_id=None
        )

    async def send(self, shop: Shop, owed: OutboxEffect, address: str, letter: Letter) -> str:
        """Send what is owed; `no_mail` or `no_address` where there is no way.

        Raises AddressRefused, Declined, WrongKeys, Unavailable and OutcomeUnknown.
        """
        to, carrier = usable_address(address), await self._carrier(shop)
        if carrier is None or to is None:
            return "no_mail" if carrier is None else "no_address"
        partner, keys = carrier
        mail = Mail(
            key=owed.key,
            date=self._clock.now(),
            to=to,
            sender_name=_name(shop.name),
            letter=letter,
            reply_to=usable_address(shop.config.admin_notify_email or ""),
        )
        await partner.send(keys, mail)
        return "sent"

    async def _carrier(self, shop: Shop) -> Carrier | None:
        name = shop.config.partners.get(PartnerKind.MAIL.value)
        if name is None:
            return self._default
        found = await self._providers.in_use(shop, PartnerKind.MAIL)
        if found is None:
            # Its customers expect its own address, so nobody else's takes its place.
            raise WrongKeys(name, "unreadable")
        partner, keys = found
        if not isinstance(partner, MailPartner) or not isinstance(keys, MailKeys):
            raise TypeError(f"{name} sends no e-mail")
        return partner, keys


def _name(text: str) -> str:
    """A shop's name as a header takes it: one line, nothing unseen."""
    seen = "".join(each for each in well_formed(" ".join(text.split())) if each.isprintable())
    return seen[:_LONGEST_NAME].strip()
