"""The accounts of one person: Discord's come with the user, others are linked; their secrets are sealed."""

import re
from dataclasses import dataclass

from pymongo.errors import DuplicateKeyError

from models.access import Identity, User
from models.base import Db, Tx, transact
from models.customer import Customer
from models.errors import BadInput, ChangedMeanwhile
from models.member import Member
from models.required import required
from services.audit import Audit
from services.shops import Shop
from services.user_desk import DISCORD
from services.vault import Vault, VaultShut

MAX_ACCOUNTS, MAX_SECRETS = 20, 20
_SECRET_LENGTH = 4000
_SECRET_NAME = re.compile(r"[a-z0-9][a-z0-9_]{0,39}")


@dataclass(frozen=True)
class IdentitiesView:
    """A user's accounts; `belongs_to` is the user whom their own account was linked to, if it was.

    `to_merge` are pairs of customer records, the kept one first, that two of the accounts have.
    """

    user: User
    identities: list[Identity]
    belongs_to: User | None
    to_merge: list[tuple[Customer, Customer]]


class IdentityDesk:
    """A linked account tells who somebody is; it gives neither account the other's permissions."""

    def __init__(self, db: Db, *, audit: Audit, vault: Vault) -> None:
        self._db = db
        self._audit = audit
        self._vault = vault

    async def view(self, shop: Shop, user_id: str) -> IdentitiesView:
        """A user's accounts; raises NotFound."""
        user = await self._user(shop, user_id)
        own = await Identity.of_account(self._db, shop.id, DISCORD, user.discord_id or "")
        away = own is not None and own.user_id != user.key
        identities = await Identity.of_user(self._db, user)
        return IdentitiesView(
            user=user,
            identities=identities,
            belongs_to=await User.get(self._db, shop.id, own.user_id) if away and own else None,
            to_merge=await self._to_merge(shop, user, identities),
        )

    async def _to_merge(
        self, shop: Shop, user: User, identities: list[Identity]
    ) -> list[tuple[Customer, Customer]]:
        kept = await Customer.of_person(self._db, shop.id, user.discord_id or "")
        ids = [each.provider_user_id for each in identities if each.provider == DISCORD]
        others = [await Customer.of_person(self._db, shop.id, key) for key in ids]
        return [(kept, each) for each in others if kept and each and each.key != kept.key]

    async def get(self, shop: Shop, user_id: str, identity_id: str) -> tuple[User, Identity]:
        """One account of a user; raises NotFound."""
        return await self._pair(shop, user_id, identity_id, None)

    async def link(self, shop: Shop, actor: Member, user_id: str, account: Member) -> Identity:
        """Note that another Discord account is the same person's.

        Raises NotFound, and BadInput for an account that is linked already or has others linked to it.
        """

        async def work(tx: Tx) -> Identity:
            user = await self._held(shop, user_id, tx)
            if len(await Identity.of_user(self._db, user, tx=tx)) >= MAX_ACCOUNTS:
                raise BadInput("accounts", "too_many", MAX_ACCOUNTS)
            known = await Identity.of_account(self._db, shop.id, DISCORD, account.discord_id, tx=tx)
            identity = await self._moved(shop, user, account, known, tx)
            after = {"provider": DISCORD, "providerUserId": account.discord_id}
            await self._audit.record(shop.id, actor, "identity.link", user, after=after, tx=tx)
            return identity

        try:
            return await transact(self._db, work)
        except DuplicateKeyError:  # another click made its record at this moment
            return await transact(self._db, work)

    async def _moved(
        self, shop: Shop, user: User, account: Member, known: Identity | None, tx: Tx
    ) -> Identity:
        if known is None:
            fresh = Identity(
                user_id=user.key,
                tenant_id=shop.id,
                provider=DISCORD,
                provider_user_id=account.discord_id,
                profile={"username": account.username, "displayName": account.display_name},
            )
            return await fresh.insert(self._db, tx=tx)
        if known.user_id == user.key:
            raise BadInput("account", "linked_here")
        other = await self._held(shop, known.user_id, tx)
        if other.discord_id != account.discord_id:
            raise BadInput("account", "linked_elsewhere")
        if len(await Identity.of_user(self._db, other, tx=tx)) > 1:
            raise BadInput("account", "has_accounts")
        return await self._set(known, {"userId": user.key}, tx)

    async def unlink(self, shop: Shop, actor: Member, user_id: str, identity_id: str) -> None:
        """Take an account from a person; raises NotFound, and BadInput for the user's own account.

        A Discord account goes back to its own user where there is one; any other is forgotten.
        """

        async def work(tx: Tx) -> None:
            user, identity = await self._pair(shop, user_id, identity_id, tx)
            await self._held(shop, user.key, tx)
            if (identity.provider, identity.provider_user_id) == (DISCORD, user.discord_id):
                raise BadInput("account", "own_account")
            own = await User.of_discord(self._db, shop.id, identity.provider_user_id, tx=tx)
            if identity.provider == DISCORD and own is not None:
                await self._held(shop, own.key, tx)
                await self._set(identity, {"userId": own.key}, tx)
            else:
                await Identity.remove(self._db, identity, tx=tx)
            before = {"provider": identity.provider, "providerUserId": identity.provider_user_id}
            await self._audit.record(shop.id, actor, "identity.unlink", user, before=before, tx=tx)

        await transact(self._db, work)

    async def keep_secret(
        self, shop: Shop, actor: Member, user_id: str, identity_id: str, name: str, value: str
    ) -> Identity:
        """Seal a secret of an account under a name, or forget it when the value is empty.

        What else the account holds is sealed anew, under the newest secret of the installation. Raises
        NotFound and BadInput.
        """
        named = name.strip().lower()
        if not _SECRET_NAME.fullmatch(named):
            raise BadInput("secret_name", "example", "refresh_token")
        if len(value) > _SECRET_LENGTH:
            raise BadInput("secret", "length", _SECRET_LENGTH)

        async def work(tx: Tx) -> Identity:
            user, identity = await self._pair(shop, user_id, identity_id, tx)
            kept = {key: self._anew(identity, key, each) for key, each in (identity.secrets or {}).items()}
            known = kept.pop(named, None)
            if value:
                kept[named] = self._vault.seal(value, about=_about(identity, named))
            if len(kept) > MAX_SECRETS:
                raise BadInput("secrets", "too_many", MAX_SECRETS)
            act = "identity.secret" if value else "identity.secret_forget"
            before = {"name": named, "set": known is not None}
            after = {"name": named, "set": bool(value), "identity": identity.key}
            await self._audit.record(shop.id, actor, act, user, before=before, after=after, tx=tx)
            return await self._set(identity, {"secrets": kept or None}, tx)

        return await transact(self._db, work)

    def secret(self, identity: Identity, name: str) -> str | None:
        """What is kept under a name, for whoever logs in at the provider; raises VaultShut."""
        sealed = (identity.secrets or {}).get(name)
        return None if sealed is None else self._vault.open(str(sealed), about=_about(identity, name))

    def _anew(self, identity: Identity, name: str, sealed: object) -> object:
        about = _about(identity, name)
        try:
            return self._vault.seal(self._vault.open(str(sealed), about=about), about=about)
        except VaultShut:
            # The installation's secret was lost; it stays until it is entered anew.
            return sealed

    async def _pair(self, shop: Shop, user_id: str, identity_id: str, tx: Tx | None) -> tuple[User, Identity]:
        user = await self._user(shop, user_id, tx)
        identity = required(await Identity.get_of(self._db, user, identity_id, tx=tx), "account")
        return user, identity

    async def _user(self, shop: Shop, user_id: str, tx: Tx | None = None) -> User:
        return required(await User.get(self._db, shop.id, user_id, tx=tx), "user")

    async def _held(self, shop: Shop, user_id: str, tx: Tx) -> User:
        """A user whose accounts nobody else moves before this transaction ends."""
        return required(await User.hold(self._db, shop.id, user_id, tx=tx), "user")

    async def _set(self, identity: Identity, fields: dict[str, object], tx: Tx) -> Identity:
        changed = await Identity.set_fields(self._db, identity, fields, tx=tx)
        if changed is None:
            raise ChangedMeanwhile
        return changed


def _about(identity: Identity, name: str) -> str:
    return f"identity:{identity.tenant_id}:{identity.key}:{name}"
