"""Rows of a file as events of a topic, checked like the stream's."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import chain, islice

import orjson

from schemas.dead_letters import DeadLetterReason
from schemas.events import Event, Request
from schemas.fields import is_ahead
from schemas.reviews import Review
from schemas.topics import NEW_REVIEW, Topic
from streams.errors import ConfigurationError, RejectedEventError
from streams.importing.cells import Convert, converters, is_blank
from streams.importing.column_plan import ColumnPlan, plan_columns
from streams.importing.column_presence import require_columns
from streams.importing.dates import DateError, DateReading, zone_named
from streams.importing.identities import MadeIds, SeenKeys
from streams.importing.import_options import ImportOptions
from streams.importing.no_reviews import why_no_review
from streams.importing.presets import AUTO, NO_PRESET, Preset, preset_for
from streams.importing.ratings import RatingError, RatingScale
from streams.importing.rows import Row
from streams.importing.translations import original_text
from streams.serde import decode

#: Rows that are looked at before the first is read, to know the columns of a file without a header.
_LOOKED_AT = 1_000
_MAX_PLANS = 500
_MAX_LEFT_OUT = 50


@dataclass(frozen=True, slots=True)
class ReadyEvent:
    """A row that became an event: what to publish under which key."""

    line: int
    key: bytes
    value: bytes
    event: Event


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that could not become an event, why, and what it holds: its fields, or its text."""

    line: int
    problem: str
    row: Mapping[str, object] | str = field(default="", compare=False)


def _utc_now() -> datetime:
    return datetime.now(UTC)


