"""`run.py seed`: fills the shelves of a claimed server's shop with samples to try things out."""

import sys
from collections.abc import Callable, Mapping

import aiohttp
import nextcord
from nextcord.http import Route
from pymongo.errors import PyMongoError

from bot.config import Settings
from bot.outside import links_from, outside_from, rules_from
from bot.samples import ROLE_NAMES, RoleKey, sample_shop
from bot.stores import stored
from bot.wiring import build
from models.errors import NoShop
from models.member import Member
from services.clock import SystemClock

type Say = Callable[[str], object]


def _write(line: str) -> None:
    sys.stdout.write(f"{line}\n")


async def plant(settings: Settings, guild_id: int, say: Say = _write) -> int:
    """Plant the sample shop, once however often this runs; status 1 with a sentence when it cannot."""
    try:
        async with stored(settings) as stores:
            clock = SystemClock()
            links = links_from(settings, None, clock)
            services = build(stores.db, clock, rules_from(settings.shop), links, outside_from(settings))
            shop = await services.shops.of_guild(str(guild_id))
            roles = await _roles(settings, guild_id, say)
            owner = Member(shop.tenant.owner_user_id, "seed", "Sample shop", owns_guild=True)
            planted = await sample_shop(services, shop, owner, roles)
    except NoShop:
        say(f"The server {guild_id} has no shop yet: let its owner run /admin setup there, then try again.")
        return 1
    except PyMongoError as error:
        say(f"The database could not be used ({type(error).__name__}): `run.py check` says what is wrong.")
        return 1
    say(f"{shop.name}: {len(planted)} new products." if planted else f"{shop.name} has all samples already.")
    return 0


async def _roles(settings: Settings, guild_id: int, say: Say) -> Mapping[RoleKey, str]:
    """The guild's roles of these names, made where they are missing; none when Discord will not."""
    if settings.discord.token is None:
        say("Without discord.token no roles can be looked up, so the samples grant and ask for none.")
        return {}
    Route.BASE = settings.discord.api_url
    client = nextcord.Client(intents=nextcord.Intents.none())
    try:
        await client.login(settings.discord.token.get_secret_value())
        known = {role["name"]: str(role["id"]) for role in await client.http.get_roles(guild_id)}
        return {
            key: known.get(name) or await _new(client, guild_id, name) for key, name in ROLE_NAMES.items()
        }
    except (nextcord.DiscordException, aiohttp.ClientError, OSError):
        say("The roles Supporter and VIP cannot be used: let the bot into the server, with Manage Roles.")
        return {}
    finally:
        await client.close()


async def _new(client: nextcord.Client, guild_id: int, name: str) -> str:
    made = await client.http.create_role(guild_id, reason="Sample shop", name=name, permissions="0")
    return str(made["id"])
