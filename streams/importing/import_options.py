"""How a file is to be read, as its user says it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from streams.errors import ConfigurationError
from streams.importing.presets import AUTO


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """What is known of a file's rows beyond what stands in them.

    Attributes:
        columns: contract field to column, where they differ.
        constants: contract field to a value for every row that has none.
        preset: the name of one, "auto" or "none".
        day_first: whether 04/05/2021 is in May; None: not known.
        timezone: of clocks that do not say theirs; None: that of the preset, or UTC.
        rating_scale: what the numbers of ratings mean; None: 0 to 5.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    preset: str = AUTO
    day_first: bool | None = None
    timezone: str | None = None
    rating_scale: str | None = None


def parse_assignments(text: str, option: str) -> dict[str, str]:
    """Read `a=b,c=d`.

    Raises:
        ConfigurationError: a part has no `=`, or one side is empty.

    >>> parse_assignments("review_id=id, text=body", "--map")
    {'review_id': 'id', 'text': 'body'}
    """
    pairs = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        left, equals, right = part.partition("=")
        if not (equals and left.strip() and right.strip()):
            raise ConfigurationError(f"{option}: wanted field=column, comma separated, got {part!r}")
        pairs[left.strip()] = right.strip()
    return pairs
