"""The tables of the documents are what the code has."""

import re
from typing import Any, get_args
from unittest.mock import create_autospec

import typer
from prometheus_client import CollectorRegistry

from models.readers.aspects import ASPECTS
from schemas.dead_letters import HEADERS, DeadLetterReason
from schemas.serving import Problem, StaleReason
from schemas.topics import TOPICS, Topic, dead_letter_topic
from streams.app import ROLES
from streams.cli import app
from streams.importing import PRESETS
from streams.kafka.topic_plan import wanted_topics
from streams.roles.serve.metrics import ServingMetrics
from streams.settings import HttpSettings, KafkaSettings, variables
from streams.web.catalogue import Catalogue
from streams.web.products import products_app
from streams.worker.metrics import WorkerMetrics
from streams.worker.role import Role
from tests.unit.documents import ROOT, marked, rows, text_of

_DAY_MS = 86_400_000


def first_cells(document: str, name: str) -> list[str]:
    return [cells[0] for cells in rows(document, name)]


def test_every_setting_is_documented_as_it_is() -> None:
    """The table of settings is the one that the code has: names, defaults and meanings."""
    told = [line for line in marked("docs/settings.md", "settings").splitlines() if line.startswith("| `")]
    assert told == [
        f"| `{name}` | {f'`{default}`' if default else ''} | {meaning} |"
        for name, default, meaning in variables()
    ]


def test_settings_named_in_short_exist() -> None:
    """`SECTION__NAME` without the prefix is a setting too."""
    known = {name.removeprefix("REVIEWSTREAM_") for name, _, _ in variables()}
    named = set(re.findall(r"`([A-Z]+__[A-Z_]+)`", text_of("docs/settings.md")))
    assert named
    assert named <= known


def test_every_topic_is_documented_as_it_is() -> None:
    """Contract, key, partitions, retention, null values and dead letters of every topic are those of the code."""
    assert rows("docs/contracts.md", "topics") == [_topic_row(topic) for topic in TOPICS]


def _topic_row(topic: Topic) -> list[str]:
    return [
        topic.name,
        topic.contract.__name__,
        topic.key,
        "as configured" if topic.partitions is None else str(topic.partitions),
        f"{topic.retention_ms // _DAY_MS} days" if topic.retention_ms is not None else "newest per key",
        "gone" if topic.nullable else "",
        dead_letter_topic(topic.name) if topic.dead_letters else "",
    ]


def test_every_preset_is_documented_as_it_is() -> None:
    """How an export is recognised, which column names the product, and the zone of its clocks."""
    assert rows("docs/importing.md", "presets") == [
        [
            preset.name,
            " or ".join(preset.signs),
            " or ".join(preset.columns["product_id"]),
            preset.zone or "UTC",
        ]
        for preset in PRESETS
    ]


def test_every_role_is_documented_as_it_is() -> None:
    """The README's table of roles is made of the rows of `streams.app.ROLES`."""
    assert rows("README.md", "roles") == [_role_row(role) for role in ROLES.values()]


def _role_row(role: Role) -> list[str]:
    needs = {
        "torch, weights": role.needs_device,
        "Redis": role.needs_redis,
        "a directory of its own": bool(role.changelogs),
    }
    writes = [topic.name for topic in role.writes] + list(role.changelogs)
    return [
        role.name,
        str(role.port(HttpSettings())),
        role.does,
        ", ".join([*(topic.name for topic in role.reads), *role.views]),
        ", ".join(writes),
        "; ".join(need for need, is_needed in needs.items() if is_needed),
    ]


def test_topics_without_a_role_are_named_as_not_there_yet() -> None:
    """The README says of every topic that no role reads or writes that nothing happens with it yet."""
    used = {topic.name for role in ROLES.values() for topic in (*role.reads, *role.writes)}
    missing = text_of("README.md").split("## What is not there yet", 1)[1].split("\n## ", 1)[0]
    assert set(re.findall(r"`([a-z-]+)`", missing)) == {topic.name for topic in TOPICS} - used


def test_each_role_has_the_rights_that_its_row_needs() -> None:
    """The table of broker rights follows the table of roles: topics, groups and transactional ids."""
    table = {user: cells for user, *cells in rows("docs/operating.md", "rights")}
    for role in ROLES.values():
        reads = [topic.name for topic in role.reads] + list(role.changelogs)
        writes = [topic.name for topic in role.writes] + list(role.changelogs)
        set_aside = [dead_letter_topic(name) for name in reads if name not in role.changelogs]
        planned = [
            spec.name for spec in wanted_topics(KafkaSettings(), (*role.reads, *role.writes), role.changelogs)
        ]
        names = f"reviewstream-{role.name}*"
        expected = [reads, writes + set_aside, planned, [names], [names]]
        if not role.writes:  # reads without a group, and sets nothing aside
            reads += role.views
            expected = [reads, [], reads, [], []]
        assert table[role.name] == [", ".join(cell) for cell in expected], role.name


def test_dead_letters_are_documented_as_they_are() -> None:
    """Every header and every reason of a dead letter is there, and no other."""
    assert rows("docs/contracts.md", "headers") == [[name, tells] for name, tells in HEADERS.items()]
    assert first_cells("docs/contracts.md", "reasons") == [str(reason) for reason in DeadLetterReason]


def test_every_aspect_is_documented() -> None:
    """The list of aspects is the one of the built-in readers."""
    assert tuple(re.findall(r"`(\w+)`", marked("docs/models.md", "aspects"))) == ASPECTS


def test_every_built_in_model_has_its_card_named() -> None:
    """Whoever ships weights names their card in the documents."""
    cards = [path.relative_to(ROOT).as_posix() for path in ROOT.glob("models/builtin/*/README.md")]
    assert cards
    assert [card for card in cards if f"`{card}`" not in text_of("docs/models.md")] == []


def test_every_command_is_documented() -> None:
    """The table of commands names every command there is, and no other."""
    told = " ".join(first_cells("docs/operating.md", "commands")).replace("`", "").replace(",", "")
    words = re.findall(r"[a-z]+", re.sub(r"\b[A-Z]+\b", "", told))
    assert {*words} == {*_names(typer.main.get_command(app))}


def _names(command: Any) -> list[str]:
    names = []
    for name, nested in getattr(command, "commands", {}).items():
        names += [name, *_names(nested)]
    return names


def test_every_request_is_documented() -> None:
    """The table of requests names every route of the API."""
    application = products_app(create_autospec(Catalogue))
    routes = {
        f"{route.method} {route.resource.canonical}"
        for route in application.router.routes()
        if route.resource is not None and route.method != "HEAD"
    }
    assert set(first_cells("docs/http.md", "routes")) == routes


def test_answers_that_are_none_are_documented() -> None:
    """Every code of a failure and every reason of staleness is there, and no other."""
    codes = get_args(Problem.model_fields["code"].annotation)
    assert first_cells("docs/http.md", "codes") == list(codes)
    assert first_cells("docs/http.md", "stale") == list(get_args(StaleReason))


def test_every_metric_is_documented() -> None:
    """Every metric that a worker has is in the table, under the name that Prometheus shows."""
    registries = [WorkerMetrics("enrich").registry, ServingMetrics().registry]
    shown = dict.fromkeys(name for registry in registries for name in _shown(registry))
    assert set(first_cells("docs/operating.md", "metrics")) == set(shown)


def _shown(registry: CollectorRegistry) -> list[str]:
    endings = {"counter": "_total", "info": "_info"}
    return [f"{metric.name}{endings.get(metric.type, '')}" for metric in registry.collect()]
