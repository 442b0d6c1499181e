"""Signs up for every owed effect, and makes up for roles when a member comes back."""

import nextcord
from nextcord.ext import commands

from cogs._effects.celebrations import Celebrations
from cogs._effects.customers import CustomerNotices
from cogs._effects.failing import failing
from cogs._effects.imports import ImportResults
from cogs._effects.role_checks import RoleChecks
from cogs._effects.roles import RoleGrants
from cogs._effects.staff import StaffCalls
from cogs._effects.stock_offers import StockOffers
from cogs._ui.desk import Desk
from models.errors import NoShop
from models.member import Member
from models.outbox import OutboxEffect
from services import Services
from services.effects import EffectKind
from services.worker import Handler


class Effects(commands.Cog):
    """The outbox's way to Discord."""

    def __init__(self, bot: commands.Bot, services: Services) -> None:
        self._services = services
        staff = StaffCalls(bot, services)
        roles = RoleGrants(bot, services)
        self._handlers: dict[EffectKind, Handler] = {
            EffectKind.ROLE_GRANT: roles.grant,
            EffectKind.ROLE_REVOKE: roles.revoke,
            EffectKind.ROLE_CHECK: RoleChecks(bot, services).check,
            EffectKind.CUSTOMER_NOTICE: CustomerNotices(bot, services).tell,
            EffectKind.STAFF_CLAIM: staff.claim,
            EffectKind.STAFF_DECIDED: staff.decided,
            EffectKind.STAFF_ALERT: staff.alert,
            EffectKind.INVOICE_NUMBER: self._number,
            EffectKind.FUND_CELEBRATE: Celebrations(bot, services).celebrate,
            EffectKind.STOCK_OFFER: StockOffers(bot, services).tell,
            EffectKind.IMPORT_RESULT: ImportResults(bot, services).tell,
        }
        for kind, handler in self._handlers.items():
            services.worker.register(kind, handler)

    def cog_unload(self) -> None:
        for kind in self._handlers:
            self._services.worker.unregister(kind)

    async def _number(self, effect: OutboxEffect) -> str:
        with failing():
            return await self._services.invoices.assign_number(effect.tenant_id, effect.payload["orderId"])

    @commands.Cog.listener()
    async def on_member_join(self, joined: nextcord.Member) -> None:
        """Owe a member who came back the roles they had bought."""
        try:
            shop = await self._services.shops.of_guild(str(joined.guild.id))
        except NoShop:
            return
        member = Member(str(joined.id), joined.name, joined.display_name)
        await self._services.delivery.rejoined(shop, member)


def setup(bot: commands.Bot, services: Services, desk: Desk) -> None:  # noqa: ARG001 - every cog gets both
    """Add the cog."""
    bot.add_cog(Effects(bot, services))
