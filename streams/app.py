"""The composition root: the one table of roles, and how one of them is run."""

import asyncio
from collections.abc import Iterable, Mapping
from contextlib import AsyncExitStack
from types import MappingProxyType

from schemas.topics import (
    ENRICHED_REVIEW,
    NEW_PRODUCT,
    NEW_REVIEW,
    PRODUCT_ALERT,
    PRODUCT_DOCUMENT,
    PRODUCT_SUMMARY,
    PRODUCT_TEXT,
    REFRESH_REQUESTED,
    ROLLING_STATE,
    TOPICS,
)
from streams.errors import ConfigurationError
from streams.kafka.topic_plan import TopicSpec, wanted_topics
from streams.roles.enrich.worker import EnrichWorker
from streams.roles.generate.worker import GenerateWorker
from streams.roles.generate.writers import WRITERS
from streams.roles.rolling.worker import RollingWorker
from streams.roles.serve.worker import ServeWorker
from streams.settings import KafkaSettings, Settings
from streams.worker.role import Role


def _by_name(*roles: Role) -> Mapping[str, Role]:
    return MappingProxyType({role.name: role for role in roles})


#: Every role there is. The supervisor, `doctor`, the command line and the pages' ports are made from these rows;
#: tests hold docker-compose.yml and the documents against them.
ROLES = _by_name(
    Role(
        "serve",
        port_offset=0,
        does="keeps the newest of every product and its lists of reviews in Redis, and answers over HTTP",
        worker=ServeWorker,
        reads=(PRODUCT_SUMMARY,),
        views=(ROLLING_STATE,),
        needs_redis=True,
    ),
    Role(
        "enrich",
        port_offset=1,
        does="masks, flags and reads every review",
        worker=EnrichWorker,
        reads=(NEW_REVIEW,),
        writes=(ENRICHED_REVIEW,),
        needs_device=True,
    ),
    Role(
        "rolling",
        port_offset=2,
        does="keeps exact tables of every product, and decides what is published of it",
        worker=RollingWorker,
        reads=(ENRICHED_REVIEW, NEW_PRODUCT, PRODUCT_TEXT),
        writes=(PRODUCT_SUMMARY, PRODUCT_DOCUMENT, REFRESH_REQUESTED, PRODUCT_ALERT),
        changelogs=(ROLLING_STATE,),
    ),
    Role(
        "generate",
        port_offset=3,
        does="puts what is asked for into words",
        worker=GenerateWorker,
        reads=tuple(entry.requests for entry in WRITERS),
        writes=tuple(entry.answers for entry in WRITERS),
        needs_device=True,
    ),
)


def role_named(name: str, roles: Mapping[str, Role] = ROLES) -> Role:
    """The role of this name.

    Raises:
        ConfigurationError: there is none.
    """
    if name not in roles:
        raise ConfigurationError(f"worker: wanted one of {', '.join(roles)}, got {name!r}")
    return roles[name]


def ports(settings: Settings, roles: Iterable[Role] = ROLES.values()) -> dict[str, int]:
    """Where each role's pages listen.

    >>> ports(Settings())
    {'serve': 8600, 'enrich': 8601, 'rolling': 8602, 'generate': 8603}
    """
    return {role.name: role.port(settings.http) for role in roles}


def planned_topics(kafka: KafkaSettings, roles: Iterable[Role] = ROLES.values()) -> tuple[TopicSpec, ...]:
    """Every topic of the contracts and of the roles, as it should be on the broker."""
    roles = tuple(roles)
    topics = dict.fromkeys([*TOPICS, *(topic for role in roles for topic in (*role.reads, *role.writes))])
    return wanted_topics(kafka, topics, [name for role in roles for name in role.changelogs])


async def run_role(role: Role, settings: Settings, *, stop: asyncio.Event) -> None:
    """Run a worker of a role until `stop` is set; see `Worker.run`.

    Raises:
        FatalError: the worker cannot go on; nothing of what it had in flight is lost.
    """
    async with AsyncExitStack() as stack:
        await role.worker(role, settings, stack).run(stop)
