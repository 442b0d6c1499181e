"""A time zone is found by whatever somebody calls it."""

from datetime import UTC
from zoneinfo import ZoneInfo

import pytest

from models.base import Db
from models.errors import BadInput
from services import Services, time_zones
from services.shops import Shop
from tests.services.conftest import OWNER


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("Europe/Berlin", "Europe/Berlin"),
        ("europe/berlin ", "Europe/Berlin"),
        ("new york", "America/New_York"),
        ("New_York", "America/New_York"),
        ("kolkata", "Asia/Kolkata"),
        ("lord howe", "Australia/Lord_Howe"),
        ("utc", "UTC"),
        ("ouagad", "Africa/Ouagadougou"),
    ],
)
def test_a_city_is_enough(typed: str, name: str) -> None:
    """Case, underscores and the continent do not matter."""
    assert time_zones.find(typed) == name


@pytest.mark.parametrize("typed", ["", "  ", "Atlantis", "Etc/GMT+5", "../../etc/passwd", "\0"])
def test_what_is_no_place_is_refused(typed: str) -> None:
    """Nor are rules without people, or files."""
    with pytest.raises(BadInput) as refused:
        time_zones.find(typed)
    assert refused.value.problem == "zone_unknown"


def test_of_several_some_are_named() -> None:
    """So that the next try is right."""
    with pytest.raises(BadInput) as refused:
        time_zones.find("indiana")
    assert refused.value.problem == "zone_several"
    assert "America/Indiana/Knox" in str(refused.value.limit)


def test_the_menu_offers_zones_that_there_are() -> None:
    """As many as fit, each once; an unknown one that was stored somehow is read as UTC."""
    assert set(time_zones.COMMON) <= time_zones.names()
    assert len(set(time_zones.COMMON)) == len(time_zones.COMMON) <= 25
    assert time_zones.zone("Asia/Tokyo") == ZoneInfo("Asia/Tokyo")
    assert time_zones.zone("Atlantis/Capital") is UTC


async def test_a_shop_keeps_only_a_zone_that_there_is(db: Db, services: Services, shop: Shop) -> None:
    """Whoever asks for it."""
    assert shop.config.time_zone == "UTC"
    shop = await services.shops.configure(shop, OWNER, time_zone="Asia/Tokyo")
    assert (await services.shops.of_tenant(shop.id)).config.time_zone == "Asia/Tokyo"
    with pytest.raises(BadInput):
        await services.shops.configure(shop, OWNER, time_zone="Mars/Olympus")
    stored = await db.rows("botconfigs").find_one({"tenantId": shop.id})
    assert stored is not None
    assert stored["timeZone"] == "Asia/Tokyo"
