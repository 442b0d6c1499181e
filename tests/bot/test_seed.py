"""`run.py seed`: a sample shop for a claimed server, once however often it runs."""

from pathlib import Path

import pytest

from bot.config import Settings, load_settings
from bot.samples import SAMPLES
from bot.sandbox import Sandbox
from bot.seed import plant
from bot.wiring import build
from models.alert import Alert, AlertType
from models.base import Db
from models.inventory import replay
from models.member import Member
from models.product import Product, QtyVisibility
from services import Services
from services.clock import SystemClock
from services.links import Links
from services.rules import Rules
from tests.outside import OUTSIDE

GUILD = "900"
OWNER = Member("1", "olivia", "Olivia", owns_guild=True)


@pytest.fixture
def settings(mongo_uri: str, redis_url: str, database_name: str, tmp_path: Path) -> Settings:
    """A database of this test's own, and no bot."""
    environ = {
        "SHOP_DATABASE__URI": mongo_uri,
        "SHOP_DATABASE__NAME": database_name,
        "SHOP_REDIS__URL": redis_url,
        "SHOP_DATA_DIR": str(tmp_path),
        "SHOP_SECURITY__SECRETS": "a-secret-of-forty-characters-or-even-more",
    }
    return load_settings(None, environ)


@pytest.fixture
def services(db: Db) -> Services:
    """The services over the same database."""
    clock = SystemClock()
    return build(db, clock, Rules(), Links(["a-secret-that-is-long-enough"], None, clock), OUTSIDE)


def with_token(settings: Settings, discord: Sandbox) -> Settings:
    """The settings of an installation that has a bot."""
    environ = {"SHOP_DISCORD__TOKEN": discord.token, "SHOP_DISCORD__API_URL": discord.api_url}
    return settings.model_copy(update={"discord": load_settings(None, environ).discord})


async def test_a_server_without_a_shop_gets_a_sentence(settings: Settings, db: Db) -> None:
    """Nothing is planted where nobody claimed the server."""
    said: list[str] = []
    assert await plant(settings, int(GUILD), said.append) == 1
    assert "/admin setup" in said[-1]
    assert await Product.find_all(db, {}) == []


async def test_the_sample_shop_has_one_of_everything(settings: Settings, db: Db, services: Services) -> None:
    """About twelve products: shipped and digital, sold out, scarce, hidden and free ones, stock by ledger."""
    shop = await services.shops.claim(GUILD, "Aurora", OWNER)
    said: list[str] = []
    assert await plant(settings, int(GUILD), said.append) == 0
    assert said[-1] == f"Aurora: {len(SAMPLES)} new products."
    found = {product.sku: product for product in await Product.find_all(db, {"tenantId": shop.id})}
    assert len(found) == 12
    assert {product.is_digital for product in found.values()} == {True, False}
    assert found["NOTEBOOK"].qty_visibility is QtyVisibility.PRIVATE
    assert found["CHECKLIST"].price_cents == 0
    assert await replay(db, shop.id, found["MUG"].key) == (40, 0)
    assert (await services.stock.of(shop, found["POSTER"].key)).available == 0
    low = await Alert.find_all(db, {"type": AlertType.LOW_INVENTORY})
    assert [alert.params["product"] for alert in low] == ["Zip hoodie"]
    assert (await services.shops.of_tenant(shop.id)).config.shipping_types


async def test_planting_twice_doubles_nothing(settings: Settings, db: Db, services: Services) -> None:
    """A second run changes no product and no stock; what a broken-off first one left out is made up for."""
    shop = await services.shops.claim(GUILD, "Aurora", OWNER)
    mug = {"sku": "MUG", "name": "Enamel mug", "price_cents": 1400}
    made = await services.catalog.create(shop, OWNER, mug)
    said: list[str] = []
    assert await plant(settings, int(GUILD), said.append) == 0
    assert await plant(settings, int(GUILD), said.append) == 0
    assert said[-1] == "Aurora has all samples already."
    assert len(await Product.find_all(db, {"tenantId": shop.id})) == len(SAMPLES)
    assert await replay(db, shop.id, made.key) == (40, 0)


async def test_roles_are_found_by_name_or_made(settings: Settings, db: Db, services: Services) -> None:
    """The server's VIP role is granted and asked for as it is; a missing Supporter role is made, once."""
    async with Sandbox() as discord:
        guild = discord.add_guild("Aurora", owner="olivia")
        vip = guild.add_role("VIP")
        await services.shops.claim(str(guild.id), "Aurora", OWNER)
        for _ in range(2):
            assert await plant(with_token(settings, discord), guild.id, lambda _: None) == 0
        supporters = [role for role in guild.guild.roles.values() if role.name == "Supporter"]
        assert len(supporters) == 1
    found = {product.sku: product for product in await Product.find_all(db, {})}
    assert found["SEASON"].granted_role_ids == found["BACKSTAGE"].required_role_ids == [str(vip.id)]
    assert found["SUPPORTER"].granted_role_ids == [str(supporters[0].id)]


async def test_without_the_right_to_roles_the_samples_come_without(
    settings: Settings, db: Db, services: Services
) -> None:
    """A bot that is not in the server plants all the same and says what is missing."""
    said: list[str] = []
    async with Sandbox() as discord:
        discord.add_guild("Elsewhere", owner="eve")
        await services.shops.claim(GUILD, "Aurora", OWNER)
        assert await plant(with_token(settings, discord), int(GUILD), said.append) == 0
    assert "Manage Roles" in said[0]
    assert len(await Product.find_all(db, {})) == len(SAMPLES)
    assert not any(product.granted_role_ids for product in await Product.find_all(db, {}))
