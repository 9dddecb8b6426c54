"""Brokers for tests: a real Apache Kafka that can be stopped, killed and started again, and unique names."""

import asyncio
import contextlib
import functools
import gc
import socket
import time
import uuid
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

import docker
from docker.errors import DockerException
from pydantic import SecretStr
from testcontainers.community.kafka import KafkaContainer

from streams.errors import RetryableError
from streams.kafka import topic_admin
from streams.kafka.connection import Credentials, KafkaConnection
from streams.local.child_process import Child, Guardian
from streams.local.embedded import free_ports

KAFKA_DIRECTORY = Path(__file__).resolve().parents[2] / "shared" / "kafka"
_CONTAINER_PORT = 9093
_START_TIMEOUT_S = 120.0
_STARTS = 3  # another process may take the free ports between our look and the broker's bind
_TAIL_CHARACTERS = 2_000
_STOP_TIMEOUT_S = 20.0
_DEFAULT_PROPERTIES = {"auto.create.topics.enable": "false"}


@dataclass(frozen=True)
class Broker:
    """What a test that runs on every broker gets."""

    name: str
    bootstrap_servers: str
    supports_transactions: bool


def unique_name(prefix: str = "test") -> str:
    """A name for a topic or a group that no other test has."""
    return f"{prefix}-{uuid.uuid4().hex[:12]}"


class BrokerStartError(RuntimeError):
    """A broker ended, or did not answer in time; says what it wrote last."""


class NoApacheKafkaError(RuntimeError):
    """Neither Kafka's own files nor a Docker engine are here."""


class _Engine(Protocol):
    def start(self) -> None: ...
    def ended(self) -> str | None:
        """Why it does not run, None while it does."""

    @property
    def pid(self) -> int | None:
        """The broker's process, None if it is in a container."""

    def stop(self) -> None: ...
    def kill(self) -> None: ...
    def close(self) -> None: ...


