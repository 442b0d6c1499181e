"""`run.py rotate`, as an operator runs it."""

from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient

from bot.config import load_settings
from bot.embedded import Mongod
from bot.rotate import rotate
from services.vault import Vault
from tests.bot.conftest import Start

OLD = "an-old-secret-of-forty-characters-or-more"
NEW = "9f2c7a1be8d04356aa17c0e3b9d8f4256710acde"


@pytest.fixture
def stored(janitor: MongoClient[dict[str, Any]], database_name: str) -> MongoClient[dict[str, Any]]:
    """A provider's key under the old secret."""
    sealed = Vault([OLD]).seal("the-token-itself", about="t/stripe/secret_key")
    row = {"tenantId": "t", "type": "stripe", "isActive": True, "config": {"secret_key": sealed}}
    janitor[database_name].providers.insert_one(row)
    return janitor


async def test_an_operator_rotates_and_leaves_the_old_secret_out(
    start: Start, stored: MongoClient[dict[str, Any]], mongo_uri: str, database_name: str
) -> None:
    """New before old, rotate, then the new one alone: each run says how it stands, and never what it read."""
    reach = {"DATABASE__URI": mongo_uri, "DATABASE__NAME": database_name}
    both = f"{NEW},{OLD}"
    runs = [(NEW, 1, "1 open under no secret"), (both, 0, "1 sealed, 1 of them anew")]
    runs += [(both, 0, "1 sealed, 0 of them anew"), (NEW, 0, "There is one secret only")]
    for secrets, status, said in runs:
        async with start("rotate", SECURITY__SECRETS=secrets, **reach) as program:
            assert await program.ended() == status
            assert said in program.said
            assert "the-token-itself" not in program.said
    config = stored[database_name].providers.find_one({}) or {}
    assert (
        Vault([NEW]).open(config["config"]["secret_key"], about="t/stripe/secret_key") == "the-token-itself"
    )


async def test_beside_a_running_bot_it_says_that_the_bot_does_it(data_dir: Path, tmp_path: Path) -> None:
    """The embedded database belongs to the bot: nobody has to stop it for this."""
    home, said = data_dir / tmp_path.name, list[str]()
    settings = load_settings(None, {"SHOP_DATA_DIR": str(home), "SHOP_SECURITY__SECRETS": f"{NEW},{OLD}"})
    async with Mongod(home):
        assert await rotate(settings, said.append) == 0
    assert "seals everything anew by itself" in said[0]


async def test_a_database_that_is_away_is_said_with_status_1(start: Start) -> None:
    """One sentence that names the next step."""
    away = "mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=300"
    async with start("rotate", SECURITY__SECRETS=NEW, DATABASE__URI=away) as program:
        assert await program.ended() == 1
        assert "run.py check" in program.said
        assert "Traceback" not in program.said
