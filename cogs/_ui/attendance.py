"""Attending to one interaction: whatever becomes of the handler, the person gets an answer."""

import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any

import nextcord

from cogs._ui import wire
from cogs._ui.answer import Answer, Stage
from cogs._ui.card import Button
from cogs._ui.fault import told
from cogs._ui.form import filled
from cogs._ui.guilds import Guilds
from cogs._ui.person import member_of
from cogs._ui.refusals import mentioned, sentence
from cogs._ui.refused import refused
from cogs._ui.role_names import RoleName, role_names_in_dm
from cogs._ui.second_try import SecondTries
from cogs._ui.target import Target, guild_prefix
from cogs._ui.text import cut
from cogs._ui.visit import Kind, Visit
from cogs._ui.words import Words
from models.correlation import correlated
from models.errors import AlreadyExists, BadInput, RecordsAway, ShopError
from models.transaction import away
from services import Services
from services.pace import Cost

log = logging.getLogger(__name__)

type Step = Callable[[Visit], Awaitable[None]]


class Attendance:
    """One interaction from its arrival to its last word."""

    def __init__(
        self,
        interaction: nextcord.Interaction[Any],
        kind: Kind,
        action: str,
        guild_id: str | None,
        *,
        known: bool,
        attended: int,
    ) -> None:
        self._started = time.perf_counter()
        self._interaction = interaction
        self._kind = kind
        self._action = action
        # What is counted must have few names, and anybody can send a forged one.
        self._known = action if known else "unknown"
        self._guild_id = str(interaction.guild_id) if interaction.guild_id else guild_id
        self._words = Words.of(interaction.locale)
        self._answer = Answer(
            interaction,
            defers=kind is not Kind.SUGGEST,
            quietly=interaction.message is not None,
            attended=attended,
        )
        interaction.attached["answer"] = self._answer

    async def run(
        self,
        step: Step,
        bot: nextcord.Client,
        services: Services,
        guilds: Guilds,
        reference: Callable[[], str],
    ) -> None:
        """Let the handler work, then see to it that the person was answered.

        What it owes to the outside carries the reference with it, so that one word finds the whole story.
        """
        with correlated(reference()) as code:
            await self._run(step, bot, services, guilds, code)

    async def _run(
        self, step: Step, bot: nextcord.Client, services: Services, guilds: Guilds, code: str
    ) -> None:
        outcome, visit = "done", None
        try:
            try:
                self._admit(services)
                visit = await self._visit(bot, services, guilds)
                await step(visit)
                await self._settle()
            except ShopError as refusal:
                outcome = type(refusal).__name__
                await self._refuse(refusal, guilds, counter=visit is not None and visit.behind_counter)
        except Exception as error:  # noqa: BLE001 - the last word: it is logged and answered
            outcome = await self._last_word(error, code)
        finally:
            await self._answer.close()
        spent = time.perf_counter() - self._started
        services.meters.interaction(self._kind.name.lower(), self._known, outcome, spent)
        fields = {"action": self._action, "outcome": outcome, "ms": round(spent * 1000, 1)}
        log.info("interaction", extra=fields)

    def _admit(self, services: Services) -> None:
        """Let this person take a step; raises TooFast for one who sends a flood of them."""
        if self._interaction.user is not None:
            cost = Cost.SUGGEST if self._kind is Kind.SUGGEST else Cost.CLICK
            services.pace.click(str(self._interaction.user.id), cost)

    async def _visit(self, bot: nextcord.Client, services: Services, guilds: Guilds) -> Visit:
        return Visit(
            self._interaction,
            kind=self._kind,
            bot=bot,
            services=services,
            guilds=guilds,
            words=self._words,
            member=await member_of(self._interaction, bot, self._guild_id),
            guild_id=self._guild_id or "",
            answer=self._answer,
        )

    async def _role_names(self, guilds: Guilds) -> RoleName:
        if self._interaction.guild_id is not None or self._guild_id is None:
            return mentioned
        try:
            return await role_names_in_dm(guilds, self._guild_id)
        except wire.FAILED:
            # The refusal matters more than what its role is called.
            return mentioned

    async def _settle(self) -> None:
        stage = self._answer.stage
        if stage not in (Stage.NOTHING, Stage.WAITING):
            return
        if stage is Stage.NOTHING and self._interaction.message is not None:
            await self._answer.acknowledge()
        else:
            await self._tell(self._words("Done."))

    async def _refuse(self, refusal: ShopError, guilds: Guilds, *, counter: bool) -> None:
        card = refused(refusal, self._words, await self._role_names(guilds), counter=counter)
        if again := self._second_try(refusal):
            card.rows = [again, *card.rows]
        in_dm = self._interaction.guild_id is None and self._guild_id is not None
        await self._say(card.payload(guild_prefix(self._guild_id or "") if in_dm else None))

    def _second_try(self, refusal: ShopError) -> list[Button]:
        """A way back into a form that was refused for what was typed."""
        user, data = self._interaction.user, wire.data_of(self._interaction)
        if self._kind is not Kind.FORM or user is None or not isinstance(refusal, BadInput | AlreadyExists):
            return []
        tries: SecondTries = self._interaction.attached["tries"]
        kept = tries.refused((self._guild_id or "", str(user.id)), str(data.get("custom_id")), filled(data))
        return [Button(self._words("Correct it"), Target("form:again"), "primary")] if kept else []

    async def _tell(self, text: str) -> None:
        await self._say({"content": cut(text, 2000), "allowed_mentions": {"parse": []}})

    async def _say(self, payload: dict[str, Any]) -> None:
        if self._kind is Kind.SUGGEST:
            await self._answer.choices([])
        else:
            await self._answer.fresh(payload)

    async def _last_word(self, error: Exception, code: str) -> str:
        """Answer what is no refusal; the outcome in a word."""
        if away(error):
            # No bug of ours, and there will be a line for every click.
            log.warning("database_away", extra={"action": self._action, "error": type(error).__name__})
            await self._apologise(sentence(RecordsAway(), self._words))
            return "database_away"
        found = {"action": self._action, "reference": code, "traceback": told(error)}
        log.error("interaction_failed", extra=found)
        await self._apologise(
            self._words(
                "Something went wrong on our side. Please try again; "
                "if it happens again, tell the staff this code: `{reference}`",
                reference=code,
            )
        )
        return "failed"

    async def _apologise(self, said: str) -> None:
        try:
            await self._tell(said)
        except wire.FAILED as error:
            log.warning("apology_failed", extra={"action": self._action, "error": type(error).__name__})
