"""What people buy from Discord itself: told by the gateway, listed newest first, as Discord describes it."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.sandbox import Community, Sandbox
from bot.sandbox.openapi import DESCRIPTION, violations
from tests.bot.sandbox.conftest import Api
from tests.bot.sandbox.test_gateway import gateway

ROOT = Path(__file__).parents[3]


async def listed(discord: Sandbox, api: Api, **query: Any) -> list[str]:
    """The ids in the list, in its order."""
    status, found = await api("GET", f"/applications/{discord.application_id}/entitlements", params=query)
    assert status == 200
    return [each["id"] for each in found]


async def test_the_list_is_paged_and_sifted(discord: Sandbox, guild: Community, api: Api) -> None:
    """Newest first, between ids, of one buyer or guild; deleted ones are left out unless asked for."""
    store, ada, bob = discord.store, guild.add_member("ada"), guild.add_member("bob")
    one, two, three = store.sell(ada, guild=guild), store.sell(bob), store.sell(ada, guild=guild)
    store.end(two, datetime.now(UTC) - timedelta(days=1))
    store.take_back(three)
    a, b, c = (each["id"] for each in (one, two, three))
    assert await listed(discord, api) == [b, a]
    assert await listed(discord, api, exclude_deleted="false") == [c, b, a]
    assert await listed(discord, api, exclude_ended="true") == [a]
    assert await listed(discord, api, limit=1) == [b]
    assert await listed(discord, api, before=b) == [a]
    assert await listed(discord, api, after=a, exclude_deleted="false") == [c, b]
    assert await listed(discord, api, user_id=bob.id) == [b]
    assert await listed(discord, api, guild_id=guild.id) == [a]
    if (ROOT / DESCRIPTION).exists():
        assert violations(discord.requests, ROOT / DESCRIPTION) == []


@pytest.mark.parametrize(("application", "limit", "code"), [("7", "5", 50001), (None, "101", 50035)])
async def test_a_wrong_request_is_refused(
    discord: Sandbox, api: Api, application: str | None, limit: str, code: int
) -> None:
    """Another application's list, and more than fit on a page."""
    path = f"/applications/{application or discord.application_id}/entitlements"
    status, answer = await api("GET", path, params={"limit": limit})
    assert (status, answer["code"]) == (403 if application else 400, code)


async def test_every_session_is_told_unless_it_happens_quietly(discord: Sandbox, guild: Community) -> None:
    """Creation, change and deletion as events, whatever the intents are."""
    async with aiohttp.ClientSession() as session, session.ws_connect(gateway(discord)) as socket:
        await socket.receive_json()
        identify = {"token": discord.token, "intents": 0, "properties": {}}
        await socket.send_str(json.dumps({"op": 2, "d": identify}))
        assert (await socket.receive_json())["t"] == "READY"
        assert (await socket.receive_json())["t"] == "GUILD_CREATE"
        pro = discord.store.sell(guild.owner)
        quiet = discord.store.sell(guild.owner, quietly=True)
        pro = discord.store.end(pro, None)
        pro = discord.store.take_back(pro)
        discord.store.tell("CREATE", None)
        told = [await socket.receive_json() for _ in range(4)]
    kinds = [each["t"] for each in told]
    assert kinds == [f"ENTITLEMENT_{kind}" for kind in ("CREATE", "UPDATE", "DELETE", "CREATE")]
    assert [each["d"] and each["d"]["id"] for each in told] == [pro["id"]] * 3 + [None]
    assert told[2]["d"]["deleted"]
    assert int(quiet["id"]) in discord.world.entitlements
