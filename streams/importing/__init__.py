"""Reads what shops export, and makes events of it."""

from streams.importing.events import BadRow, EventStream, ReadyEvent
from streams.importing.import_options import ImportOptions, parse_assignments
from streams.importing.presets import AUTO, NO_PRESET, PRESET_NAMES, PRESETS, preset_columns, preset_for
from streams.importing.refusals import Refusals
from streams.importing.row_file import RowFile
from streams.importing.rows import Row

__all__ = [
    "AUTO",
    "NO_PRESET",
    "PRESETS",
    "PRESET_NAMES",
    "BadRow",
    "EventStream",
    "ImportOptions",
    "ReadyEvent",
    "Refusals",
    "Row",
    "RowFile",
    "parse_assignments",
    "preset_columns",
    "preset_for",
]
