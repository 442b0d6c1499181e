"""Each line of the threat models names a test that is there."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MODELS = [ROOT / "docs" / name for name in ("threat-model.md", "threat-model-discord.md")]
HEAD = "| what could happen | what stops it | test |"
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")


def threats() -> list[str]:
    """The rows of every table of threats."""
    rows, inside = [], False
    for line in [line for model in MODELS for line in model.read_text(encoding="utf-8").splitlines()]:
        inside = line == HEAD or (inside and line.startswith("|"))
        if inside and line != HEAD and not line.startswith("|---"):
            rows.append(line)
    return rows


def names_in(path: str) -> set[str]:
    """The names of the tests in a file; none when it is gone."""
    file = ROOT / path
    tree = ast.parse(file.read_text(encoding="utf-8")) if file.exists() else ast.Module([], [])
    found = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return {node.name for node in found}


@pytest.mark.parametrize("row", threats())
def test_every_threat_names_what_stops_it_and_a_test_that_exists(row: str) -> None:
    """Three cells, none of them empty, and each test is in its file."""
    cells = [cell.strip() for cell in row.strip("|").split(" | ")]
    assert len(cells) == 3
    assert all(cells)
    named = NAMED.findall(cells[2])
    assert named, row
    assert [pair for pair in named if pair[1] not in names_in(pair[0])] == []


def test_the_threat_model_is_read() -> None:
    """There are threats at all, so that the test above looks at something."""
    assert len(threats()) > 60
