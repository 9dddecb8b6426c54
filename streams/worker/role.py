"""What a role is: one row of the table in `streams.app`."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Protocol

from schemas.topics import Topic
from streams.settings import HttpSettings, KafkaSettings, Settings


class Worker(Protocol):
    """One process of a role."""

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set; then finish what is in flight, and return.

        Raises:
            FatalError: the worker cannot go on; nothing of what it had in flight is lost.
        """
        ...


@dataclass(frozen=True, slots=True)
class Role:
    """One kind of worker: a process, a Faust app and a consumer group of its own.

    Attributes:
        name: in commands and logs, and the end of its consumer group's name.
        port_offset: its pages listen on `http.port` + this.
        does: its work in one line, for people.
        worker: makes a worker of this role; what the worker opens is closed by the stack.
        reads: the topics it consumes, all with as many partitions.
        writes: the topics it publishes, beside the dead letters of what it reads.
        changelogs: the topics that hold its tables.
        views: the topics that hold other roles' tables, where it reads those.
        needs_device: whether it computes with a model, and so loads torch.
        needs_redis: whether it stops without Redis.
    """

    name: str
    port_offset: int
    does: str
    worker: Callable[["Role", Settings, AsyncExitStack], Worker]
    reads: tuple[Topic, ...]
    writes: tuple[Topic, ...] = ()
    changelogs: tuple[str, ...] = ()
    views: tuple[str, ...] = ()
    needs_device: bool = False
    needs_redis: bool = False

    def port(self, http: HttpSettings) -> int:
        """Where its pages listen; 0 is any free port."""
        return http.port + self.port_offset if http.port else 0

    def group(self, kafka: KafkaSettings) -> str:
        """Its consumer group, which its transactional ids and its directory are named after, too."""
        return f"{kafka.group_prefix}-{self.name}"
