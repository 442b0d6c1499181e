"""Users of the platform as staff see them; one is made the first time somebody asks for a member."""

from dataclasses import dataclass

from pymongo.errors import DuplicateKeyError

from models.access import Identity, Role, User, roles_of
from models.base import Db, Tx, searchable, transact
from models.customer import Customer
from models.member import Member
from models.required import required
from services.audit import Audit
from services.paging import MOST_FOUND, PEOPLE, PeoplePage, bounded
from services.shops import Shop

DISCORD = "discord"


@dataclass(frozen=True)
class UserView:
    """A user with their accounts, roles and customer record, and whether they own or administer the shop."""

    user: User
    identities: list[Identity]
    roles: list[Role]
    customer: Customer | None
    owns: bool
    administers: bool


class UserDesk:
    """Finds users; what they may do is changed elsewhere."""

    def __init__(self, db: Db, audit: Audit) -> None:
        self._db = db
        self._audit = audit

    async def find(self, shop: Shop, query: str = "", page: int = 0) -> PeoplePage[User]:
        """Users by part of a name or by Discord id; without, all, by name."""
        if not searchable(query).strip():
            total = await User.how_many(self._db, shop.id)
            page, pages = bounded(page, total, PEOPLE)
            where, skip = {"tenantId": shop.id}, page * PEOPLE
            found = await User.find_all(self._db, where, sort="username", skip=skip, limit=PEOPLE)
            return PeoplePage(found, page, pages, total)
        found = await User.search(self._db, shop.id, query, limit=MOST_FOUND + 1)
        every = sorted(found, key=lambda each: (each.display_name.casefold(), each.key))
        return PeoplePage.of(every, page, cut=len(every) > MOST_FOUND)

    async def get(self, shop: Shop, user_id: str) -> User:
        """One of the shop's users; raises NotFound."""
        return required(await User.get(self._db, shop.id, user_id), "user")

    async def view(self, shop: Shop, user_id: str) -> UserView:
        """Everything about a user; raises NotFound."""
        user = await self.get(shop, user_id)
        customer = await Customer.of_person(self._db, shop.id, user.discord_id or "")
        return UserView(
            user=user,
            identities=await Identity.of_user(self._db, user),
            roles=await roles_of(self._db, user),
            customer=customer,
            owns=user.discord_id == shop.tenant.owner_user_id,
            administers=user.is_admin or user.discord_id in shop.tenant.admin_user_ids,
        )

    async def of_member(self, shop: Shop, actor: Member, member: Member) -> User:
        """The user that a member of the guild is, with today's names; made with its Discord identity."""
        names = {"username": member.username[:100], "displayName": member.display_name[:100]}

        async def work(tx: Tx) -> User:
            found = await User.of_discord(self._db, shop.id, member.discord_id, tx=tx)
            if found is None:
                return await self._make(shop, actor, member, tx)
            if (found.username, found.display_name) == tuple(names.values()):
                return found
            return await User.set_fields(self._db, found, names, tx=tx) or found

        try:
            return await transact(self._db, work)
        except DuplicateKeyError:  # another click made it at this moment
            return await transact(self._db, work)

    async def _make(self, shop: Shop, actor: Member, member: Member, tx: Tx) -> User:
        user = User(
            tenant_id=shop.id,
            username=member.username[:100],
            display_name=member.display_name[:100],
            discord_id=member.discord_id,
        )
        customer = await self._customer(shop, member, tx)
        if customer is not None:
            user.customer_id = user.primary_customer_id = customer.key
            if customer.user_id is None:
                await Customer.set_fields(self._db, customer, {"userId": user.key}, tx=tx)
        known = await Identity.of_account(self._db, shop.id, DISCORD, member.discord_id, tx=tx)
        if known is None:
            identity = Identity(
                user_id=user.key,
                tenant_id=shop.id,
                provider=DISCORD,
                provider_user_id=member.discord_id,
                profile={"username": member.username, "displayName": member.display_name},
            )
            await identity.insert(self._db, tx=tx)
        await self._audit.record(shop.id, actor, "user.create", user, tx=tx)
        return await user.insert(self._db, tx=tx)

    async def _customer(self, shop: Shop, member: Member, tx: Tx) -> Customer | None:
        """The kept record of this member, which nobody merges away before this transaction ends."""
        found = await Customer.find_one(
            self._db, {"tenantId": shop.id, "discordId": member.discord_id}, tx=tx
        )
        key = (found.merged_into or found.key) if found is not None else ""
        return await Customer.hold(self._db, shop.id, key, tx=tx)
