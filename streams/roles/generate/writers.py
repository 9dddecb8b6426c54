"""Who writes: what a writer is, and the one registry of which topic of requests is answered by whom."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from schemas.topics import PRODUCT_TEXT, REFRESH_REQUESTED, Topic
from streams.roles.generate.product_texts import load_text_writer
from streams.settings import Settings

#: The fields of an answer beside its lineage, ready for JSON.
Fields = Mapping[str, object]


class Writer(Protocol):
    """Answers the requests of one topic; asked from one thread at a time."""

    def write(self, requests: Sequence[Any]) -> Sequence[Fields]:
        """An answer of each, in order: the fields of its contract but for where and when it was made.

        An exception is taken for the fault of one of the requests: each is asked again alone, and the canary of one
        that fails alone, too.
        """
        ...

    def canary(self, request: Any) -> Any:
        """A harmless request that is answered by the same models. If it fails, they are broken, not the request."""
        ...

    def stop(self) -> None:
        """End what is being written soon, from another thread; nothing is written by a model after it."""
        ...


@dataclass(frozen=True, slots=True)
class WriterEntry:
    """A topic of requests, the topic of their answers, and what loads their writer, which may take long."""

    requests: Topic
    answers: Topic
    load: Callable[[Settings], Writer]


#: What the generate role answers. A new kind of request is one more entry.
WRITERS = (WriterEntry(REFRESH_REQUESTED, PRODUCT_TEXT, load_text_writer),)
