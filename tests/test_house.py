from pathlib import Path

import pytest

from tests import house_rules as rules
from tests.house import Rule, Source, broken, read

ROOT = Path(__file__).parents[1]
LONG = "def setup():\n    '''Long.'''\n" + "    x = 1\n" * 49
DEEP = """
def setup():
    if a:
        for b in a:
            with b:
                while c:
                    pass
"""
CHAIN = """'''Why.'''
def _price():
    if a:
        x = 1
    elif b:
        x = 2
    elif c:
        x = 3
    elif d:
        x = 4
    else:
        for e in f:
            with e:
                x = 5
"""

every_rule = pytest.mark.parametrize("rule", rules.RULES, ids=lambda rule: rule.__name__)


@pytest.fixture(scope="module")
def house() -> list[Source]:
    """The shop as it stands."""
    return read(ROOT)


@every_rule
def test_the_house_keeps_its_rules(house: list[Source], rule: Rule) -> None:
    """Each rule of the architecture holds in every file."""
    assert broken(house, rule) == [], rule.__doc__


def test_the_whole_house_is_looked_at(house: list[Source]) -> None:
    """Every room is there, and nothing from outside, such as the installed packages."""
    assert {source.room for source in house} >= {"models", "services", "cogs", "bot", "tests", "run.py"}
    assert {source.room for source in house if source.is_shop} == {
        *("models", "services", "cogs", "bot"),
        "run.py",
    }


@pytest.mark.parametrize("path", rules.LAST_WORD)
def test_no_exception_to_a_rule_outlives_its_reason(house: list[Source], path: str) -> None:
    """A file that no longer catches everything leaves the list."""
    source = next((source for source in house if str(source.path) == path), None)
    assert source is not None
    assert list(rules.catches_all(source))


@pytest.mark.parametrize(("path", "library"), rules.EXCUSED)
def test_no_excused_import_outlives_its_reason(house: list[Source], path: str, library: str) -> None:
    """A file that no longer imports it leaves the list."""
    source = next((source for source in house if str(source.path) == path), None)
    assert source is not None
    assert library in {name.split(".")[0] for _, name in source.imports}


PLANTED: list[tuple[Rule, str, str]] = [
    (rules.imports_point_down, "models/cart.py", "import services.carts"),
    (rules.imports_point_down, "models/cart.py", "from services import carts"),
    (rules.imports_point_down, "services/carts.py", "def late():\n    from cogs._ui import card"),
    (rules.imports_point_down, "services/payments/venmo.py", "from ...bot import wiring"),
    (rules.imports_point_down, "cogs/cart.py", "from bot.client import Shop"),
    (rules.imports_point_down, "bot/wiring.py", "import run"),
    (rules.imports_point_down, "bot/wiring.py", "from tests.house import read"),
    (rules.imports_point_down, "bot/demo.py", "def late():\n    from tests.fakes import square"),
    (rules.imports_point_down, "bot/demo_providers.py", "from bench import confirm"),
    (rules.rooms_keep_their_tools, "services/carts.py", "import nextcord"),
    (rules.rooms_keep_their_tools, "services/carts.py", "from nextcord.ext import commands"),
    (rules.rooms_keep_their_tools, "services/carts.py", "import aiohttp"),
    (rules.rooms_keep_their_tools, "cogs/cart.py", "from motor.motor_asyncio import AsyncIOMotorClient"),
    (rules.rooms_keep_their_tools, "cogs/_ui/card.py", "import redis.asyncio"),
    (rules.rooms_keep_their_tools, "models/cart.py", "import nextcord"),
    (rules.cogs_keep_apart, "cogs/cart.py", "from cogs import shop"),
    (rules.cogs_keep_apart, "cogs/cart.py", "from cogs.shop import Shop"),
    (rules.cogs_keep_apart, "cogs/cart.py", "from . import shop"),
    (rules.cogs_keep_apart, "cogs/cart.py", "from cogs.admin._root import Section"),
    (rules.cogs_keep_apart, "cogs/_ui/card.py", "from cogs.shop import Shop"),
    (rules.cogs_keep_apart, "cogs/admin/stock.py", "from cogs.admin.product import Product"),
    (rules.cogs_are_extensions, "cogs/cart.py", "class Cart: ..."),
    (rules.cogs_are_extensions, "cogs/cart.py", "async def setup(bot): ..."),
    (rules.cogs_are_extensions, "cogs/admin/stock.py", "class Stock: ..."),
    (rules.no_cog_reaches_across, "cogs/cart.py", "def setup(bot):\n    bot.get_cog('Shop')"),
    (rules.mongo_stays_in_models, "services/carts.py", "x = {'$set': 1}"),
    (rules.mongo_stays_in_models, "bot/wiring.py", "x = {'a': {'$in': []}}"),
    (rules.files_are_short, "services/carts.py", "x = 1\n" * 301),
    (rules.functions_are_short, "bot/wiring.py", LONG),
    (rules.nesting_is_shallow, "cogs/cart.py", DEEP),
    (rules.nesting_is_shallow, "cogs/cart.py", f"class Cart:\n    {DEEP.replace(chr(10), chr(10) + '    ')}"),
    (rules.modules_say_why, "run.py", "x = 1"),
    (rules.public_names_are_explained, "services/carts.py", "async def add(): ..."),
    (
        rules.public_names_are_explained,
        "models/cart.py",
        "class Cart:\n    '''A cart.'''\n    def add(self): ...",
    ),
    (rules.files_have_names, "services/utils.py", "x = 1"),
    (rules.files_have_names, "cogs/_helpers/card.py", "x = 1"),
    (rules.files_have_names, "tests/common.py", "x = 1"),
    (rules.nobody_prints, "run.py", "print('hello')"),
    (rules.nobody_swallows_bugs, "services/carts.py", "try:\n    x = 1\nexcept Exception:\n    pass"),
    (
        rules.nobody_swallows_bugs,
        "bot/wiring.py",
        "try:\n    x = 1\nexcept (ValueError, BaseException):\n    pass",
    ),
    (rules.nobody_swallows_bugs, "cogs/cart.py", "try:\n    x = 1\nexcept:\n    pass"),
    (rules.nobody_swallows_bugs, "cogs/cart.py", "with contextlib.suppress(Exception):\n    pass"),
    (rules.no_module_changes_itself, "services/carts.py", "def add():\n    global x\n    x = 1"),
    (rules.tests_use_the_real_thing, "tests/test_cart.py", "from unittest.mock import patch"),
    (rules.tests_use_the_real_thing, "tests/test_cart.py", "from unittest import mock"),
    (
        rules.tests_use_the_real_thing,
        "tests/test_cart.py",
        "def test_x(monkeypatch):\n    monkeypatch.setattr(a, 'b', 1)",
    ),
    (rules.tests_are_sentences, "tests/test_cart.py", "def test_x(): ..."),
]

