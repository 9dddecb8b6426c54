"""Which column of a row is which field of a contract."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from streams.importing.cells import Convert
from streams.importing.presets import AUTHOR_COLUMNS, Preset, present_of, simplified

#: What makes a review the one that it is, where it has no id.
_CONTENT_FIELDS = ("product_id", "created_at", "author_id", "title", "text", "rating")


class ColumnPlan(NamedTuple):
    """What is taken from rows with the same columns.

    Attributes:
        steps: field, and the columns it is taken from, each with what converts its cells.
        left_out: columns that no field is taken from.
        content: the columns that an id is made of.
        author: those of them that say who wrote it.
        replies: the columns that say whether a row answers another.
        statuses: the columns that say whether the shop shows a row.
    """

    steps: tuple[tuple[str, tuple[tuple[str, Convert], ...]], ...]
    left_out: tuple[str, ...]
    content: tuple[str, ...]
    author: tuple[str, ...]
    replies: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()

    def columns_of(self, name: str) -> tuple[str, ...]:
        """The columns that a field is taken from."""
        return next(
            (tuple(column for column, _ in taken) for field, taken in self.steps if field == name), ()
        )


def plan_columns(
    present: Iterable[str],
    convert: Mapping[str, Convert],
    *,
    convert_utc: Mapping[str, Convert],
    mapped: Mapping[str, str],
    preset: Preset | None,
    keeps_unknown: bool,
) -> ColumnPlan:
    """Decide where fields come from: what was said first, then the preset, then the column of the field's own name.

    An id is taken from one column only: half of the ids of one kind and half of another would be two products.

    Args:
        present: the columns of the row.
        convert: field to what makes a cell its value.
        convert_utc: the same for columns whose name says that their clocks are UTC.
        mapped: field to column, as the user said.
        preset: what the export calls its columns.
        keeps_unknown: whether columns that are no fields are passed on, for the contract to refuse.
    """
    names = list(present)
    taken: dict[str, tuple[str, ...]] = {}
    for name in convert:
        columns = _columns_of(name, names, mapped, preset)
        if columns:
            taken[name] = columns[:1] if name.endswith("_id") else columns
    used = {column for columns in taken.values() for column in columns}
    left_out = tuple(name for name in names if name and name not in used)
    steps = [
        (name, tuple((column, (convert_utc if _is_utc(column) else convert)[name]) for column in columns))
        for name, columns in taken.items()
    ]
    if keeps_unknown:
        steps += [(name, ((name, _unchanged),)) for name in left_out if name not in convert]
    author = tuple(name for name in names if simplified(name) in AUTHOR_COLUMNS)
    content = [column for name in _CONTENT_FIELDS for column in taken.get(name, ())]
    return ColumnPlan(
        tuple(steps),
        left_out,
        tuple(dict.fromkeys((*content, *author))),
        author,
        present_of(names, preset.replies if preset is not None else ()),
        present_of(names, preset.statuses if preset is not None else ()),
    )


def _is_utc(column: str) -> bool:
    return simplified(column).endswith(("utc", "gmt"))


def _columns_of(
    name: str, names: list[str], mapped: Mapping[str, str], preset: Preset | None
) -> tuple[str, ...]:
    if name in mapped:
        return (mapped[name],) if mapped[name] in names else ()
    if preset is not None:
        wanted = present_of(names, preset.columns.get(name, ()))
        if wanted:
            return wanted
    return (name,) if name in names else ()


def _unchanged(value: object) -> object:
    return value
