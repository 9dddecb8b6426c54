"""Rows of an export that are no reviews of shoppers: replies of the shop, and what the shop does not show."""

from collections.abc import Iterable, Mapping

from streams.importing.cells import is_blank

REPLY, NOT_SHOWN = "replies of the shop", "not shown in the shop"
#: What only waits for approval is a review.
_STATUSES_NOT_SHOWN = frozenset(
    {"unpublished", "hidden", "spam", "rejected", "deleted", "removed", "trash", "post-trashed"}
)


def why_no_review(
    cells: Mapping[str, object], *, replies: Iterable[str], statuses: Iterable[str]
) -> str | None:
    """REPLY or NOT_SHOWN; None for a review.

    Args:
        cells: of the row.
        replies: the columns that are not 0 where a row answers another.
        statuses: the columns that say whether the shop shows a row.
    """
    for column in replies:
        if not is_blank(cells.get(column)) and _word(cells[column]) != "0":
            return REPLY
    for column in statuses:
        if _word(cells.get(column)) in _STATUSES_NOT_SHOWN:
            return NOT_SHOWN
    return None


def _word(cell: object) -> str:
    """A status or a number as text: 0 for 0.0, as data frames write it."""
    return str(int(cell) if isinstance(cell, float) and cell.is_integer() else cell).strip().casefold()
