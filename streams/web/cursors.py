"""Cursors: where the next page of a list begins, as a text that clients hand back."""

import base64
import math
from typing import Annotated

import msgspec
import orjson

from schemas.fields import MAX_INTEGER
from schemas.serving import SortKey, SortOrder
from streams.web.catalogue import ListedReview, Place, ReviewList

_Milliseconds = Annotated[int, msgspec.Meta(ge=0, le=MAX_INTEGER)]
_review_decoder = msgspec.json.Decoder(tuple[str | None, str | None, _Milliseconds, str])


class CursorError(ValueError):
    """It is no cursor of ours, or one of another list."""


def to_cursor(sort: SortKey, order: SortOrder, place: Place) -> str:
    """A place in a list as a text that goes into a URL as it is."""
    return _packed([sort, order, place.score, place.product_id])


def from_cursor(cursor: str, sort: SortKey, order: SortOrder) -> Place:
    """The place that a cursor names.

    Raises:
        CursorError: it is no cursor of ours, or one of a list with another order.

    >>> from_cursor(to_cursor("rating", "desc", Place("4.5", "台灯 1")), "rating", "desc")
    Place(score='4.5', product_id='台灯 1')
    """
    try:
        of_sort, of_order, written, product_id = map(str, orjson.loads(_json_of(cursor)))
        score = float(written)
    except (ValueError, TypeError) as error:
        raise _no_cursor(cursor) from error
    if (of_sort, of_order) != (sort, order) or not math.isfinite(score):
        raise CursorError(
            f"cursor: wanted one of the list by {sort} {order}, got one of another ({of_sort} {of_order}); "
            "keep sort and order the same from page to page"
        )
    return Place(repr(score), product_id)


def to_review_cursor(reviews: ReviewList, last: ListedReview) -> str:
    """The last review of a page as a text that goes into a URL as it is."""
    return _packed([reviews.polarity, reviews.aspect, last.created_ms, last.review_id])


def from_review_cursor(cursor: str, reviews: ReviewList) -> ListedReview:
    """The review that a cursor names.

    Raises:
        CursorError: it is no cursor of ours, or one of another list.

    >>> reviews = ReviewList(0, "negative", "delivery")
    >>> from_review_cursor(to_review_cursor(reviews, ListedReview(17, "r1")), reviews)
    ListedReview(created_ms=17, review_id='r1')
    """
    try:
        polarity, aspect, created_ms, review_id = _review_decoder.decode(_json_of(cursor))
    except (ValueError, msgspec.MsgspecError) as error:
        raise _no_cursor(cursor) from error
    if (polarity, aspect) != (reviews.polarity, reviews.aspect):
        raise CursorError(
            "cursor: wanted one of this list, got one of another; keep aspect and polarity the same from page to page"
        )
    return ListedReview(created_ms, review_id)


def _packed(parts: list[object]) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(parts)).decode().rstrip("=")


def _json_of(cursor: str) -> bytes:
    return base64.b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4), altchars=b"-_", validate=True)


def _no_cursor(cursor: str) -> CursorError:
    return CursorError(f"cursor: wanted a next_cursor of this list, got {cursor[:40]!r}; begin without one")