WELCOME: list[tuple[str, str]] = [
    ("models/cart.py", "'''Why.'''\nimport odmantic\nx = {'$set': 1}"),
    ("services/carts.py", "'''Why.'''\nimport redis\nfrom models import cart\nfrom services import orders"),
    ("services/carts.py", CHAIN),
    ("services/payments/square.py", "'''Why.'''\nimport aiohttp"),
    ("services/reports/sales.py", "'''Why.'''\nx = [{'$match': {}}]"),
    ("services/prices.py", "'''Why.'''\nx = ['$', '$5', '$ref', 'US$']"),
    ("cogs/cart.py", "'''Why.'''\nfrom cogs._ui import card\nimport nextcord\ndef setup(bot, services): ..."),
    ("cogs/_ui/card.py", "'''Why.'''\nfrom cogs._ui.text import cut\nfrom . import words"),
    (
        "cogs/admin/stock.py",
        "'''Why.'''\nfrom cogs.admin._root import Section\nclass Stock(Section): ...",
    ),
    ("cogs/admin/__init__.py", "'''Why.'''\nfrom cogs.admin._root import Section\ndef setup(bot): ..."),
    ("bot/wiring.py", "'''Why.'''\nimport cogs.shop, services, models, aiohttp.web"),
    ("bot/demo_providers.py", "'''Why.'''\ndef late():\n    from tests.fakes import square"),
    ("run.py", "'''Why.'''\nfrom bot.config import load"),
    ("tests/test_cart.py", "def test_x(monkeypatch):\n    '''It holds.'''\n    monkeypatch.setenv('A', 'b')"),
    ("bench/confirm.py", "from tests import house\nimport services\nprint(1)"),
]


def plant(root: Path, path: str, text: str) -> list[Source]:
    """A small house with this file in it, beside neighbours that can be imported."""
    neighbours = [
        "cogs/shop.py",
        "cogs/admin/product.py",
        "cogs/admin/_root.py",
        "services/orders.py",
        "tests/house.py",
    ]
    for neighbour in (*neighbours, path):
        (root / neighbour).parent.mkdir(parents=True, exist_ok=True)
        (root / neighbour).write_text("")
    (root / path).write_text(text)
    hidden = root / ".venv/bin/tool.py"
    hidden.parent.mkdir(parents=True)
    hidden.write_text("not python at all (")
    return [source for source in read(root) if str(source.path) == path]


@pytest.mark.parametrize(("rule", "path", "text"), PLANTED)
def test_a_planted_breach_is_seen(tmp_path: Path, rule: Rule, path: str, text: str) -> None:
    """The rule that is broken says where, so the test of the house can fail."""
    seen = broken(plant(tmp_path, path, text), rule)
    assert len(seen) == 1
    assert seen[0].startswith(f"{path}:")


@every_rule
def test_every_rule_is_proved_by_a_planted_breach(rule: Rule) -> None:
    """No rule is there that never fails."""
    assert rule in {planted for planted, _, _ in PLANTED}


@pytest.mark.parametrize(("path", "text"), WELCOME)
def test_what_the_house_allows_is_let_in(tmp_path: Path, path: str, text: str) -> None:
    """No rule complains about its good neighbours."""
    sources = plant(tmp_path, path, text)
    assert sources
    assert [seen for rule in rules.RULES for seen in broken(sources, rule)] == []
