"""The topics that share keys with tables: how many partitions they have, and whether one was made anew."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping

import structlog

from streams.errors import FatalError, RetryableError
from streams.kafka.topic_admin import TopicsRefusedError
from streams.kafka.topic_facts import TopicFacts
from streams.state.origin import require_equal_counts, require_same_count

log = structlog.get_logger(__name__)
_RETRY_S = 1.0
#: No answer, or one that a broker gives while it starts: rights were looked at when the worker started.
UNKNOWN = (RetryableError, TopicsRefusedError)


class TopicWatch:
    """The topics that share the keys of some tables: asked for, and compared with what they were.

    Args:
        ask: tells partitions and ids of those of the topics that exist.
        topics: all that share keys, the changelog among them.
        inputs: those that are read.
        changelog: the one that holds the tables.
    """

    def __init__(
        self,
        ask: Callable[[], Awaitable[Mapping[str, TopicFacts]]],
        topics: Collection[str],
        inputs: Collection[str],
        changelog: str,
    ) -> None:
        self._ask = ask
        self._topics = frozenset(topics)
        self.inputs = tuple(inputs)
        self.changelog = changelog
        self._known: Mapping[str, TopicFacts] = {}

    async def look(self) -> Mapping[str, TopicFacts]:
        """The topics as they are; those of the first look are what every later one is held against.

        Waits for the broker, and for topics that are not there, as long as it takes.

        Raises:
            PartitionCountError: their partitions differ in number, or from what it was.
            FatalError: one was made anew; a worker that starts takes it for what it is.
        """
        while True:
            try:
                facts = await self._ask()
                missing = sorted(self._topics - facts.keys())
                if not missing:
                    break
                log.warning("topics are missing", topics=missing)
            except UNKNOWN as error:
                log.warning("the topics are unknown while the broker is away", error=str(error))
            await asyncio.sleep(_RETRY_S)
        require_equal_counts(facts)
        self._require_unchanged(facts)
        self._known = facts
        return facts

    async def compare(self) -> None:
        """Look once whether the topics are as they were; what is missing may come back.

        Raises:
            PartitionCountError: they have another number of partitions.
            FatalError: one was made anew.
            RetryableError: the broker does not answer.
            TopicsRefusedError: it does not tell.
        """
        facts = await self._ask()
        require_equal_counts(facts or self._known)
        self._require_unchanged(facts)

    def _require_unchanged(self, facts: Mapping[str, TopicFacts]) -> None:
        for name, before in self._known.items():
            now = facts.get(name, before)
            require_same_count(self.changelog, before.partitions, now.partitions)
            if now.topic_id != before.topic_id:
                # Its partitions may not be assigned before the next refresh of metadata, minutes later.
                raise FatalError(
                    f"tables: {name} was deleted and made anew; this worker ends. Start it again: it counts on with "
                    "the new topic"
                )
