"""`run.py check`: looks at everything the bot will need and says what to mend, before customers do."""

import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Literal

import aiohttp
from pymongo import AsyncMongoClient
from pymongo.errors import OperationFailure, PyMongoError
from redis.asyncio import Redis
from redis.exceptions import RedisError

from bot.config import Settings
from bot.embedded import EmbeddedInUse, EmbeddedUnavailable, Mongod, RedisServer
from bot.outside import open_database
from models.index_plan import lacking
from models.migrations import migrations
from models.provider import Provider
from models.retention import Retention
from models.schema import SchemaRefused, has_shops, peek
from models.server import KIND_TRANSACTION_SECONDS, takes_transactions, transaction_seconds
from services.partners import known_partners
from services.vault import guessable

PATIENCE_SECONDS = 5


@dataclass(frozen=True)
class Finding:
    """What was looked at, how it stands, and what to do about it."""

    verdict: Literal["ok", "warning", "wrong"]
    text: str


async def check(settings: Settings, say: Callable[[str], object]) -> int:
    """Say one line per finding; the exit status is 1 when the bot could not run."""
    looks = (look_at_settings, look_at_database, look_at_redis, look_at_token, look_at_shards)
    findings = [finding for look in looks async for finding in look(settings)]
    for finding in findings:
        say(f"{finding.verdict:>7}  {finding.text}")
    return int(any(finding.verdict == "wrong" for finding in findings))


async def look_at_settings(settings: Settings) -> AsyncIterator[Finding]:
    """What is missing though nothing is wrong with what is there."""
    yield Finding("ok", "Configuration: every setting is known and valid.")
    if settings.web.public_url is None:
        yield Finding(
            "warning",
            "Links: web.public_url is not set, so customers get no invoice links. "
            "Set it to the address at which browsers reach the listener.",
        )
    elif settings.web.public_url.startswith("http://"):
        yield Finding(
            "warning",
            "Links: web.public_url begins with http://. Payment providers deliver to https:// alone.",
        )
    if settings.web.public_url is not None and not settings.web.trusted_proxies:
        yield Finding(
            "ok",
            "Limits: strangers who guess links are not slowed down one by one, because web.trusted_proxies "
            "names no reverse proxy. Put its address there.",
        )
    if settings.discord.public_key is None:
        yield Finding(
            "ok",
            "Discord purchases: without discord.public_key the bot hears of them only while it is connected. "
            "The key stands in the developer portal, General Information.",
        )
    if any(guessable(secret.get_secret_value()) for secret in settings.security.secrets):
        yield Finding(
            "warning",
            "Secrets: one of security.secrets is easy to guess. Put the output of `openssl rand -hex 32` "
            "before it; the old one still opens what it sealed.",
        )
    if not settings.security.secrets and settings.database.uri is not None:
        yield Finding(
            "wrong",
            "Secrets: security.secrets is empty. Give at least one, the same on every host; "
            "`openssl rand -hex 32` makes a good one.",
        )


async def look_at_database(settings: Settings) -> AsyncIterator[Finding]:
    """Whether it answers, and takes transactions."""
    try:
        async with contextlib.AsyncExitStack() as stack:
            kind = "configured" if settings.database.uri else "embedded"
            uri = await _database_uri(settings, stack)
            found = await _database_finding(uri, kind)
            yield found
            if found.verdict == "ok":
                yield await _upkeep_finding(uri, settings.database.name, settings.retention)
            if found.verdict == "ok" and settings.web.public_url is None:
                yield await _reach_finding(uri, settings.database.name)
    except EmbeddedInUse:
        yield Finding("ok", "Database: the embedded one is in use by a running bot.")
    except EmbeddedUnavailable as reason:
        yield Finding("wrong", f"Database: {reason}")


async def _database_uri(settings: Settings, stack: contextlib.AsyncExitStack) -> str:
    if settings.database.uri is not None:
        return settings.database.uri.get_secret_value()
    return await stack.enter_async_context(Mongod(settings.data_dir))


async def _database_finding(uri: str, kind: str) -> Finding:
    try:
        async with AsyncMongoClient[dict[str, Any]](
            uri, serverSelectionTimeoutMS=PATIENCE_SECONDS * 1000
        ) as client:
            hello = await client.admin.command("hello")
            seconds = await transaction_seconds(client.admin.command)
            await client.admin.command("listDatabases", nameOnly=True, authorizedDatabases=True)
    except OperationFailure as refusal:
        return Finding(
            "wrong",
            f"Database: the server refuses this account (code {refusal.code}). "
            "Check name, password and authSource in database.uri.",
        )
    except PyMongoError:
        return Finding(
            "wrong",
            "Database: no server answers at the address in database.uri. "
            "Check the address, and that the server runs and can be reached from here.",
        )
    if not takes_transactions(hello):
        return Finding(
            "wrong",
            "Database: the server is no replica set, so it has no transactions. "
            "Start mongod with --replSet rs0 and run rs.initiate() once.",
        )
    if seconds is not None and seconds > KIND_TRANSACTION_SECONDS:
        return Finding(
            "ok",
            f"Database: the {kind} one answers and takes transactions. It gives up forgotten ones after "
            f"{seconds} seconds; transactionLifetimeLimitSeconds={KIND_TRANSACTION_SECONDS} is kinder.",
        )
    return Finding("ok", f"Database: the {kind} one answers and takes transactions.")


