"""A shop's keys to payment processors: entered by staff, stored sealed, tried out, shown masked."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from pydantic import SecretStr, ValidationError

from models.base import Db, Tx, transact
from models.errors import BadInput, ChangedMeanwhile, NotFound
from models.member import Member
from models.payment_method import PaymentMethod
from models.provider import Provider
from models.webhook import WebhookEvent, WebhookProvider
from services.audit import Audit
from services.clock import Clock
from services.links import Links
from services.payments.adapters import Adapters
from services.payments.contract import MethodDescriptor
from services.payments.processor import AnyProcessor, ProviderKeys
from services.provider_keys import KeyField, checked, key_fields, masked
from services.remembered import Remembered
from services.shops import Shop, Shops
from services.vault import Vault, VaultShut

_REMEMBERED = timedelta(seconds=2)
_TRIES = 5

type Renew = Callable[[ProviderKeys | None], ProviderKeys | None]


@dataclass(frozen=True)
class ProviderView:
    """How a shop stands with a processor; `values` are masked, not `readable`: the secret is lost."""

    descriptor: MethodDescriptor
    name: str
    company: str
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
    webhook_url: str | None
    subscribe: tuple[str, ...] | None
    last_event: WebhookEvent | None


class Providers:
    """Who may be asked for money in a shop's name."""

    def __init__(
        self,
        db: Db,
        clock: Clock,
        *,
        audit: Audit,
        shops: Shops,
        vault: Vault,
        adapters: Adapters,
        links: Links,
    ) -> None:
        self._db = db
        self._audit = audit
        self._shops = shops
        self._vault = vault
        self._adapters = adapters
        self._links = links
        self._remembered: Remembered[tuple[str, str], ProviderKeys] = Remembered(clock, _REMEMBERED)

    def fields(self, method: str) -> tuple[KeyField, ...]:
        """What staff enter for a processor; raises NotFound."""
        return key_fields(self._adapters.of(method).keys)

    async def keys(self, tenant_id: str, name: str) -> ProviderKeys:
        """The shop's keys to a processor, by its name; raises NotFound when it has none that can be read."""
        return await self._remembered.get((tenant_id, name), partial(self._read, tenant_id, name))

    async def _read(self, tenant_id: str, name: str) -> ProviderKeys:
        adapter = self._adapters.named(name)
        stored = await Provider.of(self._db, tenant_id, name)
        keys = self._opened(stored, adapter) if stored is not None and stored.is_active else None
        if keys is None:
            raise NotFound("provider")
        return keys

    async def views(self, shop: Shop) -> list[ProviderView]:
        """Every processor that the shop could use, in order of display; none with its last event."""
        stored = {each.type: each for each in await Provider.all_of(self._db, shop.id)}
        return [self._view(shop, each, stored.get(each.name)) for each in self._adapters.all()]

    async def view(self, shop: Shop, method: str) -> ProviderView:
        """How the shop stands with one processor; raises NotFound."""
        adapter = self._adapters.of(method)
        stored = await Provider.of(self._db, shop.id, adapter.name)
        last = await WebhookEvent.latest(self._db, shop.id, WebhookProvider(adapter.name.upper()))
        return self._view(shop, adapter, stored, last)

    async def configure(self, shop: Shop, actor: Member, method: str, values: Mapping[str, str]) -> Shop:
        """Store keys; an empty secret keeps the one that is stored. A method without any is offered then.

        Raises BadInput naming the first value that is wrong, NotFound for an unknown method.
        """
        adapter = self._adapters.of(method)
        first = await self._store(
            shop, actor, adapter, "provider.keys", lambda known: checked(adapter.keys, values, known)
        )
        # New keys for a method that staff took off the checkout leave it there.
        if first or not adapter.opens:
            return await self.offer(shop, actor, method, offered=adapter.opens)
        return shop

    async def choose_environment(self, shop: Shop, actor: Member, method: str, environment: str) -> Shop:
        """Use the provider's live or its sandbox site from now on; raises NotFound or BadInput."""
        adapter = self._adapters.of(method)
        if adapter.site.sandbox is None or environment not in {"live", "sandbox"}:
            raise BadInput("environment", "not_allowed")

        def elsewhere(known: ProviderKeys | None) -> ProviderKeys:
            if known is None:
                raise NotFound("provider")
            return known.model_copy(update={"environment": environment})

        await self._store(shop, actor, adapter, "provider.environment", elsewhere)
        return shop

    async def offer(self, shop: Shop, actor: Member, method: str, *, offered: bool) -> Shop:
        """Offer the method at checkout, or no longer; what is under way goes on.

        Raises NotFound, BadInput for one that is closed, ChangedMeanwhile when nobody lets it come through.
        """
        adapter = self._adapters.of(method)
        if offered and not adapter.opens:
            raise BadInput("payment_method", "not_allowed")
        if offered:
            await self._read(shop.id, adapter.name)
        for _ in range(_TRIES):
            now = await self._shops.of_tenant(shop.id)
            try:
                return await self._offer(now, actor, adapter.descriptor.value, offered=offered)
            except ChangedMeanwhile:
                # Whatever else was changed stands: one method more or less does not touch it.
                continue
        raise ChangedMeanwhile

    async def _offer(self, shop: Shop, actor: Member, value: PaymentMethod, *, offered: bool) -> Shop:
        enabled = list(shop.config.enabled_payment_methods)
        if offered == (value in enabled):
            return shop
        wanted = [*enabled, value] if offered else [each for each in enabled if each is not value]
        return await self._shops.configure(shop, actor, enabled_payment_methods=wanted)

    async def remove(self, shop: Shop, actor: Member, method: str) -> Shop:
        """Forget the keys: nothing is offered, and nothing the provider delivers is accepted any more."""
        adapter = self._adapters.of(method)
        shop = await self.offer(shop, actor, method, offered=False)
        await self._store(shop, actor, adapter, "provider.remove", lambda _: None)
        return shop

    async def test(self, shop: Shop, method: str) -> None:
        """Ask the provider for something harmless; raises NotFound, WrongKeys, Declined or Unavailable."""
        adapter = self._adapters.of(method)
        await adapter.test(await self._read(shop.id, adapter.name))

    async def _store(
        self, shop: Shop, actor: Member, adapter: AnyProcessor, action: str, renew: Renew
    ) -> bool:
        """Put other keys in place of those that are known, if they can be read; whether there were none."""

        async def work(tx: Tx) -> bool:
            stored = await Provider.of(self._db, shop.id, adapter.name, tx=tx)
            active = stored is not None and stored.is_active
            keys = renew(self._opened(stored, adapter) if stored is not None and active else None)
            if keys is None and not active:
                return True
            config = self._sealed(shop.id, adapter.name, keys) if keys is not None else {}
            shown = {"environment": keys.environment, **masked(keys)} if keys is not None else {}
            now = await Provider.put(self._db, shop.id, adapter.name, config, active=keys is not None, tx=tx)
            await self._audit.record(shop.id, actor, action, now, after=shown, tx=tx)
            return not active

        first = await transact(self._db, work)
        self._remembered.forget()
        return first

    def _view(
        self,
        shop: Shop,
        adapter: AnyProcessor,
        stored: Provider | None,
        last_event: WebhookEvent | None = None,
    ) -> ProviderView:
        active = stored is not None and stored.is_active
        keys = self._opened(stored, adapter) if stored is not None and active else None
        method: PaymentMethod = adapter.descriptor.value
        return ProviderView(
            descriptor=adapter.descriptor,
            name=adapter.name,
            company=adapter.company,
            fields=key_fields(adapter.keys),
            configured=active,
            readable=keys is not None,
            offered=method in shop.config.enabled_payment_methods,
            opens=adapter.opens,
            down=adapter.down(),
            environment=keys.environment if keys else "live",
            plays=keys is not None and keys.plays,
            has_sandbox=adapter.site.sandbox is not None,
            fits_currency=adapter.currencies is None or shop.currency in adapter.currencies,
            values=masked(keys) if keys else {},
            webhook_url=self._links.webhook_url(adapter.name, shop.id),
            subscribe=adapter.subscribe,
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

    def _opened(self, stored: Provider, adapter: AnyProcessor) -> ProviderKeys | None:
        values: dict[str, Any] = {}
        try:
            for field in key_fields(adapter.keys):
                value = stored.config.get(field.key)
                if field.secret and value is not None:
                    about = _about(stored.tenant_id or "", adapter.name, field.key)
                    value = self._vault.open(value, about=about)
                if value is not None:
                    values[field.key] = value
            return adapter.keys(environment=stored.config.get("environment", "live"), **values)
        except (VaultShut, ValidationError):
            return None


def _about(tenant_id: str, name: str, key: str) -> str:
    return f"{tenant_id}/{name}/{key}"