class EventStream:
    """Turns rows into events of a topic, once, row by row.

    A row that names a time more than two days from now is refused: a contract knows no clock, so this is the place.
    So is a review whose id and version an earlier row has: it would change nothing. A column that the contract does
    not have is left out, but for requests, which refuse what they do not know.

    Attributes:
        preset: the one that was named or recognised.
        left_out: columns that no field is taken from, as far as rows were read.
        made_ids: how many ids were made of the content of rows.
        dated_now: how many rows got the present time, because they have none.
        skipped: how many rows are no reviews, by why not.

    Args:
        rows: what is read.
        topic: whose contract the events must fit.
        options: what the user says of the rows.
        columns: names in the header; None: each row has its own.
        source: what to call the file in messages.
        now: the clock, timezone-aware.

    Raises:
        ConfigurationError: an option names a field or a column that there is not, or a needed field has no column.
    """

    def __init__(
        self,
        rows: Iterable[Row],
        topic: Topic,
        options: ImportOptions,
        *,
        columns: tuple[str, ...] | None = None,
        source: str = "the file",
        now: Callable[[], datetime] = _utc_now,
    ) -> None:
        self._topic = topic
        self._contract = topic.contract
        self._options = options
        self._now = now
        self._require_fields()
        iterator = iter(rows)
        first = list(islice(iterator, _LOOKED_AT if columns is None else 1))
        self._rows = chain(first, iterator)
        present = columns or tuple(dict.fromkeys(name for row in first for name in row.fields or ()))
        self.preset = _chosen(options.preset, topic, present)
        self._convert, self._convert_utc = self._converters()
        self._moments = [name for name, part in _properties(topic).items() if "date-time" in str(part)]
        self._defaults = self._constants()
        self._plans: dict[tuple[str, ...], ColumnPlan] = {}
        self._left_out: dict[str, None] = {}
        self._made = MadeIds()
        self._seen = SeenKeys()
        self.is_empty = not first
        self.dated_now = 0
        self.skipped: Counter[str] = Counter()
        if any(row.fields is not None for row in first):
            is_unknown = self.preset is None and options.preset == AUTO and topic is NEW_REVIEW
            require_columns(
                self._plan(present),
                present,
                topic,
                options.columns,
                given=self._defaults,
                source=source,
                is_unknown=is_unknown,
            )

    @property
    def left_out(self) -> tuple[str, ...]:
        """See the class."""
        return tuple(self._left_out)

    @property
    def made_ids(self) -> int:
        """See the class."""
        return self._made.count

    def __iter__(self) -> Iterator[ReadyEvent | BadRow]:
        """Each row once; those that are no reviews are counted only."""
        for row in self._rows:
            if row.fields is None:
                yield BadRow(row.line, row.problem, row.raw)
                continue
            columns = tuple(row.fields)
            plan = self._plans.get(columns) or self._plan(columns)
            if (why := _why_no_review(plan, row.fields)) is not None:
                self.skipped[why] += 1
                continue
            try:
                yield self._event(row.line, row.fields, plan)
            except (RejectedEventError, DateError, RatingError) as error:
                yield BadRow(row.line, f"{error}{self._hint(row.fields, str(error))}", row.fields)

    def _event(self, line: int, cells: Mapping[str, object], plan: ColumnPlan) -> ReadyEvent:
        fields: dict[str, object] = {}
        for name, columns in plan.steps:
            for column, convert in columns:
                cell = cells.get(column)
                if is_blank(cell):
                    continue
                try:
                    value = convert(cell)
                except (DateError, RatingError) as error:
                    raise type(error)(f"{name}: {error}") from error
                if value is not None:
                    fields[name] = value
                    break
        for name, value in self._defaults.items():
            fields.setdefault(name, value)
        if "created_at" not in fields and "created_at" in self._convert:
            fields["created_at"] = self._now().isoformat()
            self.dated_now += 1
        if self._contract is Review and "review_id" not in fields:
            fields["review_id"] = self._made_id(plan, cells, fields)
        return self._checked(line, fields)

    def _checked(self, line: int, fields: Mapping[str, object]) -> ReadyEvent:
        try:
            value = orjson.dumps(fields)
        except orjson.JSONEncodeError as error:
            raise RejectedEventError(DeadLetterReason.MALFORMED_JSON, f"cannot be JSON: {error}") from error
        event = decode(self._contract, value)
        self._require_past(event)
        if isinstance(event, Review) and not self._seen.add(
            (event.product_id, event.review_id, event.version)
        ):
            raise RejectedEventError(
                DeadLetterReason.INVALID_EVENT,
                f"review {event.review_id[:40]}, version {event.version} stands in an earlier row, and only one "
                "of them would count; give an edit or a removal a higher version",
            )
        return ReadyEvent(line, self._topic.key_of(event).encode(), value, event)

    def _made_id(self, plan: ColumnPlan, cells: Mapping[str, object], fields: Mapping[str, object]) -> str:
        content = [fields.get("product_id"), *(cells.get(column) for column in plan.content)]
        is_told_apart = "text" in fields and bool(plan.author or plan.columns_of("created_at"))
        return self._made.make(content, may_repeat=not is_told_apart)

    def _require_past(self, event: Event) -> None:
        """Check that no time of an event lies ahead, but for clocks that differ."""
        now = self._now()
        for name in self._moments:
            moment = getattr(event, name)
            if isinstance(moment, datetime) and is_ahead(moment, now_s=now.timestamp()):
                raise RejectedEventError(
                    DeadLetterReason.INVALID_EVENT,
                    f"{name}: wanted at most 2 days from now, got {moment.isoformat()}",
                )

    def _hint(self, cells: Mapping[str, object], problem: str) -> str:
        """What to do about a field that is missing."""
        plan = self._plan(tuple(cells))
        hints = []
        for name in self._contract.model_fields:
            if f"{name}: is missing" in problem:
                columns = ", ".join(plan.columns_of(name))
                hints.append(
                    f"column {columns} is empty" if columns else f"--map {name}=COLUMN names its column"
                )
        if hints and not all("is empty" in hint for hint in hints):
            hints.append(f"the row has {', '.join(cells) or 'none'}")
        return f" ({'; '.join(hints)})" if hints else ""

    def _plan(self, present: tuple[str, ...]) -> ColumnPlan:
        plan = self._plans.get(present)
        if plan is None:
            if len(self._plans) >= _MAX_PLANS:
                self._plans.clear()
            plan = plan_columns(
                present,
                self._convert,
                convert_utc=self._convert_utc,
                mapped=self._options.columns,
                preset=self.preset,
                keeps_unknown=issubclass(self._contract, Request),
            )
            self._plans[present] = plan
            for name in plan.left_out:
                if len(self._left_out) < _MAX_LEFT_OUT:
                    self._left_out.setdefault(name)
        return plan

    def _require_fields(self) -> None:
        known = set(self._contract.model_fields)
        for name in (*self._options.columns, *self._options.constants):
            if name not in known:
                raise ConfigurationError(
                    f"--map/--set: {self._topic.name} has no field {name!r}; it has {', '.join(sorted(known))}"
                )

    def _converters(self) -> tuple[dict[str, Convert], dict[str, Convert]]:
        preset, options = self.preset, self._options
        zone = zone_named(options.timezone or (preset.zone if preset else "") or "UTC")
        unrated = RatingScale(least=1 if preset is not None and preset.is_zero_unrated else 0)
        scale = RatingScale.named(options.rating_scale) if options.rating_scale is not None else unrated
        words = preset.words if preset is not None else {}
        of_zone, of_utc = (
            converters(self._contract, dates, scale, words)
            for dates in (DateReading(options.day_first, zone), DateReading(options.day_first))
        )
        if preset is not None and preset.holds_translations:
            of_zone["text"] = of_utc["text"] = original_text
        return of_zone, of_utc

    def _constants(self) -> dict[str, object]:
        constants: dict[str, object] = {}
        for name, text in self._options.constants.items():
            try:
                constants[name] = self._convert[name](text)
            except (DateError, RatingError) as error:
                raise ConfigurationError(f"--set {name}: {error}") from error
        if self.preset is not None:
            constants.setdefault("platform", self.preset.name)
        return constants


def _why_no_review(plan: ColumnPlan, cells: Mapping[str, object]) -> str | None:
    return why_no_review(cells, replies=plan.replies, statuses=plan.statuses)


def _properties(topic: Topic) -> Mapping[str, object]:
    properties: Mapping[str, object] = topic.contract.model_json_schema()["properties"]
    return properties


def _chosen(name: str, topic: Topic, present: tuple[str, ...]) -> Preset | None:
    """The preset that was asked for, or recognised; other topics than that of reviews have none."""
    if topic is NEW_REVIEW:
        return preset_for(name, present)
    if name not in {AUTO, NO_PRESET}:
        raise ConfigurationError(f"--preset: {name} is of reviews, and {topic.name} holds none")
    return None
