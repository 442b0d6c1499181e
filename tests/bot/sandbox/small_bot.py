"""A bot that touches everything a shop bot uses, in the smallest way."""

import asyncio
import io
from typing import Any

import nextcord
from nextcord.webhook.async_ import async_context

BUTTON, GREEN, LINK, TEXT = 2, 3, 5, 10


def row(*children: dict[str, Any]) -> dict[str, Any]:
    return {"type": 1, "components": list(children)}


def button(label: str, custom_id: str, **more: Any) -> dict[str, Any]:
    return {"type": BUTTON, "style": GREEN, "label": label, "custom_id": custom_id} | more


class SmallBot(nextcord.Client):
    """Answers a handful of commands; clicks are read in on_interaction."""

    def __init__(self, *, intents: nextcord.Intents) -> None:
        super().__init__(intents=intents)
        self.confirmed = 0
        self.seen_messages: list[str] = []
        self.resumes = 0
        self.failures: list[Exception] = []
        add_commands(self)

    async def on_resumed(self) -> None:
        self.resumes += 1

    async def on_application_command_error(self, _: nextcord.Interaction[Any], error: Exception) -> None:
        self.failures.append(error)

    async def on_message(self, message: nextcord.Message) -> None:
        self.seen_messages.append(message.content)

    async def answer(self, interaction: nextcord.Interaction[Any], kind: int, **data: Any) -> None:
        """Send a raw callback, as the shop does."""
        await async_context.get().create_interaction_response(
            interaction.id, interaction.token, session=interaction._session, type=kind, data=data
        )
        interaction.response._responded = True

    async def on_interaction(self, interaction: nextcord.Interaction[Any]) -> None:
        data: dict[str, Any] = dict(interaction.data or {})
        try:
            if interaction.type is nextcord.InteractionType.component:
                await self.on_press(interaction, data)
            elif interaction.type is nextcord.InteractionType.modal_submit:
                await self.on_form(interaction, data)
            else:
                await self.process_application_commands(interaction)
        except (nextcord.HTTPException, nextcord.ApplicationInvokeError) as error:
            self.failures.append(error)

    async def on_press(self, interaction: nextcord.Interaction[Any], data: dict[str, Any]) -> None:
        action = data["custom_id"].partition(":")[0]
        if action == "add":
            await self.answer(interaction, 7, content="Added", components=[])
        elif action == "pick":
            await self.answer(interaction, 7, content=f"Picked {','.join(data['values'])}")
        elif action == "code":
            await self.answer(interaction, 9, **code_form())
        elif action == "confirm":
            self.confirmed += 1
            await interaction.response.defer()
            await asyncio.sleep(0.01)
            await interaction.edit_original_message(content=f"Confirmed {self.confirmed}", view=None)
        elif action == "whisper":
            await interaction.response.send_message("only you", ephemeral=True)
        elif action == "approve" and interaction.message and interaction.channel:
            await interaction.response.defer()
            await interaction.message.edit(content="Approved", view=None)
        elif action == "who":
            await self.answer(interaction, 9, **people_form())
        elif action == "later":
            await interaction.response.defer(with_message=True, ephemeral=True)
            await interaction.followup.send("at last", ephemeral=True)

    async def on_form(self, interaction: nextcord.Interaction[Any], data: dict[str, Any]) -> None:
        values = []
        for part in [one for one in data["components"] if one["type"] != TEXT]:
            field = part.get("component") or part["components"][0]
            values.append(str(field.get("value", field.get("values"))))
        await interaction.response.send_message("Form: " + " / ".join(values), ephemeral=True)


def code_form() -> dict[str, Any]:
    """A modal of a classic row, and of labels around a text and a select."""
    text = {"type": 4, "custom_id": "code", "style": 1, "max_length": 10}
    size = {"type": 3, "custom_id": "size", "options": [{"label": "Small", "value": "s"}]}
    return {
        "custom_id": "form:1",
        "title": "Your code",
        "components": [
            {"type": 18, "label": "Code", "component": text},
            {"type": 18, "label": "Size", "component": size},
        ],
    }


def people_form() -> dict[str, Any]:
    """A modal that asks for a person and a file."""
    person = {"type": 5, "custom_id": "person", "required": True}
    proof = {"type": 19, "custom_id": "proof", "required": False}
    return {
        "custom_id": "who:1",
        "title": "Who",
        "components": [
            {"type": 10, "content": "Name somebody."},
            {"type": 18, "label": "Person", "component": person},
            {"type": 18, "label": "Proof", "component": proof},
        ],
    }