class ApacheKafka:
    """One Apache Kafka broker on loopback; its data is there again at a `start` after `stop` or `kill`.

    Runs `shared/kafka/run-kafka` beside this repository if it is there, else a container; raises
    NoApacheKafkaError if neither can be had. Broker properties win over the defaults, and `{port}` and `{controller}`
    in them are the broker's ports; topics are not created on first use.
    """

    def __init__(
        self, directory: Path, properties: Mapping[str, str] | None = None, *, sasl: bool = False
    ) -> None:
        self._directory = directory
        self._properties = _DEFAULT_PROPERTIES | dict(properties or {})
        self._sasl = sasl
        self._has_answered = False
        self._take_a_port()

    @property
    def bootstrap_servers(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def client(self) -> KafkaConnection:
        """The connection of an administrator."""
        if not self._sasl:
            return KafkaConnection(self.bootstrap_servers)
        admin = Credentials("SCRAM-SHA-256", "admin", SecretStr("admin-secret"))
        return KafkaConnection(self.bootstrap_servers, "SASL_PLAINTEXT", credentials=admin)

    @property
    def pid(self) -> int | None:
        """The broker's process, None if it is in a container."""
        return self._engine.pid

    def start(self) -> None:
        """Start the broker, the first time or again, and return once it answers.

        Raises:
            BrokerStartError: it does not. Its port is another's by now, so only the first start tries others.
        """
        for _ in range(_STARTS):
            self._engine.start()
            problem = self._wait_for_answer()
            if problem is None:
                self._has_answered = True
                return
            self._engine.close()
            if self._has_answered:
                break
            self._take_a_port()
        raise BrokerStartError(problem)

    def _wait_for_answer(self) -> str | None:
        """None once the broker answers, else what happened instead."""
        deadline = time.monotonic() + _START_TIMEOUT_S
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                asyncio.run(topic_admin.ping(self.client))
            except (OSError, RetryableError) as error:
                if time.monotonic() > deadline:
                    return f"no answer within {_START_TIMEOUT_S:.0f} s: {error!r}"
            else:
                return None
            if (why := self._engine.ended()) is not None:
                return why
            time.sleep(0.2)

    def _take_a_port(self) -> None:
        self.port = free_ports(2)  # the successor is the controller's
        ports = {"{port}": str(self.port), "{controller}": str(self.port + 1)}
        properties = {
            key: functools.reduce(lambda text, port: text.replace(*port), ports.items(), value)
            for key, value in self._properties.items()
        }
        if (KAFKA_DIRECTORY / "run-kafka").exists():
            directory = self._directory / str(self.port)
            self._engine: _Engine = _Process(directory, self.port, properties, sasl=self._sasl)
        elif self._sasl:
            raise NoApacheKafkaError(f"with SASL: no {KAFKA_DIRECTORY}, and the container has no users")
        elif (reason := _why_no_container()) is None:
            self._engine = _Container(self.port, properties)
        else:
            raise NoApacheKafkaError(f"no {KAFKA_DIRECTORY}, and {reason}")

    def stop(self) -> None:
        """Shut down cleanly."""
        self._engine.stop()

    def kill(self) -> None:
        """Crash: SIGKILL."""
        self._engine.kill()

    def close(self) -> None:
        """Shut down for good."""
        self._engine.close()

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class _Process:
    def __init__(self, directory: Path, port: int, properties: Mapping[str, str], *, sasl: bool) -> None:
        options = [part for key, value in properties.items() for part in ("-o", f"{key}={value}")]
        self._command = [str(KAFKA_DIRECTORY / "run-kafka"), str(directory), str(port), *options]
        if sasl:
            self._command.append("--sasl")
        self._output = directory / "output.log"
        directory.mkdir(parents=True, exist_ok=True)
        self._guardian = Guardian()
        self._child: Child | None = None

    def start(self) -> None:
        with self._output.open("ab") as output:
            self._child = self._guardian.start(self._command, environment=None, output=output)

    @property
    def pid(self) -> int | None:
        return self._child.pid if self._child is not None else None

    def ended(self) -> str | None:
        code = self._child.exit_code() if self._child is not None else None
        if code is None:
            return None
        tail = self._output.read_text(errors="replace")[-_TAIL_CHARACTERS:]
        return f"{self._command[0]} ended with exit code {code}. Last output: {tail}"

    def stop(self) -> None:
        if self._child is not None:
            self._child.stop(_STOP_TIMEOUT_S)
            self._child = None

    def kill(self) -> None:
        if self._child is not None:
            self._child.kill()
            self._child = None

    def close(self) -> None:
        self.stop()
        self._guardian.close()


class _Container:
    def __init__(self, port: int, properties: Mapping[str, str]) -> None:
        self._container = KafkaContainer().with_kraft()
        # A fixed port, so that clients find the broker again after a restart; on loopback only.
        self._container.ports = {f"{_CONTAINER_PORT}/tcp": ("127.0.0.1", port)}
        one_broker = {
            "transaction.state.log.replication.factor": "1",
            "transaction.state.log.min.isr": "1",
            "group.min.session.timeout.ms": "1000",
        }
        for key, value in (one_broker | dict(properties)).items():
            self._container.with_env(f"KAFKA_{key.upper().replace('.', '_')}", value)
        self._is_created = False

    def start(self) -> None:
        if self._is_created:
            self._container.get_wrapped_container().start()
        else:
            self._container.start(timeout=int(_START_TIMEOUT_S))
            self._is_created = True

    def ended(self) -> str | None:
        return None  # testcontainers' own start waits, and raises

    @property
    def pid(self) -> int | None:
        return None

    def stop(self) -> None:
        self._container.get_wrapped_container().stop(timeout=int(_STOP_TIMEOUT_S))

    def kill(self) -> None:
        self._container.get_wrapped_container().kill()

    def close(self) -> None:
        if self._is_created:
            self._container.stop()


@functools.cache
def _why_no_container() -> str | None:
    reason = None
    # Where there is no engine the client leaves its socket open, and a warning that is an error to whichever test
    # the garbage collector happens to run in.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        try:
            with contextlib.closing(docker.from_env()) as engine:
                engine.ping()
        except DockerException as error:
            reason = f"no Docker engine answers ({type(error).__name__})"
        gc.collect()
    return reason
