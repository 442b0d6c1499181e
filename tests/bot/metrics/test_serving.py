"""The monitoring port of a whole house: what it tells while the house sells, suffers and stops."""

import asyncio
import json
import re
import socket
from datetime import timedelta

import aiohttp
import pytest

from bot.app import running
from bot.config import ConfigError, Settings
from bot.sandbox import Sandbox
from models.outbox import OutboxStatus
from services.effects import Notice, notice
from tests.bot.metrics.conftest import Ask
from tests.services.conftest import OWNER


def value(page: str, name: str) -> float:
    """The value of one line."""
    found = re.search(rf"^{re.escape(name)} (\S+)$", page, re.MULTILINE)
    assert found, name
    return float(found[1])


async def test_a_house_that_sells_is_ready_and_shows_its_numbers(
    settings: Settings, stand_in: Sandbox, ask: Ask
) -> None:
    """A click, the database, Discord, the loop and the process are all there, and nobody's id is."""
    guild = next(iter(stand_in.world.guilds.values()))
    async with running(settings) as house:
        await stand_in.ready()
        person = stand_in.add_guild("Borealis", owner="bea").owner
        await person.run("/shop browse")
        await asyncio.sleep(0.6)
        ready = await ask("/ready")
        _, page = await ask("/metrics")
        tenant = await house.services.shops.claim("901", "Cirrus", OWNER)
    parts = {"process": "up", "database": "up", "redis": "up", "gateway": "up", "work": "up"}
    assert (ready[0], json.loads(ready[1])) == (200, {"status": "ready", **parts, "ended": []})
    assert value(page, 'shop_interactions_total{action="shop browse",kind="command",outcome="NoShop"}') == 1
    assert value(page, 'shop_database_seconds_count{command="find"}') > 0
    assert value(page, 'shop_discord_requests_total{method="POST",status="2xx"}') > 0
    assert value(page, "shop_loop_lag_seconds_count") > 0
    assert value(page, "process_resident_memory_bytes") > 0
    assert value(page, "shop_gateway_latency_seconds") >= 0
    assert value(page, "shop_outbox_dead") == 0
    assert {value(page, f'shop_part_up{{part="{part}"}}') for part in parts} == {1}
    for name in (str(guild.id), str(person.id), tenant.id, "Borealis"):
        assert name not in page


async def test_the_backlog_is_that_of_all_processes(settings: Settings, stand_in: Sandbox, ask: Ask) -> None:
    """What is due, for how long, and what was given up; read once for however many questions at once."""
    async with running(settings) as house:
        await stand_in.ready()
        db, now = house.services.shops._db, house.services.clock.now()
        house.services.worker.stop()
        await asyncio.wait([task for task in house.work if task.get_name() == "outbox"], timeout=5)
        for number in range(3):
            late = notice(Notice.ORDER_RECEIVED, "t", f"o{number}", now - timedelta(minutes=5))
            late.status = OutboxStatus.DEAD if number == 2 else OutboxStatus.PENDING
            await late.insert(db)
        pages = [page for _, page in await asyncio.gather(*(ask("/metrics") for _ in range(5)))]
    assert {value(page, 'shop_outbox_due{urgency="word"}') for page in pages} == {2}
    assert {value(page, 'shop_outbox_due{urgency="money_and_keys"}') for page in pages} == {0}
    ages = {value(page, 'shop_outbox_oldest_seconds{urgency="word"}') for page in pages}
    assert len(ages) == 1
    assert 300 <= ages.pop() < 400
    assert value(pages[0], "shop_outbox_dead") == 1
    assert value(pages[0], "shop_inbox_due") == 0


async def test_a_house_whose_connection_is_gone_lives_but_is_not_ready(
    settings: Settings, stand_in: Sandbox, ask: Ask
) -> None:
    """Discord takes the token away: the work ends, and the probe says which part is down."""
    async with running(settings) as house:
        await stand_in.ready()
        stand_in.world.token = "another-token"
        stand_in.gateway.drop()
        await asyncio.wait([house.work[0]], timeout=20)
        status, text = await ask("/ready")
        lives, _ = await ask("/live")
    found = json.loads(text)
    assert (status, lives) == (503, 200)
    assert (found["gateway"], found["work"], found["ended"]) == ("down", "down", ["gateway"])
    assert found["database"] == "up"


async def test_the_pages_for_people_show_no_numbers(settings: Settings, stand_in: Sandbox, ask: Ask) -> None:
    """Neither port serves what belongs to the other, and the probes tell browsers nothing they may keep."""
    async with running(settings) as house:
        await stand_in.ready()
        async with aiohttp.ClientSession() as http:
            for path in ("/metrics", "/ready", "/live"):
                async with http.get(f"{house.url}{path}") as answer:
                    assert answer.status == 404
        assert (await ask("/healthz"))[0] == 404


async def test_nothing_is_opened_unless_a_port_is_set(
    settings: Settings, stand_in: Sandbox, ask: Ask
) -> None:
    """Off by default."""
    off = settings.model_copy(update={"metrics": settings.metrics.model_copy(update={"port": None})})
    async with running(off):
        await stand_in.ready()
        with pytest.raises(aiohttp.ClientConnectorError):
            await ask("/live")


async def test_a_taken_port_is_said_with_its_setting(settings: Settings, port: int) -> None:
    """The start ends with a sentence."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        with pytest.raises(ConfigError, match="SHOP_METRICS__PORT"):
            async with running(settings):
                pass
