"""What is installed is what was looked at: each package by its hash, each step of CI by its commit."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
PINNED = re.compile(r"^([a-z0-9][a-z0-9._-]*)==([^\s;\\]+)(?: ; [^\\]+)? \\$", re.MULTILINE)
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def wanted() -> set[str]:
    """The packages that pyproject.toml names, as the lock writes them."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    named = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    return {re.split(r"[^A-Za-z0-9._-]", each)[0].lower().replace("_", "-") for each in named}


def test_every_package_is_pinned_to_one_version_with_its_hashes() -> None:
    """No range, no address, no package without a hash: pip and the audit read it as it is."""
    blocks = [block for block in re.split(r"^(?=\S)", LOCK, flags=re.MULTILINE) if block.strip()]
    packages = [block for block in blocks if not block.startswith("#")]
    assert len(packages) > 50
    assert [block.splitlines()[0] for block in packages if not PINNED.match(block)] == []
    assert [block.splitlines()[0] for block in packages if "--hash=sha256:" not in block] == []
    assert re.findall(r"https?://|--index-url|--find-links| @ |^-e ", LOCK, re.MULTILINE) == []


def test_everything_that_the_shop_needs_is_in_the_lock() -> None:
    """What pyproject.toml names was resolved; nothing is fetched beside the lock."""
    assert wanted() - {name for name, _ in PINNED.findall(LOCK)} == set()


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_uses_steps_by_commit_and_may_only_read(workflow: Path) -> None:
    """A tag can be moved by whoever gets hold of an action; a commit cannot."""
    text = workflow.read_text(encoding="utf-8")
    used = re.findall(r"uses: (\S+)", text)
    assert used
    assert [each for each in used if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", each)] == []
    assert re.search(r"^permissions: \{\}$", text, re.MULTILINE)
    assert re.findall(r": write\b|pull_request_target|secrets\.", text) == []
    assert text.count("persist-credentials: false") == text.count("actions/checkout@")


def test_the_workflow_runs_what_runs_here_and_audits_every_week() -> None:
    """The same script, and the audit apart from it: that one needs the internet."""
    text = "".join(path.read_text(encoding="utf-8") for path in WORKFLOWS)
    assert "run: bash .ci/run" in text
    assert "run: make audit" in text
    assert "cron:" in text
    assert "audit" not in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
