"""The bare bot that the shop is measured against: connects, and answers one slash command at once."""

import os
from typing import Any

import nextcord
from nextcord.http import Route


def main() -> None:
    """Be in Discord until the process is ended."""
    Route.BASE = os.environ["SHOP_DISCORD__API_URL"]
    bot = nextcord.Client(intents=nextcord.Intents(guilds=True))

    @bot.slash_command(name="echo", description="Say it again")
    async def echo(interaction: nextcord.Interaction[Any], text: str) -> None:
        await interaction.response.send_message(text, ephemeral=True)

    # As the shop does: an interaction may come in before Discord has told the ids of our commands.
    bot.add_all_application_commands()
    bot.run(os.environ["SHOP_DISCORD__TOKEN"])


if __name__ == "__main__":
    main()
