"""For how long records are kept: checked where it is set, and what the database and the sweeper then do."""

from pathlib import Path

import pytest

from bot.config import ConfigError, load_settings
from bot.outside import rules_from
from bot.stores import stored
from models.outbox import OutboxEffect
from models.registry import index_state
from models.retention import LEAST_OUTBOX_DAYS, Retention


def problems(**environ: str) -> list[str]:
    """What is found wrong with these settings."""
    with pytest.raises(ConfigError) as caught:
        load_settings(None, environ)
    return caught.value.problems


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("OUTBOX", str(LEAST_OUTBOX_DAYS - 1)), ("OUTBOX", "0"), ("WEBHOOK", "59"), ("WEBHOOK_BODY", "29")),
        *(("AUDIT", "89"), ("ALERT", "29"), ("SESSION", "-1"), ("SHARE", "0"), ("SESSION", "36501")),
    ],
)
def test_what_is_too_short_is_refused_with_what_is_allowed(name: str, value: str) -> None:
    """Less would let something be owed twice, or count twice, or go while somebody looks for it."""
    [said] = problems(**{f"SHOP_RETENTION__{name}_DAYS": value})
    assert f"SHOP_RETENTION__{name}_DAYS" in said
    assert "days from" in said


@pytest.mark.parametrize("name", ["WEBHOOK_BODY", "AUDIT", "ALERT", "SESSION"])
def test_nothing_keeps_for_ever(name: str) -> None:
    """Zero is no time at all: it says that these stay."""
    settings = load_settings(None, {f"SHOP_RETENTION__{name}_DAYS": "0"})
    assert getattr(settings.retention, f"{name.lower()}_days") == 0


def test_without_settings_the_defaults_hold_everywhere() -> None:
    """The settings, the rules of the services and the indexes start from the same numbers."""
    settings = load_settings(None, {})
    assert settings.retention == Retention() == rules_from(settings.shop).kept


async def test_the_database_forgets_as_configured_from_the_next_start_on(
    mongo_uri: str, fresh_database_name: str, tmp_path: Path
) -> None:
    """A changed setting needs nothing but a start, and the doctor finds nothing amiss with it."""
    environ = {
        "SHOP_DATABASE__URI": mongo_uri,
        "SHOP_DATABASE__NAME": fresh_database_name,
        "SHOP_DATA_DIR": str(tmp_path),
    }
    for days in (30, 20, 45):
        settings = load_settings(None, {**environ, "SHOP_RETENTION__OUTBOX_DAYS": str(days)})
        async with stored(settings) as stores:
            found = await OutboxEffect.rows(stores.db).index_information()
            assert found["doneAt_1"]["expireAfterSeconds"] == days * 24 * 3600
            rules = rules_from(settings.shop, settings.retention)
            assert await index_state(stores.db, rules.kept) == ([], [])
