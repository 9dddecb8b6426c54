"""Cursors: where the next page of a list begins, as a text that clients hand back."""

import base64
import math

import orjson

from schemas.serving import SortKey, SortOrder
from streams.web.catalogue import Place


class CursorError(ValueError):
    """It is no cursor of ours, or one of another list."""


def to_cursor(sort: SortKey, order: SortOrder, place: Place) -> str:
    """A place in a list as a text that goes into a URL as it is."""
    packed = orjson.dumps([sort, order, place.score, place.product_id])
    return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def from_cursor(cursor: str, sort: SortKey, order: SortOrder) -> Place:
    """The place that a cursor names.

    Raises:
        CursorError: it is no cursor of ours, or one of a list with another order.

    >>> from_cursor(to_cursor("rating", "desc", Place("4.5", "台灯 1")), "rating", "desc")
    Place(score='4.5', product_id='台灯 1')
    """
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        parts = orjson.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        of_sort, of_order, written, product_id = map(str, parts)
        score = float(written)
    except (ValueError, TypeError) as error:
        raise CursorError(
            f"cursor: wanted a next_cursor of this list, got {cursor[:40]!r}; begin without one"
        ) from error
    if (of_sort, of_order) != (sort, order) or not math.isfinite(score):
        raise CursorError(
            f"cursor: wanted one of the list by {sort} {order}, got one of another ({of_sort} {of_order}); "
            "keep sort and order the same from page to page"
        )
    return Place(repr(score), product_id)
