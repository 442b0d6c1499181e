"""Makes owed e-mails happen."""

import contextlib
from collections.abc import Iterator

from bot.mail.customers import customer_draft
from bot.mail.letters import Letters
from bot.mail.staff import alert_draft, owner_draft, rejection_draft, test_draft
from cogs._effects.notices import outdated
from cogs._ui.words import Words
from models.errors import Declined, ProviderError, ShopError, WrongKeys
from models.outbox import OutboxEffect
from services import Services
from services.effects import EffectKind, Notice, OwnerEvent
from services.mail.contract import AddressRefused
from services.worker import EffectFailed, Worker


class MailEffects:
    """The outbox's way to mailboxes."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._letters = Letters()

    def sign_up(self, worker: Worker) -> None:
        """Handle owed e-mails from now on."""
        worker.register(EffectKind.MAIL_CUSTOMER, self.customer)
        worker.register(EffectKind.MAIL_STAFF, self.staff)

    async def customer(self, owed: OutboxEffect) -> str:
        """Tell a customer, unless that is not wanted or not true any more."""
        event = Notice(owed.payload["event"])
        with _failing():
            shop = await self._services.shops.of_tenant(owed.tenant_id)
            view = await self._services.orders.staff_view(shop, owed.payload["orderId"])
            known = await self._services.customers.known(shop, view.order.customer.discord_id)
            if known is None or not self._services.mailing.reaches(shop, known, owed.payload["switch"]):
                return "not_wanted"
            if outdated(event, view, owed.payload):
                return "outdated"
            w = Words.of(known.locale or view.order.customer.locale)
            letter = self._letters.write(customer_draft(event, shop, view, owed, w), w)
            try:
                return await self._services.mailing.send(shop, owed, known.email or "", letter)
            except AddressRefused:
                # Nothing is lost: `/orders` shows it, and their profile says that e-mails do not arrive.
                await self._services.mailing.refused(known)
                return "address_refused"

    async def staff(self, owed: OutboxEffect) -> str:
        """Tell the shop's own address."""
        with _failing():
            shop = await self._services.shops.of_tenant(owed.tenant_id)
            w = Words.of(owed.payload.get("locale"))
            if owed.payload.get("test"):
                draft = test_draft(shop, w)
            elif owed.payload.get("event") in set(OwnerEvent):
                if await self._services.absences.outdated(shop.id, owed.payload):
                    return "outdated"
                draft = owner_draft(owed.payload, shop, w)
            elif "alertId" in owed.payload:
                alert = await self._services.alerts.of(shop.id, owed.payload["alertId"])
                if alert is None:
                    return "no_alert"
                draft = alert_draft(alert, shop, w)
            else:
                view = await self._services.orders.staff_view(shop, owed.payload["orderId"])
                draft = rejection_draft(view, owed.payload["reason"], shop, w)
            address = shop.config.admin_notify_email or ""
            return await self._services.mailing.send(shop, owed, address, self._letters.write(draft, w))


@contextlib.contextmanager
def _failing() -> Iterator[None]:
    """What goes wrong on the way to a mailbox, as a word for staff; what may pass is tried again."""
    try:
        yield
    except AddressRefused as error:
        raise EffectFailed("address_refused", final=True) from error
    except Declined as error:
        raise EffectFailed("mail_refused", final=True) from error
    except WrongKeys as error:
        raise EffectFailed("wrong_keys") from error
    except ProviderError as error:
        raise EffectFailed("mail_away") from error
    except ShopError as error:
        raise EffectFailed(type(error).__name__, final=True) from error
