"""Alerts of a product: when a review or the passing of time raises or resolves one, and what is published of it."""

import datetime as dt
import hashlib
from collections.abc import Callable, Iterator, Sequence
from itertools import compress
from typing import NamedTuple

from schemas.events import SCHEMA_VERSION
from streams.rolling.product_state import NEGATIVE, Arrival, Kind, ProductState, ReviewState
from streams.rolling.surges import (
    ASPECT,
    LOOKALIKE,
    AlertState,
    Recovery,
    Surge,
    SurgeLimits,
    look,
    raised,
    resolved,
    reviews_a_week,
)
from streams.rolling.surges import NEGATIVE as NEGATIVE_LIMITS
from streams.rolling.surges.ending import is_over
from streams.serde import JsonObject

MAX_QUOTES = 5
MAX_QUOTE_CHARACTERS = 300


class Subject(NamedTuple):
    """What an alert is about: its kind, and the aspect of an aspect surge."""

    kind: str
    aspect: str | None = None

    @property
    def name(self) -> str:
        """As text: its key in the state."""
        return self.kind if self.aspect is None else f"{self.kind}|{self.aspect}"

    @classmethod
    def of(cls, name: str) -> "Subject":
        """From its name."""
        kind, _, aspect = name.partition("|")
        return cls(kind, aspect or None)

    @property
    def limits(self) -> SurgeLimits:
        """What it takes to be one."""
        return {"negative_surge": NEGATIVE_LIMITS, "lookalike_surge": LOOKALIKE}.get(self.kind, ASPECT)

    def matches(self, arrivals: Sequence[Arrival]) -> list[bool]:
        """Whether each review is of the kind."""
        if self.kind == "negative_surge":
            return [arrival.sentiment == NEGATIVE for arrival in arrivals]
        if self.kind == "lookalike_surge":
            return [arrival.is_lookalike for arrival in arrivals]
        return [self.aspect in arrival.negative_aspects for arrival in arrivals]

    def count(self, product: ProductState) -> int:
        """How many of a product's reviews are."""
        counts = product.counts
        if self.kind == "negative_surge":
            return counts.sentiment[NEGATIVE]
        if self.kind == "lookalike_surge":
            return counts.lookalike_five_stars
        return counts.aspects.get(self.aspect or "", [0])[NEGATIVE]


class AlertChange(NamedTuple):
    """An alert that was raised or resolved, and by what."""

    subject: Subject
    state: AlertState
    cause: Surge | Recovery


def look_at_newest(product: ProductState) -> list[AlertChange]:
    """What the newest review of a product changes; the product's alerts are changed with it."""
    if not product.arrivals:
        return []
    newest = product.arrivals[-1]
    subjects = {Subject.of(name) for name, state in product.alerts.items() if not state.resolved_at_ms}
    if newest.sentiment == NEGATIVE:
        subjects.add(Subject("negative_surge"))
    if newest.is_lookalike:
        subjects.add(Subject("lookalike_surge"))
    subjects |= {Subject("aspect_surge", aspect) for aspect in newest.negative_aspects}
    return [change for subject in sorted(subjects, key=_name) if (change := _look(product, subject))]


def look_at_clock(product: ProductState, now_ms: int) -> list[AlertChange]:
    """Which alerts are over because time has passed; the product's alerts are changed with it."""
    changes = []
    for name, state in product.alerts.items():
        subject = Subject.of(name)
        if not state.resolved_at_ms:
            recent = subject.matches(product.arrivals)
            over = is_over(state, recent, product.counts.reviews, subject.limits, now_ms=now_ms)
            if over is not None:
                changes.append(_settled(product, subject, state, over, now_ms))
    return changes


def stands(product: ProductState) -> bool:
    """Whether an alert of the product is not resolved yet."""
    return any(not state.resolved_at_ms for state in product.alerts.values())