def card() -> dict[str, Any]:
    """A message with everything on it."""
    options = [
        {"label": "Coffee mug", "value": "p1"},
        {"label": "Tea pot", "value": "p2", "description": "blue"},
    ]
    select = {"type": 3, "custom_id": "pick:1", "placeholder": "Select a product", "options": options}
    return {
        "content": "Welcome",
        "flags": 64,
        "embeds": [
            {
                "title": "Mug",
                "description": "A mug",
                "fields": [{"name": "Price", "value": "5"}],
                "footer": {"text": "1/1"},
            }
        ],
        "components": [
            row(select),
            row(
                button("Add to cart", "add:1"),
                button("Enter a code", "code:1"),
                button("Confirm", "confirm:1"),
                button("Off", "off:1", disabled=True),
                {"type": 2, "style": LINK, "label": "Site", "url": "https://example.org"},
            ),
            row(button("Whisper", "whisper:1"), button("Later", "later:1")),
        ],
    }


def add_commands(bot: SmallBot) -> None:
    """Register every command the tests run."""
    add_shop(bot)
    add_effects(bot)
    add_odd_commands(bot)


def add_shop(bot: SmallBot) -> None:
    """Register /shop browse, /shop product and /echo."""

    @bot.slash_command(name="shop", description="The shop")
    async def shop(_: nextcord.Interaction[Any]) -> None:
        """Only its sub-commands do something."""

    @shop.subcommand(name="browse", description="Look around")
    async def browse(
        interaction: nextcord.Interaction[Any],
        query: str = nextcord.SlashOption(description="What for", required=False, default=""),
    ) -> None:
        shown = card()
        shown["content"] = f"Welcome {query}".strip()
        await bot.answer(interaction, 4, **shown)

    @shop.subcommand(name="product", description="One product")
    async def product(
        interaction: nextcord.Interaction[Any], name: str = nextcord.SlashOption(description="Which")
    ) -> None:
        await interaction.response.send_message(f"Product {name}", ephemeral=True)

    @product.on_autocomplete("name")
    async def suggest(interaction: nextcord.Interaction[Any], name: str) -> None:
        await interaction.response.send_autocomplete({f"{name}g": "p1"})

    @bot.slash_command(name="echo", description="Say it again")
    async def echo(interaction: nextcord.Interaction[Any], text: str) -> None:
        await interaction.response.send_message(text)


def add_effects(bot: SmallBot) -> None:
    """Register the commands that reach further than their answer: /file, /grant and /dm."""

    @bot.slash_command(name="file", description="Send a file")
    async def file(interaction: nextcord.Interaction[Any]) -> None:
        await interaction.response.defer(ephemeral=True)
        await interaction.followup.send("here", file=nextcord.File(io.BytesIO(b"a,b"), "list.csv"))

    @bot.slash_command(name="grant", description="Grant a role")
    async def grant(
        interaction: nextcord.Interaction[Any], member: nextcord.Member, role: nextcord.Role
    ) -> None:
        try:
            await bot.http.add_role(interaction.guild_id or 0, member.id, role.id)
        except nextcord.HTTPException as error:
            await interaction.response.send_message(f"{error.status} {error.code}")
        else:
            await interaction.response.send_message("granted")

    @bot.slash_command(name="dm", description="Write to me")
    async def dm(interaction: nextcord.Interaction[Any]) -> None:
        try:
            await interaction.user.send("psst")  # type: ignore[union-attr]  # somebody ran it
        except nextcord.Forbidden as error:
            await interaction.response.send_message(f"closed {error.code}")
        else:
            await interaction.response.send_message("sent")


def add_odd_commands(bot: SmallBot) -> None:
    """Register the commands that go wrong in one way each."""

    @bot.slash_command(name="late", description="Answers too late")
    async def late(interaction: nextcord.Interaction[Any]) -> None:
        await asyncio.sleep(0.3)
        await interaction.response.send_message("late")

    @bot.slash_command(name="twice", description="Answers twice")
    async def twice(interaction: nextcord.Interaction[Any]) -> None:
        await bot.answer(interaction, 4, content="one")
        await bot.answer(interaction, 4, content="two")

    @bot.slash_command(name="more", description="Answers, edits and adds")
    async def more(interaction: nextcord.Interaction[Any]) -> None:
        await bot.answer(interaction, 4, content="first", flags=64)
        await interaction.edit_original_message(content="changed")
        await interaction.followup.send("more", ephemeral=True)

    @bot.slash_command(name="silent", description="Does not answer")
    async def silent(_: nextcord.Interaction[Any]) -> None:
        """Nothing happens."""

    @bot.slash_command(name="long", description="Says too much")
    async def long(interaction: nextcord.Interaction[Any], size: int) -> None:
        await interaction.response.send_message("x" * size)
