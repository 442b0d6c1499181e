"""Signs up for every owed effect, and makes up for roles when a member comes back."""

import nextcord
from nextcord.ext import commands

from cogs._effects.celebrations import Celebrations
from cogs._effects.customers import CustomerNotices
from cogs._effects.failing import failing
from cogs._effects.imports import ImportResults
from cogs._effects.index_results import IndexResults
from cogs._effects.letters import Letters
from cogs._effects.owners import OwnerNotices
from cogs._effects.role_checks import RoleChecks
from cogs._effects.roles import RoleGrants
from cogs._effects.staff import StaffCalls
from cogs._effects.stock_offers import StockOffers
from cogs._ui.desk import Desk
from cogs._ui.guilds import Guilds
from models.errors import NoShop
from models.member import Member
from models.outbox import OutboxEffect
from services import Services
from services.absences import AWAY
from services.discord_throttle import FOR_DISCORD, RESTS
from services.effects import EffectKind
from services.worker import Beforehand, EffectWaits, Handler, nothing

# What nobody can do while the bot is out of the shop's server; an alert looks itself, after its e-mail.
_IN_GUILD = frozenset(
    {
        EffectKind.ROLE_GRANT,
        EffectKind.ROLE_REVOKE,
        EffectKind.ROLE_CHECK,
        EffectKind.STAFF_CLAIM,
        EffectKind.STAFF_DECIDED,
        EffectKind.FUND_CELEBRATE,
    }
)


class Effects(commands.Cog):
    """The outbox's way to Discord."""

    def __init__(self, bot: commands.Bot, services: Services, guilds: Guilds) -> None:
        self._services = services
        self._guilds = guilds
        staff = StaffCalls(bot, services, guilds)
        roles = RoleGrants(bot, services, guilds)
        letters = Letters(services, guilds)
        self._handlers: dict[EffectKind, Handler] = {
            EffectKind.ROLE_GRANT: roles.grant,
            EffectKind.ROLE_REVOKE: roles.revoke,
            EffectKind.ROLE_CHECK: RoleChecks(bot, services).check,
            EffectKind.CUSTOMER_NOTICE: CustomerNotices(bot, services, guilds).tell,
            EffectKind.STAFF_CLAIM: staff.claim,
            EffectKind.STAFF_DECIDED: staff.decided,
            EffectKind.STAFF_ALERT: staff.alert,
            EffectKind.INVOICE_NUMBER: self._number,
            EffectKind.FUND_CELEBRATE: Celebrations(bot, services, guilds).celebrate,
            EffectKind.STOCK_OFFER: StockOffers(bot, services).tell,
            EffectKind.IMPORT_RESULT: ImportResults(bot, services).tell,
            EffectKind.OWNER_NOTICE: OwnerNotices(bot, services).tell,
            EffectKind.INDEXES_MAKE: IndexResults(bot, services).tell,
        }
        # What needs no Discord.
        before: dict[EffectKind, Beforehand] = {
            EffectKind.CUSTOMER_NOTICE: letters.about_notice,
            EffectKind.STAFF_ALERT: letters.about_alert,
            EffectKind.INDEXES_MAKE: services.index_work.make,
        }
        for kind, handler in self._handlers.items():
            made = self._once_there(handler) if kind in _IN_GUILD else handler
            asks = kind is not EffectKind.INVOICE_NUMBER
            reached = self._throttled(made) if asks else made
            services.worker.register(kind, reached, beforehand=before.get(kind, nothing))

    def cog_unload(self) -> None:
        for kind in self._handlers:
            self._services.worker.unregister(kind)

    def _throttled(self, handler: Handler) -> Handler:
        """Ask nothing of a Discord that is away or has had enough of us; make up for it when it is back."""
        throttle = self._services.throttle

        async def asked(effect: OutboxEffect) -> str | None:
            if pause := throttle.pause():
                raise EffectWaits(RESTS, pause)
            outcome = await handler(effect)
            if throttle.came_back():
                await self._services.worker.resume(*FOR_DISCORD)
            return outcome

        return asked

    def _once_there(self, handler: Handler) -> Handler:
        async def there(effect: OutboxEffect) -> str | None:
            if not await self._services.absences.away(effect.tenant_id):
                return await handler(effect)
            if effect.kind == EffectKind.ROLE_CHECK:
                # Tomorrow's would only overtake it.
                return AWAY
            raise EffectWaits(AWAY)

        return there

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
        present = (await self._guilds.seen(str(joined.guild.id))).roles
        await self._services.delivery.rejoined(shop, member, present)


def setup(bot: commands.Bot, services: Services, desk: Desk) -> None:
    """Add the cog."""
    bot.add_cog(Effects(bot, services, desk.guilds))