def _look(product: ProductState, subject: Subject) -> AlertChange | None:
    state = product.alerts.get(subject.name)
    arrivals, reviews = product.arrivals, product.counts.reviews
    matches = subject.matches(arrivals)
    if state is None and matches.count(True) < subject.limits.least_matching:
        return None
    now_ms = arrivals[-1].arrived_ms
    change = look(
        state,
        matches,
        subject.count(product),
        reviews,
        subject.limits,
        now_ms=now_ms,
        pace=reviews_a_week(reviews, product.first_ms, len(arrivals), arrivals[0].arrived_ms, now_ms),
    )
    if isinstance(change, Surge):
        identity = f"{product.product_id}\0{subject.name}\0{product.applied}".encode()
        alert_id = f"{subject.kind}-{hashlib.blake2b(identity, digest_size=10).hexdigest()}"
        known = raised(alert_id, change, reviews=reviews, at_ms=now_ms)
        product.alerts[subject.name] = known
        return AlertChange(subject, known, change)
    if change is not None and state is not None:
        return _settled(product, subject, state, change, now_ms)
    return None


def _settled(
    product: ProductState, subject: Subject, state: AlertState, over: Recovery, now_ms: int
) -> AlertChange:
    known = resolved(state, reviews=product.counts.reviews, at_ms=now_ms)
    product.alerts[subject.name] = known
    return AlertChange(subject, known, over)


def alert_event(
    product: ProductState,
    change: AlertChange,
    look_up: Callable[[str], ReviewState | None],
    *,
    source: JsonObject,
    now: dt.datetime,
    replay_id: str | None = None,
) -> JsonObject:
    """The `ProductAlert` of a change."""
    subject, state, cause = change
    window = product.arrivals[len(product.arrivals) - min(cause.reviews, len(product.arrivals)) :]
    is_raised = isinstance(cause, Surge)
    guilty = list(compress(window, subject.matches(window))) if is_raised else []
    begin_ms = window[0].arrived_ms if window else state.raised_at_ms
    end_ms = max(begin_ms, window[-1].arrived_ms if window else state.resolved_at_ms) + 1
    return {
        "schema_version": SCHEMA_VERSION,
        "alert_id": state.alert_id,
        "product_id": product.product_id,
        "kind": subject.kind,
        "aspect": subject.aspect,
        "state": "raised" if is_raised else "resolved",
        "window": {"starts_at": _moment(begin_ms), "ends_at": _moment(end_ms)},
        "baseline": {"matching": cause.baseline_matching, "reviews": cause.baseline_reviews},
        "observed": {"matching": cause.matching, "reviews": cause.reviews},
        "p_value": min(1.0, max(0.0, cause.p_value)),
        "review_ids": [arrival.review_id for arrival in guilty],
        "quotes": list(_quotes(product, subject, guilty, look_up)),
        "source": source,
        "made_at": now,
        "model": None,
        "replay_id": replay_id,
    }


def _quotes(
    product: ProductState,
    subject: Subject,
    guilty: Sequence[Arrival],
    look_up: Callable[[str], ReviewState | None],
) -> Iterator[dict[str, str]]:
    """What some of the newest guilty reviews say of it, word for word."""
    telling = {
        point.number
        for name, points in product.points.items()
        if _is_about(Kind.of(name), subject)
        for point in points
    }
    for arrival in guilty[-MAX_QUOTES:]:
        state = look_up(arrival.review_id)
        if state is None or state.contribution is None:
            continue
        contribution = state.contribution
        words = next(
            (mention.quote for mention in contribution.mentions if mention.point in telling),
            contribution.excerpt,
        )
        if words:
            yield {"review_id": arrival.review_id, "text": words[:MAX_QUOTE_CHARACTERS]}


def _is_about(kind: Kind, subject: Subject) -> bool:
    return (
        subject.kind != "lookalike_surge"
        and kind.polarity == NEGATIVE
        and subject.aspect in {None, kind.aspect}
    )


def _moment(milliseconds: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(milliseconds / 1000, dt.UTC)


def _name(subject: Subject) -> str:
    return subject.name
