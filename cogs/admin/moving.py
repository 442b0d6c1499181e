"""Taking the shop to another server: allowed from /admin people user, ended by /admin setup there."""

from cogs._ui.desk import Visit, click, submit
from cogs._ui.target import Target
from cogs.admin import _moving_card as cards
from cogs.admin._claiming import require_claim
from cogs.admin._root import Section, chosen
from models.errors import OwnerOnly
from services.access import Permission
from services.shops import Shop


class Departures(Section):
    """In the old server, for the shop's owner alone, whoever owns the server."""

    needs = Permission.USER_MANAGE

    @click("move:ask")
    async def ask(self, visit: Visit) -> None:
        await self._show(visit, await self._own(visit))

    @click("move:offer")
    async def ask_name(self, visit: Visit) -> None:
        await visit.form(cards.name_form(await self._own(visit), Target("move:offer"), visit.words))

    @submit("move:offer")
    async def offer(self, visit: Visit) -> None:
        shop, typed = await self._own(visit), visit.fields.get("typed", "")
        await self._show(visit, await self.services.moving.offer(shop, visit.member, typed))

    @click("move:withdraw")
    async def withdraw(self, visit: Visit) -> None:
        shop = await self._own(visit)
        await self._show(visit, await self.services.moving.withdraw(shop, visit.member))

    async def _own(self, visit: Visit) -> Shop:
        shop = await visit.shop()
        if visit.member.discord_id != shop.tenant.owner_user_id:
            raise OwnerOnly
        return shop

    async def _show(self, visit: Visit, shop: Shop) -> None:
        behind = await self.services.moving.left_behind(shop)
        await visit.show(cards.start_card(shop, behind, visit.words))


class Arrivals(Section):
    """In the new server, which has no shop whose keys could be asked for: who may claim it, may do this."""

    needs = None

    @click("move:here")
    async def here(self, visit: Visit) -> None:
        await require_claim(visit)
        movable = await self.services.moving.one(visit.member, chosen(visit))
        behind = await self.services.moving.left_behind(movable.shop)
        await visit.show(cards.arrive_card(movable, behind, visit.words))

    @click("move:take")
    async def ask_name(self, visit: Visit, tenant_id: str) -> None:
        await require_claim(visit)
        movable = await self.services.moving.one(visit.member, tenant_id)
        await visit.form(cards.name_form(movable.shop, Target("move:take", tenant_id), visit.words))

    @submit("move:take")
    async def take(self, visit: Visit, tenant_id: str) -> None:
        await require_claim(visit)
        movable = await self.services.moving.one(visit.member, tenant_id)
        behind = await self.services.moving.left_behind(movable.shop)
        typed = visit.fields.get("typed", "")
        shop = await self.services.moving.move(visit.member, tenant_id, visit.guild_id, typed)
        await visit.show(cards.moved_card(shop, behind, visit.words))
