"""The one table of roles: what it promises of its rows, and that everything else fits it."""

import subprocess
import sys

import pytest

from schemas.topics import INPUTS, TOPICS
from streams.app import ROLES, planned_topics, ports, role_named
from streams.errors import ConfigurationError
from streams.roles.generate.writers import WRITERS
from streams.roles.rolling.topics import LIVE
from streams.settings import HttpSettings, KafkaSettings, Settings
from streams.worker.stream_worker import StreamWorker


def test_no_two_roles_share_a_port_or_a_changelog() -> None:
    """All can run on one machine, and no table has two owners."""
    assert len(set(ports(Settings()).values())) == len(ROLES)
    changelogs = [name for role in ROLES.values() for name in role.changelogs]
    assert len(set(changelogs)) == len(changelogs)


def test_every_topic_has_one_writer() -> None:
    """What a role publishes, platforms do not and no other role does."""
    written = [topic for role in ROLES.values() for topic in role.writes]
    assert len(set(written)) == len(written)
    assert not set(written) & set(INPUTS)


def test_every_topic_that_is_read_is_written() -> None:
    """By a platform or by a role."""
    sources = {*INPUTS, *(topic for role in ROLES.values() for topic in role.writes)}
    for role in ROLES.values():
        assert set(role.reads) <= sources, role.name


def test_dead_letters_have_a_topic_where_somebody_writes_them() -> None:
    """A role that reads chunks sets aside what it cannot read; one that serves skips it, and no topic waits for it."""
    for role in ROLES.values():
        assert isinstance(role.worker, type)
        sets_aside = issubclass(role.worker, StreamWorker)
        assert {topic.dead_letters for topic in role.reads} == {sets_aside}, role.name


def test_the_rows_say_what_the_handlers_do() -> None:
    """The topics in the rows are those that handlers are given."""
    rolling, generate = ROLES["rolling"], ROLES["generate"]
    assert [topic.name for topic in rolling.reads] == [LIVE.reviews, LIVE.products, LIVE.texts]
    assert [topic.name for topic in rolling.writes] == [
        LIVE.summaries,
        LIVE.documents,
        LIVE.refreshes,
        LIVE.alerts,
    ]
    assert [entry.requests for entry in WRITERS] == list(generate.reads)


def test_the_plan_holds_every_topic_once() -> None:
    """Those of the contracts and those of the roles, dead letters and changelogs included."""
    names = [spec.name for spec in planned_topics(KafkaSettings())]
    assert len(set(names)) == len(names)
    assert {topic.name for topic in TOPICS} < set(names)
    assert {name for role in ROLES.values() for name in role.changelogs} < set(names)


def test_port_zero_is_any_port_of_every_role() -> None:
    """As tests want it."""
    assert {role.port(HttpSettings(port=0)) for role in ROLES.values()} == {0}


def test_an_unknown_role_is_told_with_the_known_ones() -> None:
    """The message lists what there is."""
    with pytest.raises(
        ConfigurationError, match="wanted one of serve, enrich, rolling, generate, got 'enrihc'"
    ):
        role_named("enrihc")


def test_the_table_of_roles_loads_no_model() -> None:
    """Importing it brings in neither torch nor transformers, so a role that needs none has none."""
    code = "import sys, streams.app; sys.exit(bool({'torch', 'transformers'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