async def _upkeep_finding(uri: str, name: str, kept: Retention) -> Finding:
    """What a start would have to do first, or meanwhile."""
    db = open_database(uri, name)
    known = migrations()
    try:
        moves = known[(await peek(db, len(known))).version :]
        indexes = await lacking(db, kept)
        new = not await has_shops(db)
    except SchemaRefused as reason:
        return Finding("wrong", f"Schema: {reason}")
    except PyMongoError:
        return Finding("warning", "Schema: I may not read how far this database has followed the program.")
    finally:
        db.client.close()
    if new:
        return Finding("ok", "Schema: there is no shop in this database yet.")
    if not moves and not indexes:
        return Finding("ok", f"Schema: the database is at {len(known)}, and every index is there.")
    return Finding(
        "ok",
        f"Schema: {len(moves)} migration(s) and {len(indexes)} index(es) are to come. The bot does them "
        "while it sells; with millions of records, let `run.py migrate` do them ahead.",
    )


async def _reach_finding(uri: str, name: str) -> Finding:
    """Whether shops wait for providers that cannot reach the bot."""
    try:
        async with AsyncMongoClient[dict[str, Any]](uri) as client:
            found = client[name][Provider.__collection__]
            delivering = [partner.name for partner in known_partners() if partner.delivers]
            waiting = [
                await found.distinct("tenantId", {"isActive": True, "type": each}) for each in delivering
            ]
            shops = len({tenant for tenants in waiting for tenant in tenants})
    except PyMongoError:
        return Finding("warning", "Webhooks: I may not read which shops have keys to payment providers.")
    if not shops:
        return Finding(
            "ok", "Webhooks: no shop has keys to payment providers, so none needs to reach the bot."
        )
    return Finding(
        "warning",
        f"Webhooks: {shops} shop(s) have keys to payment providers, which cannot reach the bot. "
        "Payments are seen later, by asking. Set web.public_url, then register the addresses that "
        "`/admin providers` shows.",
    )


async def _redis_url(settings: Settings, stack: contextlib.AsyncExitStack) -> str:
    if settings.redis.url is not None:
        return settings.redis.url.get_secret_value()
    return await stack.enter_async_context(RedisServer(settings.data_dir))


async def look_at_redis(settings: Settings) -> AsyncIterator[Finding]:
    """Whether it answers; the shop sells without it."""
    try:
        async with contextlib.AsyncExitStack() as stack:
            kind = "configured" if settings.redis.url else "embedded"
            url = await _redis_url(settings, stack)
            async with Redis.from_url(url, socket_connect_timeout=PATIENCE_SECONDS) as cache:
                await cache.ping()
            yield Finding("ok", f"Redis: the {kind} one answers.")
    except EmbeddedInUse:
        yield Finding("ok", "Redis: the embedded one is in use by a running bot.")
    except EmbeddedUnavailable as reason:
        yield Finding("warning", f"Redis: {reason} The shop sells without it, but slower.")
    except (RedisError, OSError):
        yield Finding(
            "warning",
            "Redis: no server answers at the address in redis.url, or it refuses the password. "
            "The shop sells without it, but slower.",
        )


async def look_at_token(settings: Settings) -> AsyncIterator[Finding]:
    """Whether Discord knows the bot."""
    if settings.discord.token is None:
        yield Finding(
            "wrong",
            "Token: discord.token is not set. Take it from Discord's developer portal, Bot, Reset Token, "
            "and put it into SHOP_DISCORD__TOKEN.",
        )
        return
    headers = {"Authorization": f"Bot {settings.discord.token.get_secret_value()}"}
    timeout = aiohttp.ClientTimeout(total=PATIENCE_SECONDS)
    try:
        async with (
            aiohttp.ClientSession(headers=headers, timeout=timeout) as session,
            session.get(f"{settings.discord.api_url}/users/@me") as answer,
        ):
            yield await _token_finding(answer, settings.discord.api_url)
    except (aiohttp.ClientError, TimeoutError, ValueError):
        yield Finding(
            "wrong",
            f"Token: no usable answer from {settings.discord.api_url}. "
            "Check the network and discord.api_url.",
        )


async def look_at_shards(settings: Settings) -> AsyncIterator[Finding]:
    """Whether Discord wants more connections than there are; nothing while it cannot be asked."""
    if settings.discord.token is None:
        return
    headers = {"Authorization": f"Bot {settings.discord.token.get_secret_value()}"}
    timeout = aiohttp.ClientTimeout(total=PATIENCE_SECONDS)
    try:
        async with (
            aiohttp.ClientSession(headers=headers, timeout=timeout, raise_for_status=True) as session,
            session.get(f"{settings.discord.api_url}/gateway/bot") as answer,
        ):
            wanted = int((await answer.json())["shards"])
    except (aiohttp.ClientError, TimeoutError, ValueError, KeyError):
        return
    held = settings.discord.shards
    if wanted > (held.total if held else 1):
        yield Finding(
            "warning",
            f"Shards: Discord recommends {wanted} for this bot. Give each process its share of them, such as "
            f"`run.py bot --shards 0-{(wanted - 1) // 2}/{wanted}`.",
        )
    elif held is not None:
        rest = "" if held.all else " See that other processes hold the rest."
        yield Finding("ok", f"Shards: this process holds {held.written}.{rest}")


async def _token_finding(answer: aiohttp.ClientResponse, api_url: str) -> Finding:
    if answer.status == HTTPStatus.UNAUTHORIZED:
        return Finding(
            "wrong",
            "Token: Discord does not accept it. Reset it in the developer portal and set the new one.",
        )
    if answer.status != HTTPStatus.OK:
        return Finding(
            "wrong", f"Token: {api_url} answered with status {answer.status}. Try again in a moment."
        )
    return Finding("ok", f"Token: it belongs to the bot {(await answer.json()).get('username')}.")
