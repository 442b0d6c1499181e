"""The rules for Prometheus ask for numbers that exist, and say what to do."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.metrics.reading import Reading
from bot.metrics.vitals import Vitals
from models.base import Db
from services.calls import Calls
from services.clock import SystemClock
from services.meters import Meters

RULES = Path(__file__).parents[3] / "docs/operating/alerts.yml"
NAME = re.compile(r"\bshop_\w+|\bprocess_\w+")
PART = re.compile(r'part="(\w+)"')


@pytest.fixture
def rules() -> list[dict[str, Any]]:
    """All of them."""
    (group,) = yaml.safe_load(RULES.read_text())["groups"]
    return list(group["rules"])


def unknown(expr: str, names: set[str]) -> set[str]:
    """What an expression asks for and nobody counts."""
    return set(NAME.findall(expr)) - names


async def test_each_rule_asks_for_what_is_counted(db: Db, rules: list[dict[str, Any]]) -> None:
    """A number that was renamed would silence its alarm for ever."""
    meters, clock = Meters(), SystemClock()
    vitals = Vitals(db, None)
    Reading(db, clock, meters, Calls(clock, meters=meters), vitals)
    kinds = {"counter": {"_total"}, "histogram": {"_bucket", "_count", "_sum"}, "gauge": {""}}
    names = {each.name + end for each in meters.registry.collect() for end in kinds.get(each.type, {""})}
    assert {rule["alert"]: missing for rule in rules if (missing := unknown(rule["expr"], names))} == {}
    parts = {part for rule in rules for part in PART.findall(rule["expr"])}
    assert parts == set(await vitals.look())
    assert unknown("rate(shop_gone_total[5m])", names) == {"shop_gone_total"}


def test_each_rule_says_in_a_sentence_what_it_means_and_what_to_do(rules: list[dict[str, Any]]) -> None:
    """Whoever is woken reads two sentences and can begin."""
    assert len({rule["alert"] for rule in rules}) == len(rules) > 10
    for rule in rules:
        assert set(rule) == {"alert", "expr", "for", "labels", "annotations"}
        assert re.fullmatch(r"\d+[mh]", rule["for"])
        assert rule["labels"]["severity"] in {"page", "ticket"}
        assert set(rule["annotations"]) == {"summary", "action"}
        assert all(text.endswith(".") and len(text) > 30 for text in rule["annotations"].values())
