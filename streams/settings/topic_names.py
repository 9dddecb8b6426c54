"""What topics are named on the broker: as here, or with a prefix, or otherwise."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from schemas.topics import CHANGELOGS, TOPICS, dead_letter_topic

#: What Kafka takes; room is left for the ending of dead letters.
_NAME = re.compile(r"[A-Za-z0-9._-]{1,245}")


@dataclass(frozen=True, slots=True)
class TopicNames:
    """Gives the name on the broker of a topic, dead-letter topic or changelog.

    Args:
        prefix: before every name.
        mapping: whole names, without the prefix, by the names of the contracts. Dead letters follow their topic.

    >>> names = TopicNames("shop.", {"new-review": "reviews"})
    >>> names("new-review"), names("new-review.dlq"), names("rolling-state")
    ('reviews', 'reviews.dlq', 'shop.rolling-state')
    """

    prefix: str = ""
    mapping: Mapping[str, str] = field(default_factory=dict)

    def __call__(self, name: str) -> str:
        """The name on the broker of what the contracts name so."""
        topic = name.removesuffix(_DEAD_LETTERS)
        named = self.mapping.get(topic, f"{self.prefix}{topic}")
        return named if topic == name else dead_letter_topic(named)

    def problem(self) -> str | None:
        """What is wrong with the names, in words; None if nothing is."""
        known = [topic.name for topic in TOPICS] + list(CHANGELOGS)
        for name, named in self.mapping.items():
            if name not in known:
                return f"topic_names: wanted one of {', '.join(known)}; got {name!r}"
            if not _NAME.fullmatch(named) or named in {".", ".."}:
                return (
                    f"topic_names: {name}: wanted 1 to 245 letters, digits, dots, underscores and hyphens, "
                    f"got {named[:80]!r}"
                )
        counts = Counter(self(name) for name in _every_name())
        twice = sorted(name for name, count in counts.items() if count > 1)
        return (
            f"topic_names: wanted a name of its own for each topic, got {', '.join(twice)} twice"
            if twice
            else None
        )


_DEAD_LETTERS = dead_letter_topic("")


def _every_name() -> list[str]:
    """Of the contracts: topics, dead-letter topics and changelogs."""
    names = [topic.name for topic in TOPICS]
    return [*names, *(dead_letter_topic(topic.name) for topic in TOPICS if topic.dead_letters), *CHANGELOGS]
