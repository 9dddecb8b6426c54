"""The one list of topics: what each carries, how it is keyed, and how long it is kept."""

import difflib
from dataclasses import dataclass
from typing import Literal

from schemas.alerts import ProductAlert
from schemas.behaviour import BehaviourEvent
from schemas.copywriting import CopyReady, CopyRequest
from schemas.events import Event
from schemas.learning import Feedback, ModelPromoted
from schemas.operations import AuditEvent, ErasureRequested
from schemas.product_copy import CopyDecided, CopyRefreshRequested, ProductCopy, ProductEnriched
from schemas.products import Product
from schemas.reviews import Review, ReviewEnriched
from schemas.search import ProductDocument
from schemas.summaries import ProductSummary, ProductText, RefreshRequested

DAY_MS = 24 * 3600 * 1000
WEEK_MS = 7 * DAY_MS
MONTH_MS = 30 * DAY_MS
QUARTER_MS = 90 * DAY_MS
YEAR_MS = 365 * DAY_MS
DEAD_LETTER_RETENTION_MS = MONTH_MS
#: Of user-behaviour, whatever the topics of products have: room for several workers.
BEHAVIOUR_PARTITIONS = 4


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic and its promises.

    Attributes:
        contract: the event that its records carry.
        key: the attribute of the event that is the record's key.
        retention_ms: how long records are kept unless configured otherwise, in milliseconds; None where compaction
            keeps the newest.
        partitions: None for as many as every topic of products has, so that what belongs to a product meets on one
            worker; a number where nothing has to meet.
        nullable: whether a record without a value means that its key is gone.
        dead_letters: whether one of our roles sets aside what it cannot read of it. What is served is skipped instead:
            its next record mends it.
    """

    name: str
    contract: type[Event]
    key: str = "product_id"
    cleanup_policy: Literal["delete", "compact"] = "delete"
    retention_ms: int | None = WEEK_MS
    partitions: int | None = None
    nullable: bool = False
    dead_letters: bool = True

    def key_of(self, event: Event) -> str:
        """The key that the record of this event must have."""
        return str(getattr(event, self.key))


def _compacted(
    name: str,
    contract: type[Event],
    *,
    key: str = "product_id",
    nullable: bool = False,
    dead_letters: bool = True,
) -> Topic:
    """A topic of which the newest record of each key is kept."""
    return Topic(
        name,
        contract,
        key=key,
        cleanup_policy="compact",
        retention_ms=None,
        nullable=nullable,
        dead_letters=dead_letters,
    )


NEW_REVIEW = Topic("new-review", Review, retention_ms=QUARTER_MS)
NEW_PRODUCT = Topic("new-product", Product, retention_ms=QUARTER_MS)
COPY_REQUEST = Topic("copy-request", CopyRequest, key="subject_id")
COPY_READY = Topic("copy-ready", CopyReady, key="subject_id", dead_letters=False)
#: Keyed by user, which no topic of products is: its partitions need not be theirs, and are as many as users need.
USER_BEHAVIOUR = Topic(
    "user-behaviour", BehaviourEvent, key="user_id", retention_ms=MONTH_MS, partitions=BEHAVIOUR_PARTITIONS
)
REVIEW_FEEDBACK = Topic("review-feedback", Feedback, retention_ms=YEAR_MS)
COPY_DECIDED = Topic("copy-decided", CopyDecided, retention_ms=YEAR_MS)
#: One partition: every role reads all of them, in one order. Long enough for a role that was away.
ERASURE_REQUESTED = Topic(
    "erasure-requested", ErasureRequested, key="subject_id", retention_ms=MONTH_MS, partitions=1
)
ENRICHED_REVIEW = Topic("enriched-review", ReviewEnriched, retention_ms=MONTH_MS)
REFRESH_REQUESTED = Topic("refresh-requested", RefreshRequested)
COPY_REFRESH_REQUESTED = Topic("copy-refresh-requested", CopyRefreshRequested)
PRODUCT_TEXT = _compacted("product-text", ProductText)
PRODUCT_COPY = _compacted("product-copy", ProductCopy)
PRODUCT_SUMMARY = _compacted("product-summary", ProductSummary, nullable=True, dead_letters=False)
ENRICHED_PRODUCT = _compacted("enriched-product", ProductEnriched, nullable=True, dead_letters=False)
PRODUCT_DOCUMENT = _compacted("product-document", ProductDocument, nullable=True, dead_letters=False)
PRODUCT_ALERT = Topic("product-alert", ProductAlert, retention_ms=MONTH_MS, dead_letters=False)
MODEL_PROMOTED = _compacted("model-promoted", ModelPromoted, key="unit")
#: One partition: what was done, in the order it was done. For people and their tools, no role reads it.
AUDIT = Topic("audit", AuditEvent, key="subject", retention_ms=YEAR_MS, partitions=1, dead_letters=False)

#: What platforms and operators publish. Everything else is published by this project.
INPUTS = (
    NEW_REVIEW,
    NEW_PRODUCT,
    COPY_REQUEST,
    USER_BEHAVIOUR,
    REVIEW_FEEDBACK,
    COPY_DECIDED,
    ERASURE_REQUESTED,
)

TOPICS: tuple[Topic, ...] = (
    NEW_REVIEW,
    NEW_PRODUCT,
    COPY_REQUEST,
    COPY_READY,
    USER_BEHAVIOUR,
    REVIEW_FEEDBACK,
    COPY_DECIDED,
    ERASURE_REQUESTED,
    ENRICHED_REVIEW,
    REFRESH_REQUESTED,
    COPY_REFRESH_REQUESTED,
    PRODUCT_TEXT,
    PRODUCT_COPY,
    PRODUCT_SUMMARY,
    ENRICHED_PRODUCT,
    PRODUCT_DOCUMENT,
    PRODUCT_ALERT,
    MODEL_PROMOTED,
    AUDIT,
)

#: Where a role keeps its state, beside its own copy on disk: compacted, bytes that only that role reads.
ROLLING_STATE = "rolling-state"
#: Every such topic.
CHANGELOGS = (ROLLING_STATE,)
_BY_NAME = {topic.name: topic for topic in TOPICS}


def dead_letter_topic(name: str) -> str:
    """The name of the topic that takes what could not be processed of topic `name`.

    >>> dead_letter_topic("new-review")
    'new-review.dlq'
    """
    return f"{name}.dlq"


def topic_named(name: str) -> Topic:
    """The topic of this name.

    Raises:
        ValueError: there is none; the message names the nearest, or all of them.
    """
    topic = _BY_NAME.get(name)
    if topic is not None:
        return topic
    nearest = difflib.get_close_matches(name, _BY_NAME, n=1)
    hint = f"did you mean {nearest[0]!r}?" if nearest else f"there are: {', '.join(_BY_NAME)}"
    raise ValueError(f"no topic is named {name[:80]!r}; {hint}")


def expiring_topics() -> tuple[str, ...]:
    """The names of all topics whose records are kept for a time, dead letters too."""
    kept = [topic.name for topic in TOPICS if topic.cleanup_policy == "delete"]
    return (*kept, *(dead_letter_topic(topic.name) for topic in TOPICS if topic.dead_letters))
