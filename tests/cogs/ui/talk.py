"""A small cog that answers in every way there is, for the tests of this room."""

import asyncio
from typing import Any

import nextcord
from nextcord import SlashOption

from cogs._ui.card import Button, Card, Option, PickRole, Picture, Select
from cogs._ui.desk import ShopCog, Visit, click, command_answer, submit, suggest
from cogs._ui.form import Form, Input
from cogs._ui.send import post
from cogs._ui.target import Target
from models.errors import OutOfStock
from services.access import Permission

PNG = b"\x89PNG not really"


def page(number: int, text: str = "") -> Card:
    """A numbered card with a button for everything."""
    ways = ("say", "bug", "refuse", "silent", "both", "counter", "whisper", "late")
    buttons = [Button(way, Target(f"talk:{way}")) for way in ways]
    roles = PickRole("Choose a role", Target("talk:role"))
    colours = Select("Choose", Target("talk:chosen"), [Option("Red", "r"), Option("Blue", "b")], 1, 2)
    first = [Button("Next", Target("talk:page", number + 1)), Button("Rename", Target("talk:rename"))]
    return Card(f"Page {number}", text, rows=[first, buttons[:5], buttons[5:], colours, roles])


class Broken(nextcord.OptionConverter):
    """An option that cannot be read."""

    async def convert(self, interaction: nextcord.Interaction[Any], value: Any) -> Any:
        raise RuntimeError(f"cannot read {value!r} of {interaction.id}")


class Talk(ShopCog):
    """Commands, clicks and forms of the tests."""

    seen: Visit | None = None

    @nextcord.slash_command(name="talk", description="Talks")
    async def talk(self, interaction: nextcord.Interaction[Any]) -> None:
        """Never runs: it only holds the others."""

    @talk.subcommand(description="Shows a card")
    @command_answer
    async def show(
        self, visit: Visit, text: str = SlashOption(default="", required=False), times: int = 1
    ) -> None:
        self.seen = visit
        for number in range(times):
            await visit.show(page(number, text))

    @show.on_autocomplete("text")
    @suggest
    async def texts(self, visit: Visit, text: str, times: int | None) -> None:
        if text == "bug":
            raise RuntimeError
        if text == "refuse":
            raise OutOfStock("Mug", 0)
        if text != "silent":
            await visit.choices([(f"{text} {at} of {times}" * 30, str(at)) for at in range(30)])

    @talk.subcommand(description="Says something, then shows a card")
    @command_answer
    async def both(self, visit: Visit) -> None:
        await visit.say("First this.")
        await visit.show(page(1))
        await visit.show(page(2))

    @talk.subcommand(description="Takes its time")
    @command_answer
    async def slow(self, visit: Visit, seconds: float, way: str = "show") -> None:
        await asyncio.sleep(seconds)
        if way == "bug":
            raise RuntimeError
        if way == "form":
            await visit.form(Form("Late", Target("talk:renamed"), [Input("name", "Name")]))
        elif way == "say":
            await visit.say("At last.")
        elif way == "show":
            await visit.show(page(1, "At last."))

    @talk.subcommand(description="Opens a form")
    @command_answer
    async def form(self, visit: Visit) -> None:
        await visit.form(Form("Rename", Target("talk:renamed"), [Input("name", "Name", "Ada")]))

    @talk.subcommand(description="Shows a picture")
    @command_answer
    async def picture(self, visit: Visit, seconds: float = 0.0) -> None:
        await asyncio.sleep(seconds)
        await visit.show(Card("Pay", pictures=[Picture("qr.png", PNG)]))

    @talk.subcommand(description="Posts a card for everybody")
    @command_answer
    async def post(self, visit: Visit) -> None:
        await post(self.bot, str(visit.interaction.channel_id), page(7), nonce=str(visit.interaction.id))
        await visit.say("Posted.")

    @talk.subcommand(description="Only for staff")
    @command_answer
    async def staff(self, visit: Visit) -> None:
        await visit.require(Permission.PAYMENT_APPROVE)
        await visit.show(page(1, "behind the counter"))

    @talk.subcommand(description="Has an option that cannot be read")
    @command_answer
    async def broken(self, visit: Visit, text: Broken) -> None:
        await visit.say(str(text))

    @talk.subcommand(description="Says nothing")
    @command_answer
    async def silent(self, visit: Visit) -> None:
        self.seen = visit

    @nextcord.slash_command(description="Answers as nextcord does")
    async def native(self, interaction: nextcord.Interaction[Any]) -> None:
        await interaction.response.send_message("Native.", ephemeral=True)

    @click("talk:page")
    async def turn(self, visit: Visit, number: str) -> None:
        self.seen = visit
        await visit.show(page(int(number), f"for {visit.member.display_name}"))

    @click("talk:rename")
    async def rename(self, visit: Visit) -> None:
        await visit.form(Form("Rename", Target("talk:renamed"), [Input("name", "Name", "Ada")]))

    @submit("talk:renamed")
    async def renamed(self, visit: Visit) -> None:
        await visit.show(page(1, f"called {visit.fields['name']}"))

    @click("talk:say")
    async def speak(self, visit: Visit) -> None:
        await visit.say("Just so you know.")

    @click("talk:both")
    async def show_and_say(self, visit: Visit) -> None:
        await visit.say("Said first.")
        await visit.show(page(3))
        await visit.reply(page(4))

    @click("talk:late")
    async def late(self, visit: Visit) -> None:
        await asyncio.sleep(1.4)
        await visit.reply(page(5))
        await visit.show(page(6))

    @click("talk:whisper")
    async def whisper(self, visit: Visit) -> None:
        await visit.reply(page(8, "for all"))
        await visit.show(page(9, "for one"))

    @click("talk:counter")
    async def counter(self, visit: Visit) -> None:
        await visit.require(Permission.PAYMENT_APPROVE)
        await visit.reply(page(8, "approved"))

    @click("talk:bug")
    async def bug(self, _: Visit) -> None:
        raise RuntimeError("planted")

    @click("talk:refuse")
    async def refuse(self, _: Visit) -> None:
        raise OutOfStock("Mug", 2)

    @click("talk:silent")
    async def nothing(self, visit: Visit) -> None:
        self.seen = visit

    @click("talk:chosen")
    @click("talk:role")
    async def chosen(self, visit: Visit) -> None:
        await visit.show(page(1, " and ".join(visit.values)))


class Guarded(ShopCog):
    """A cog whose commands nextcord itself refuses."""

    def cog_application_command_check(self, interaction: nextcord.Interaction[Any]) -> bool:
        return interaction.guild_id is None

    @nextcord.slash_command(description="Refused before it runs")
    @command_answer
    async def guarded(self, visit: Visit) -> None:
        await visit.say("Never said.")
