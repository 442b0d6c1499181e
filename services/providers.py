"""A shop's keys to its partners: entered by staff, stored sealed, tried out, shown masked."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from pydantic import SecretStr, ValidationError

from models.base import Db, Tx, transact
from models.errors import BadInput, ChangedMeanwhile, NotFound, RecordChanged
from models.member import Member
from models.provider import Provider
from models.required import required
from models.webhook import WebhookEvent, WebhookProvider
from services.audit import Audit
from services.links import Links
from services.memories import Memories
from services.partner import AnyPartner, PartnerKind, ProviderKeys
from services.partners import Partners
from services.provider_keys import KeyField, checked, key_fields, masked
from services.provider_use import changed_by, has_rival, offers
from services.remembered import Remembered
from services.setting_rights import SettingRights
from services.shops import Shop, Shops
from services.vault import Vault, VaultShut

_REMEMBERED = timedelta(seconds=2)
_TRIES = 5

type Renew = Callable[[ProviderKeys | None], ProviderKeys | None]


@dataclass(frozen=True)
class ProviderView:
    """How a shop stands with a partner; `values` are masked, not `readable`: the secret is lost.

    `offered`: customers can choose a payment partner, or of the other kinds this is the one in use.
    """

    kind: PartnerKind
    name: str
    company: str
    icon: str
    title: str
    about: str
    fields: tuple[KeyField, ...]
    configured: bool
    readable: bool
    offered: bool
    opens: bool
    down: bool
    environment: str
    plays: bool
    has_sandbox: bool
    fits_currency: bool
    values: dict[str, str]
    delivers: bool
    webhook_url: str | None
    subscribe: tuple[str, ...] | None
    last_event: WebhookEvent | None


class Providers:
    """Who works for a shop on the outside, and with which keys."""

    def __init__(
        self,
        db: Db,
        *,
        audit: Audit,
        shops: Shops,
        vault: Vault,
        partners: Partners,
        links: Links,
        rights: SettingRights,
        memories: Memories,
    ) -> None:
        self._db = db
        self._audit = audit
        self._shops = shops
        self._vault = vault
        self._partners = partners
        self._links = links
        self._rights = rights
        self._remembered: Remembered[tuple[str, str], ProviderKeys] = memories.make("providers", _REMEMBERED)

    def fields(self, name: str) -> tuple[KeyField, ...]:
        """What staff enter for a partner; raises NotFound."""
        return key_fields(self._partners.called(name).keys)

    async def keys(self, tenant_id: str, name: str) -> ProviderKeys:
        """The shop's keys to a partner, by its name; raises NotFound when it has none that can be read."""
        return await self._remembered.get((tenant_id, name), partial(self._read, tenant_id, name))

    async def _read(self, tenant_id: str, name: str) -> ProviderKeys:
        partner = self._partners.named(name)
        stored = await Provider.of(self._db, tenant_id, name)
        keys = self._opened(stored, partner) if stored is not None and stored.is_active else None
        return required(keys, "provider")

    async def views(self, shop: Shop) -> list[ProviderView]:
        """Every partner that the shop could use, in order of display; none with its last event."""
        stored = {each.type: each for each in await Provider.all_of(self._db, shop.id)}
        return [self._view(shop, each, stored.get(each.name)) for each in self._partners.all()]

    async def view(self, shop: Shop, name: str) -> ProviderView:
        """How the shop stands with one partner; raises NotFound."""
        partner = self._partners.called(name)
        stored = await Provider.of(self._db, shop.id, partner.name)
        last = None
        if partner.delivers:
            last = await WebhookEvent.latest(self._db, shop.id, WebhookProvider(partner.name.upper()))
        return self._view(shop, partner, stored, last)

    async def in_use(self, shop: Shop, kind: PartnerKind) -> tuple[AnyPartner, ProviderKeys] | None:
        """Who does this for the shop, and the keys for it; None where nobody does. Not for payments."""
        name = shop.config.partners.get(kind.value)
        try:
            return (self._partners.named(name), await self.keys(shop.id, name)) if name else None
        except NotFound:
            return None

    async def configure(
        self,
        shop: Shop,
        actor: Member,
        name: str,
        values: Mapping[str, str],
        *,
        seen: Mapping[str, str] | None = None,
    ) -> Shop:
        """Store keys; an empty secret keeps the one that is stored.

        With the values as they were `seen`, raises RecordChanged when they are others by now. With the first
        ones a payment method is offered, another partner is in use unless the shop has one of
        its kind. Raises BadInput naming the first value that is wrong, NotFound for an unknown partner.
        """
        partner = self._partners.called(name)

        def renewed(known: ProviderKeys | None) -> ProviderKeys:
            if seen is not None and seen != (masked(known) if known else {}):
                raise RecordChanged
            return checked(partner.keys, values, known)

        first = await self._store(shop, actor, partner, "provider.keys", renewed)
        # New keys for what staff took out of use leave it there.
        if (first and not has_rival(await self._shops.of_tenant(shop.id), partner)) or not partner.opens:
            return await self.offer(shop, actor, partner.name, offered=partner.opens)
        return shop

    async def may_enter(self, shop: Shop, actor: Member, name: str) -> None:
        """Return if the actor may enter keys to this partner; raises BeyondOwnKeys, and NotFound."""
        if self._partners.called(name).kind is PartnerKind.MAIL:
            await transact(self._db, partial(self._rights.mail, shop, actor))

    async def choose_environment(self, shop: Shop, actor: Member, name: str, environment: str) -> Shop:
        """Use the provider's live or its sandbox site from now on; raises NotFound or BadInput."""
        partner = self._partners.called(name)
        if partner.site.sandbox is None or environment not in {"live", "sandbox"}:
            raise BadInput("environment", "not_allowed")

        def elsewhere(known: ProviderKeys | None) -> ProviderKeys:
            if known is None:
                raise NotFound("provider")
            return known.model_copy(update={"environment": environment})

        await self._store(shop, actor, partner, "provider.environment", elsewhere)
        return shop

    async def offer(self, shop: Shop, actor: Member, name: str, *, offered: bool) -> Shop:
        """Offer the method at checkout, or no longer; use a partner of another kind, in place of its rival.

        What is under way goes on. Raises NotFound, BadInput for one that is closed, ChangedMeanwhile when
        nobody lets it come through.
        """
        partner = self._partners.called(name)
        if offered and not partner.opens:
            raise BadInput("payment_method", "not_allowed")
        if offered:
            await self._read(shop.id, partner.name)
        for _ in range(_TRIES):
            now = await self._shops.of_tenant(shop.id)
            if offers(now, partner) == offered:
                return now
            try:
                return await self._shops.configure(now, actor, **changed_by(now, partner, offered=offered))
            except ChangedMeanwhile:
                # Whatever else was changed stands: one partner more or less does not touch it.
                continue
        raise ChangedMeanwhile

    async def remove(self, shop: Shop, actor: Member, name: str) -> Shop:
        """Forget the keys: it is not used, and nothing that it delivers is accepted any more."""
        partner = self._partners.called(name)
        shop = await self.offer(shop, actor, partner.name, offered=False)
        await self._store(shop, actor, partner, "provider.remove", lambda _: None)
        return shop

    async def test(self, shop: Shop, name: str) -> None:
        """Ask the provider for something harmless; raises NotFound, WrongKeys, Declined or Unavailable."""
        partner = self._partners.called(name)
        await partner.test(await self._read(shop.id, partner.name))

    async def _store(self, shop: Shop, actor: Member, partner: AnyPartner, action: str, renew: Renew) -> bool:
        """Put other keys in place of those that are known, if they can be read; whether there were none."""

        async def work(tx: Tx) -> bool:
            stored = await Provider.of(self._db, shop.id, partner.name, tx=tx)
            active = stored is not None and stored.is_active
            keys = renew(self._opened(stored, partner) if stored is not None and active else None)
            if keys is not None and partner.kind is PartnerKind.MAIL:
                await self._rights.mail(shop, actor, tx)
            if keys is None and not active:
                return True
            config = self._sealed(shop.id, partner.name, keys) if keys is not None else {}
            shown = {"environment": keys.environment, **masked(keys)} if keys is not None else {}
            now = await Provider.put(self._db, shop.id, partner.name, config, active=keys is not None, tx=tx)
            await self._audit.record(shop.id, actor, action, now, after=shown, tx=tx)
            return not active

        first = await transact(self._db, work)
        self._remembered.forget()
        return first

    def _view(
        self,
        shop: Shop,
        partner: AnyPartner,
        stored: Provider | None,
        last_event: WebhookEvent | None = None,
    ) -> ProviderView:
        active = stored is not None and stored.is_active
        keys = self._opened(stored, partner) if stored is not None and active else None
        return ProviderView(
            kind=partner.kind,
            name=partner.name,
            company=partner.company,
            icon=partner.icon,
            title=partner.title,
            about=partner.about,
            fields=key_fields(partner.keys),
            configured=active,
            readable=keys is not None,
            offered=offers(shop, partner),
            opens=partner.opens,
            down=partner.down(),
            environment=keys.environment if keys else "live",
            plays=keys is not None and keys.plays,
            has_sandbox=partner.site.sandbox is not None,
            fits_currency=partner.currencies is None or shop.currency in partner.currencies,
            values=masked(keys) if keys else {},
            delivers=partner.delivers,
            webhook_url=self._links.webhook_url(partner.name, shop.id) if partner.delivers else None,
            subscribe=partner.subscribe,
            last_event=last_event,
        )

    def _sealed(self, tenant_id: str, name: str, keys: ProviderKeys) -> dict[str, Any]:
        config: dict[str, Any] = {}
        for key in type(keys).model_fields:
            value = getattr(keys, key)
            if isinstance(value, SecretStr):
                config[key] = self._vault.seal(value.get_secret_value(), about=_about(tenant_id, name, key))
            else:
                config[key] = str(value)
        return config

    def _opened(self, stored: Provider, partner: AnyPartner) -> ProviderKeys | None:
        values: dict[str, Any] = {}
        try:
            for field in key_fields(partner.keys):
                value = stored.config.get(field.key)
                if field.secret and value is not None:
                    about = _about(stored.tenant_id or "", partner.name, field.key)
                    value = self._vault.open(value, about=about)
                if value is not None:
                    values[field.key] = value
            return partner.keys(environment=stored.config.get("environment", "live"), **values)
        except (VaultShut, ValidationError):
            return None


def _about(tenant_id: str, name: str, key: str) -> str:
    return f"{tenant_id}/{name}/{key}"
