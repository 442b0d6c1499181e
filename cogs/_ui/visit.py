"""What a handler gets for a command, a click or a form: who came, from where, and how to answer."""

from collections.abc import Sequence
from enum import Enum, auto
from typing import Any

import nextcord

from cogs._ui import send
from cogs._ui.answer import Answer, Stage
from cogs._ui.card import Card
from cogs._ui.form import Filled, Form, filled
from cogs._ui.guilds import Guilds
from cogs._ui.refusals import GuildNeeded
from cogs._ui.second_try import SecondTries
from cogs._ui.target import guild_prefix
from cogs._ui.text import cut, label
from cogs._ui.wire import EPHEMERAL, data_of
from cogs._ui.words import Words
from models.errors import BadInput, NoShop
from models.member import Member
from models.tenant import ResponseMode
from services import Services
from services.access import Permission
from services.pace import Cost
from services.shops import Shop

_MAX_CHOICES = 25


class Kind(Enum):
    """What brought the person here."""

    COMMAND = auto()
    SUGGEST = auto()
    CLICK = auto()
    FORM = auto()


class Visit:
    """One person's one step, and every way to answer it; made anew for each interaction."""

    def __init__(
        self,
        interaction: nextcord.Interaction[Any],
        *,
        kind: Kind,
        bot: nextcord.Client,
        services: Services,
        guilds: Guilds,
        words: Words,
        member: Member,
        guild_id: str,
        answer: Answer,
    ) -> None:
        data = data_of(interaction)
        self.interaction = interaction
        self.kind = kind
        self.bot = bot
        self.services = services
        self.guilds = guilds
        self.words = words
        self.member = member
        self.guild_id = guild_id
        self.in_dm = interaction.guild_id is None
        self.values: list[str] = list(data.get("values", ()))
        self.fields = filled(data) if kind is Kind.FORM else Filled()
        self._answer = answer
        self._shop: Shop | None = None
        self._behind_counter = False

    @property
    def choice(self) -> str:
        """The one thing chosen in a menu; raises BadInput when a forged click chose nothing."""
        if not self.values:
            raise BadInput("choice", "required")
        return self.values[0]

    @property
    def behind_counter(self) -> bool:
        """Whether this person acts as staff here."""
        return self._behind_counter

    async def shop(self) -> Shop:
        """The shop of this guild; raises NoShop."""
        if self._shop is None:
            self._shop = await self.services.shops.of_guild(self.guild_id)
        return self._shop

    async def require(self, permission: Permission, *, unless: bool = False) -> None:
        """Let only staff with this permission pass; from here on all answers stay in the guild.

        `unless`: something else than the permission lets them in. Raises NotAllowed, and GuildNeeded in a
        DM, where neither roles nor channels of the guild are seen.
        """
        if not unless:
            await self.services.access.require(await self.shop(), self.member, permission)
        if self.in_dm:
            raise GuildNeeded
        self._behind_counter = True

    async def spend(self, cost: Cost) -> None:
        """Count something that costs much; raises TooFast. Ask for permission first: a server shares some."""
        await self.services.pace.spend(cost, self.guild_id, self.member.discord_id)

    def room(self, cost: Cost) -> None:
        """Return if one more of these is allowed; raises TooFast, and waits for nothing."""
        self.services.pace.room(cost, self.guild_id, self.member.discord_id)

    def note(self, cost: Cost, what: str) -> None:
        """Count one for which there was room; the same again counts once."""
        self.services.pace.note(cost, self.guild_id, self.member.discord_id, what)

    async def show(self, card: Card) -> None:
        """The next card: in the place of the one clicked, if it was this person's own, else a new one.

        A command's card goes by DM where the shop wants that. Show first, then say.
        """
        await self._dress(card, self.member.discord_id)
        if is_own(self.interaction):
            if not await self._answer.update(card.payload(self._prefix), card.pictures):
                await self._show_elsewhere(card)
        elif await self._by_dm():
            await self._show_by_dm(card)
        else:
            await self._answer.fresh(card.payload(self._prefix), card.pictures, is_card=True)

    async def reply(self, card: Card) -> None:
        """Another card in the message that was clicked, for everybody who sees it."""
        message = self.interaction.message
        if message is None or is_own(self.interaction):
            await self.show(card)
            return
        await self._dress(card, None)
        if not await self._answer.update(card.payload(), card.pictures):
            await send.edit(self.bot, str(message.channel.id), str(message.id), card)

    async def say(self, text: str) -> None:
        """A short answer that only this person sees; the card stays as it is."""
        await self._answer.fresh({"content": cut(text, 2000), "allowed_mentions": {"parse": []}})

    async def add(self, card: Card) -> None:
        """One more card, beside what is shown."""
        await self._answer.fresh(card.payload(self._prefix), card.pictures)

    @property
    def lost(self) -> bool:
        """Whether Discord takes no more answers here: a quarter of an hour is over."""
        return self._answer.stage is Stage.LOST

    async def form(self, form: Form) -> None:
        """Open a form, before anything else was answered."""
        payload = form.payload(self._prefix)
        if form.private:
            self._tries.forget(self._who)
        else:
            self._tries.shown(self._who, payload)
        await self._open(payload)

    async def form_again(self) -> None:
        """The form that was refused, with what was typed into it."""
        payload = self._tries.again(self._who)
        if payload is None:
            await self.say(self.words("I do not have what you typed any more. Please open the form again."))
        else:
            await self._open(payload)

    async def _open(self, payload: dict[str, Any]) -> None:
        if not await self._answer.form(payload):
            await self.say(self.words("That took too long to open. Please try again."))

    @property
    def _tries(self) -> SecondTries:
        tries: SecondTries = self.interaction.attached["tries"]
        return tries

    @property
    def _who(self) -> tuple[str, str]:
        return self.guild_id, self.member.discord_id

    async def choices(self, choices: Sequence[tuple[str, str]]) -> None:
        """Offer up to 25 choices, each a name and a value, for what is being typed."""
        named = [
            {"name": shown, "value": value} for name, value in choices if (shown := label(name, 100)).strip()
        ]
        await self._answer.choices(named[:_MAX_CHOICES])

    async def _dress(self, card: Card, discord_id: str | None) -> None:
        """Give a card the accent of who sees it: this person's theme, or the shop's for everybody."""
        if card.accent is not None or card.colour != "plain":
            return
        try:
            shop = await self.shop()
        except NoShop:
            return
        card.accent = await self.services.themes.accent(shop.config, discord_id)

    @property
    def _prefix(self) -> str | None:
        return guild_prefix(self.guild_id) if self.in_dm else None

    async def _by_dm(self) -> bool:
        if self.in_dm or self._behind_counter or self.interaction.message is not None:
            return False
        try:
            shop = await self.shop()
        except NoShop:
            return False
        return shop.config.response_mode is ResponseMode.DM

    async def _show_by_dm(self, card: Card) -> None:
        user_id, nonce = self.member.discord_id, str(self.interaction.id)
        try:
            await send.dm(self.bot, user_id, card, guild_id=self.guild_id, nonce=nonce)
        except send.Unreachable:
            hint = self.words(
                "I could not send you a direct message, so here it is. Please open your DMs for next time."
            )
            payload = card.payload()
            payload["content"] = cut(f"{hint}\n{payload['content']}".strip(), 2000)
            await self._answer.fresh(payload, card.pictures, is_card=True)
        else:
            await self.say(self.words("I have sent it to you as a direct message."))

    async def _show_elsewhere(self, card: Card) -> None:
        message = self.interaction.message
        if self.in_dm and message is not None:
            await send.edit_dm(self.bot, str(message.channel.id), str(message.id), card, self.guild_id)
        else:
            await self._answer.fresh(card.payload(self._prefix), card.pictures, is_card=True)


def is_own(interaction: nextcord.Interaction[Any]) -> bool:
    """Whether the clicked message is seen by this person only, so that it may turn into the next card."""
    message = interaction.message
    return message is not None and (interaction.guild_id is None or bool(message.flags.value & EPHEMERAL))
