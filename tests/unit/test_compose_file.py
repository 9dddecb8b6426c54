"""docker-compose.yml fits the program it runs: its settings, its roles, its health, and who may reach it."""

import asyncio
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import CollectorRegistry

from streams.app import ROLES
from streams.settings import PREFIX, ChunkSettings, Settings, load, variables
from streams.worker.health import HealthServer
from streams.worker.readiness import Readiness
from streams.worker.stop_times import app_stop_s, process_stop_s

FILE = Path(__file__).resolve().parents[2] / "docker-compose.yml"
TEXT = FILE.read_text()
SERVICES: Mapping[str, Mapping[str, Any]] = yaml.safe_load(TEXT)["services"]


def one_shot_services() -> set[str]:
    """Services that others wait for until they have completed."""
    waits = [(name, one) for service in SERVICES.values() for name, one in dependencies(service).items()]
    return {name for name, one in waits if one["condition"] == "service_completed_successfully"}


def dependencies(service: Mapping[str, Any]) -> Mapping[str, Mapping[str, str]]:
    found: Mapping[str, Mapping[str, str]] = service.get("depends_on", {})
    return found


def our_services() -> dict[str, Mapping[str, Any]]:
    return {name: one for name, one in SERVICES.items() if one.get("command", [""])[0] == "reviewstream"}


def interpolated(value: object) -> str:
    """A value as Compose hands it over where none of the user's variables is set."""
    return re.sub(r"\$\{\w+(?::-([^}]*))?}", lambda match: match[1] or "", str(value))


def test_compose_accepts_the_file() -> None:
    """`docker compose config` finds nothing wrong."""
    docker = shutil.which("docker")
    if docker is None:
        pytest.skip("docker compose: there is no docker command")
    if subprocess.run([docker, "compose", "version"], capture_output=True, check=False).returncode:
        pytest.skip("docker compose: the docker command has no compose plugin")
    checked = subprocess.run(
        [docker, "compose", "--file", FILE, "config", "--quiet"], capture_output=True, text=True, check=False
    )
    assert (checked.returncode, checked.stderr) == (0, "")


def test_every_worker_has_the_time_to_stop() -> None:
    """Compose kills nobody who would have ended by itself, and the supervisor of `up` has the same patience."""
    workers = {name: one for name, one in our_services().items() if one["command"][1] == "worker"}
    assert workers.keys() >= ROLES.keys()
    for name, service in workers.items():
        grace_s = int(str(service["stop_grace_period"]).removesuffix("s"))
        assert app_stop_s(ChunkSettings()) < process_stop_s(ChunkSettings()) < grace_s, name


def test_every_variable_is_a_setting() -> None:
    """Every REVIEWSTREAM_ variable that is set, passed on or mentioned is one that the program knows."""
    used = set(re.findall(rf"{PREFIX}\w+", TEXT))
    assert used
    assert used <= {name for name, _, _ in variables()}


@pytest.mark.parametrize("name", our_services())
def test_every_value_fits_its_setting(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The program takes the environment of each service, and finds broker and Valkey by their service's name."""
    for variable, value in our_services()[name]["environment"].items():
        monkeypatch.setenv(variable, interpolated(value))
    settings = load()
    assert settings.kafka.bootstrap_servers == "kafka:9092"
    assert settings.redis.url is not None
    assert settings.redis.url.get_secret_value().startswith("redis://valkey:6379")


def test_nothing_is_published_beyond_loopback() -> None:
    """Each published port is bound to 127.0.0.1, for neither broker nor Valkey asks who is calling."""
    ports = [port for service in SERVICES.values() for port in service.get("ports", ())]
    assert ports
    assert [port for port in ports if not re.fullmatch(r"127\.0\.0\.1:\d+:\d+", port)] == []
    assert not any("network_mode" in service for service in SERVICES.values())


def test_every_long_running_service_tells_its_health() -> None:
    """Each service that stays up has a health check and is started again when it fails."""
    for name in SERVICES.keys() - one_shot_services():
        assert SERVICES[name]["healthcheck"]["test"][0] == "CMD", name
        assert SERVICES[name]["restart"] == "on-failure", name


def test_services_wait_for_what_they_need() -> None:
    """No worker starts before the topics are there, nor one that needs Redis before Valkey."""
    assert dependencies(SERVICES["topics"]) == {"kafka": {"condition": "service_healthy"}}
    for role in ROLES.values():
        wanted = {"topics": {"condition": "service_completed_successfully"}}
        if role.needs_redis:
            wanted["valkey"] = {"condition": "service_healthy"}
        assert dependencies(SERVICES[role.name]) == wanted


def test_a_role_with_tables_keeps_them_in_a_volume() -> None:
    """Each role with a changelog has a volume for its copy on disk, and no other role has one."""
    volumes = {name: service.get("volumes", []) for name, service in our_services().items()}
    assert {name for name, mounted in volumes.items() if mounted} == {
        role.name for role in ROLES.values() if role.changelogs
    }


def test_every_service_of_ours_is_a_role_or_makes_the_topics() -> None:
    """Each role has a service, and no service runs a role that does not exist."""
    assert set(our_services()) == {*ROLES, "topics"}


@pytest.mark.parametrize("role", ROLES)
def test_every_role_has_a_service(role: str) -> None:
    """A role's service runs its worker, publishes the worker's own port, and looks at its readiness."""
    service = SERVICES[role]
    port = ROLES[role].port(Settings.model_fields["http"].default)
    assert service["command"] == ["reviewstream", "worker", role]
    assert service["ports"] == [f"127.0.0.1:{port}:{port}"]
    assert service["environment"]["HEALTH"] == f"http://127.0.0.1:{port}/readyz"
    assert service["healthcheck"] == SERVICES["enrich"]["healthcheck"]


def test_one_image_serves_all() -> None:
    """Every service of ours runs the same image, built the same way, as a user that is not root."""
    images = {one["image"] for one in our_services().values()}
    dockerfiles = {one["build"]["dockerfile_inline"] for one in our_services().values()}
    assert (len(images), len(dockerfiles)) == (1, 1)
    instructions = [line.split(maxsplit=1) for line in dockerfiles.pop().splitlines()]
    assert [what for name, what in instructions if name == "USER"] == ["reviewstream"]
    copied = [what.split()[:-1] for name, what in instructions if name == "COPY"]
    for path in (path for paths in copied for path in paths):
        assert (FILE.parent / path).exists(), path


@pytest.mark.parametrize("is_ready", [True, False])
async def test_the_health_check_follows_readiness(*, is_ready: bool) -> None:
    """The worker's health check succeeds exactly while the worker says that it is ready."""
    server = HealthServer(
        "127.0.0.1", 0, readiness=lambda: Readiness(is_ready, ()), registry=CollectorRegistry()
    )
    url = await server.start()
    try:
        command = SERVICES["enrich"]["healthcheck"]["test"][2:]
        environment = os.environ | {"HEALTH": f"{url}/readyz"}
        asking = await asyncio.create_subprocess_exec(
            sys.executable, *command, env=environment, stderr=asyncio.subprocess.DEVNULL
        )
        assert (await asking.wait() == 0) is is_ready
    finally:
        await server.stop()
