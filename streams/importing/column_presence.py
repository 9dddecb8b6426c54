"""Checks, before a row is read, that the columns of a file can make events."""

from collections.abc import Collection, Mapping, Sequence

from schemas.reviews import Review
from schemas.topics import Topic
from streams.errors import ConfigurationError
from streams.importing.column_plan import ColumnPlan

_SHOWN = 40


def require_columns(
    plan: ColumnPlan,
    present: Sequence[str],
    topic: Topic,
    mapped: Mapping[str, str],
    *,
    given: Collection[str],
    source: str,
    is_unknown: bool,
) -> None:
    """Check that what was mapped is there, and that each field that must be there has a column or a value.

    Args:
        plan: which columns the fields are taken from.
        present: the columns that there are.
        topic: whose contract the events must fit.
        mapped: field to column, as the user said.
        given: fields that have a value for every row.
        source: the file's name.
        is_unknown: whether it was looked for a preset in vain.

    Raises:
        ConfigurationError: it says which columns there are, and how to name one.
    """
    names = [name for name in present if name]
    has = f"it has {', '.join(names[:_SHOWN]) or 'none'}{' ...' if len(names) > _SHOWN else ''}"
    for column in mapped.values():
        if column not in present:
            raise ConfigurationError(f"--map: {source} has no column {column!r}; {has}")
    missing = _missing(plan, topic, given)
    if missing:
        advice = " and ".join(f"--map {name}=COLUMN" for name in missing)
        if "product_id" in missing:
            advice += ", or with --set product_id=ID where all rows are of one product"
        if is_unknown:
            advice += "; it was recognised as no export that --preset knows"
        raise ConfigurationError(
            f"{source}: no column for {', '.join(missing)}; {has}. Name it with {advice}"
        )


def _missing(plan: ColumnPlan, topic: Topic, given: Collection[str]) -> list[str]:
    """Fields that must be there; a review's id and time can be made, and it says something if it has text or stars."""
    there = {name for name, _ in plan.steps} | set(given)
    wanted = [name for name, field in topic.contract.model_fields.items() if field.is_required()]
    missing = [name for name in wanted if name not in there and name not in {"created_at", "review_id"}]
    if topic.contract is not Review:
        return [name for name in wanted if name not in there and name != "created_at"]
    return missing if there & {"text", "rating", "removed"} else [*missing, "text"]
