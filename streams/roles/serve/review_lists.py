"""Redis as the store of lists: the reviews of every counter of a product, from the rolling role's own table of reviews.

A product has one sorted set of entries that begin with their list, so that a list is a range of it, in the order of
writing; and a hash of rows, which say of each review in which lists it is, so that an edit finds its former entries.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from struct import Struct

import msgspec
from redis.asyncio import Redis

from schemas.dead_letters import DeadLetterReason
from streams.delivery.records import Record
from streams.errors import RejectedEventError
from streams.roles.serve import lua_scripts
from streams.roles.serve.progress import Progress
from streams.roles.serve.redis_store import Applied, Argument, Batch, RedisStore, StoreKeys, progress_of
from streams.rolling.product_state import POLARITIES, UNREAD, Contribution
from streams.rolling_state import REVIEW_CODEC, REVIEWS, ids_of
from streams.state.versions import NewerStateError
from streams.web.catalogue import ListedReview, ReviewList

#: Of an entry: the list's withdrawals, polarity and the length of its aspect, which follows; then when, and the id.
_LIST = Struct(">IBH")
_WHEN = Struct(">Q")
#: In the place of a polarity: the list of all reviews.
_ALL = len(POLARITIES)


@dataclass(frozen=True, slots=True)
class ReviewChange:
    """What one record does to its review.

    Attributes:
        row: when it was written and its lists, packed; empty if it is not counted.
    """

    product_id: str
    review_id: str
    offset: int
    row: bytes


@dataclass(frozen=True, slots=True)
class ListPage:
    """A page of a list, its length, and how far the store was at the same moment."""

    progress: Progress
    total: int
    reviews: tuple[ListedReview, ...]
    has_more: bool


def review_change_of(record: Record, _now: datetime) -> ReviewChange | None:
    """Read one record of `rolling-state`; None where it is of another table.

    Raises:
        RejectedEventError: it is no review of a form that is known; says why.
    """
    key = record.key or b""
    if not key.startswith(REVIEWS):
        return None
    try:
        product_id, review_id = ids_of(key[len(REVIEWS) :])
        state = REVIEW_CODEC.decode(record.value) if record.value is not None else None
    except (NewerStateError, msgspec.MsgspecError, ValueError, KeyError, IndexError) as error:
        raise RejectedEventError(DeadLetterReason.INVALID_EVENT, f"review: {error}") from error
    row = b""
    if state is not None and state.contribution is not None:
        row = _WHEN.pack(state.contribution.created_ms) + b"".join(_lists(state.era, state.contribution))
    return ReviewChange(product_id, review_id, record.offset, row)


class ReviewLists(RedisStore):
    """The lists in Redis, below one prefix; see `RedisStore`."""

    def __init__(self, redis: "Redis", prefix: str) -> None:
        self._epochs = f"{prefix}reviews:of:"
        keys = StoreKeys(f"{prefix}reviews:")
        super().__init__(redis, keys, contents=self._epochs, sweep=lua_scripts.SWEEP_REVIEWS)
        self._apply = redis.register_script(lua_scripts.APPLY_REVIEWS)
        self._page = redis.register_script(lua_scripts.PAGE_REVIEWS)

    async def apply(self, batch: Batch[ReviewChange]) -> Applied:
        """Write what is newer than what is there, and move the partition's position, at once."""
        arguments: list[Argument] = [*batch.arguments, self._epochs]
        for change in batch.changes:
            arguments += (change.offset, change.product_id, change.review_id, change.row)
        answer = await self._run(self._apply, (), arguments)
        return Applied(bool(answer[0]), *answer[1:])

    async def page(
        self, product_id: str, reviews: ReviewList, *, limit: int, after: ListedReview | None
    ) -> ListPage:
        """Some reviews of a list, the latest first, from behind one; of those of one moment the greatest id first."""
        polarity = POLARITIES.index(reviews.polarity) if reviews.polarity is not None else _ALL
        beginning = _list(reviews.withdrawals, polarity, reviews.aspect or "")
        behind = _WHEN.pack(after.created_ms) + after.review_id.encode() if after is not None else b""
        asked = (self._epochs, product_id, beginning, limit, behind)
        *head, total, entries = await self._run(self._page, (), asked)
        page = tuple(map(_listed, entries[:limit]))
        return ListPage(progress_of(head), total, page, len(entries) > limit)


def _lists(withdrawals: int, counted: Contribution) -> Iterator[bytes]:
    """How the entries of every list begin that a review is in."""
    yield _list(withdrawals, _ALL, "")
    if counted.sentiment != UNREAD:
        yield _list(withdrawals, counted.sentiment, "")
    for aspect, polarity in dict.fromkeys(counted.opinions):
        yield _list(withdrawals, polarity, aspect)


def _list(withdrawals: int, polarity: int, aspect: str) -> bytes:
    name = aspect.encode()
    return _LIST.pack(withdrawals, polarity, len(name)) + name


def _listed(entry: bytes) -> ListedReview:
    (created_ms,) = _WHEN.unpack_from(entry)
    return ListedReview(created_ms, entry[_WHEN.size :].decode())
