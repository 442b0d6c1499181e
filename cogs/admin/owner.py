"""Who owns and administers the shop; reached from /admin people user."""

from cogs._ui.desk import Visit, click, submit
from cogs.admin import _owner_card as cards
from cogs.admin._rights import picked
from cogs.admin._root import Section, chosen
from models.errors import OwnerOnly
from services.access import Permission


class Owners(Section):
    """Everybody with the key may look; what is clicked is for the owner alone."""

    needs = Permission.USER_MANAGE

    @click("owner:show")
    async def show(self, visit: Visit) -> None:
        await visit.show(cards.owner_card((await visit.shop()).tenant, visit.words))

    @click("owner:admin")
    async def make_admin(self, visit: Visit) -> None:
        shop, member = await visit.shop(), picked(visit)
        changed = await self.services.ownership.make_admin(shop, visit.member, member.discord_id)
        await visit.show(cards.owner_card(changed.tenant, visit.words))

    @click("owner:unadmin")
    async def unmake_admin(self, visit: Visit) -> None:
        shop = await visit.shop()
        changed = await self.services.ownership.unmake_admin(shop, visit.member, chosen(visit))
        await visit.show(cards.owner_card(changed.tenant, visit.words))

    @click("owner:new")
    async def choose_owner(self, visit: Visit) -> None:
        member, shop = picked(visit), await visit.shop()
        if visit.member.discord_id != shop.tenant.owner_user_id:
            raise OwnerOnly
        await visit.show(cards.hand_over_card(member.discord_id, visit.words))

    @click("owner:give")
    async def ask_again(self, visit: Visit, discord_id: str) -> None:
        await visit.form(cards.hand_over_form(discord_id, visit.words))

    @submit("owner:give")
    async def hand_over(self, visit: Visit, discord_id: str) -> None:
        shop, typed = await visit.shop(), visit.fields.get("typed", "")
        changed = await self.services.ownership.hand_over(shop, visit.member, discord_id, typed)
        await visit.show(cards.owner_card(changed.tenant, visit.words))
