"""Alerts of a product: when a review or the passing of time raises or resolves one, and what is published of it."""

import datetime as dt
import hashlib
from collections.abc import Callable, Iterator, Sequence
from itertools import compress
from typing import NamedTuple

from schemas.events import SCHEMA_VERSION
from streams.rolling.newest import LATE_MS
from streams.rolling.product_state import NEGATIVE, Kind, ProductState, RecentReview, ReviewState
from streams.rolling.surges import (
    ASPECT,
    LOOKALIKE,
    ONE_STAR,
    SAFETY,
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
        if self.aspect == "safety":
            return SAFETY
        return _LIMITS.get(self.kind, ASPECT)

    def matches(self, reviews: Sequence[RecentReview]) -> list[bool]:
        """Whether each review is of the kind."""
        if self.kind == "negative_surge":
            return [review.sentiment == NEGATIVE for review in reviews]
        if self.kind == "one_star_surge":
            return [review.is_one_star for review in reviews]
        if self.kind == "lookalike_surge":
            return [review.is_lookalike for review in reviews]
        return [self.aspect in review.negative_aspects for review in reviews]

    def count(self, product: ProductState) -> int:
        """How many of a product's reviews are."""
        counts = product.counts
        if self.kind == "negative_surge":
            return counts.sentiment[NEGATIVE]
        if self.kind == "one_star_surge":
            return sum(counts.histogram[:2])
        if self.kind == "lookalike_surge":
            return counts.lookalike_five_stars
        return counts.aspects.get(self.aspect or "", [0])[NEGATIVE]


_LIMITS = {"negative_surge": NEGATIVE_LIMITS, "one_star_surge": ONE_STAR, "lookalike_surge": LOOKALIKE}


def _subjects_of(review: RecentReview) -> set[Subject]:
    """What a review would be part of a surge of."""
    subjects = {Subject("aspect_surge", aspect) for aspect in review.negative_aspects}
    if review.sentiment == NEGATIVE:
        subjects.add(Subject("negative_surge"))
    if review.is_one_star:
        subjects.add(Subject("one_star_surge"))
    if review.is_lookalike:
        subjects.add(Subject("lookalike_surge"))
    return subjects


class AlertChange(NamedTuple):
    """An alert that was raised or resolved, and by what."""

    subject: Subject
    state: AlertState
    cause: Surge | Recovery


def look_at_newest(product: ProductState) -> list[AlertChange]:
    """What the review that came last changes; the product's alerts are changed with it.

    The windows are those that end with the review written last, whichever came last: reviews of the past move the
    share before, and are no surge. Where even that one is of the past, nothing can be raised.
    """
    if not product.recent:
        return []
    newest = product.recent[-1]
    subjects = {Subject.of(name) for name, state in product.alerts.items() if not state.resolved_at_ms}
    if newest.written_ms >= product.changed_ms - LATE_MS:
        subjects |= _subjects_of(newest)
    return [change for subject in sorted(subjects, key=_name) if (change := _look(product, subject))]


def look_at_clock(product: ProductState, now_ms: int) -> list[AlertChange]:
    """Which alerts are over because time has passed; the product's alerts are changed with it."""
    changes = []
    for name, state in product.alerts.items():
        subject = Subject.of(name)
        if not state.resolved_at_ms:
            since = subject.matches(product.recent[len(product.recent) - _since(product, state) :])
            over = is_over(state, since, subject.limits, now_ms=now_ms)
            if over is not None:
                changes.append(_settled(product, subject, state, over, now_ms))
    return changes


def stands(product: ProductState) -> bool:
    """Whether an alert of the product is not resolved yet."""
    return any(not state.resolved_at_ms for state in product.alerts.values())


def _look(product: ProductState, subject: Subject) -> AlertChange | None:
    state = product.alerts.get(subject.name)
    recent, reviews = product.recent, product.counts.reviews
    matches = subject.matches(recent)
    if state is None and matches.count(True) < subject.limits.least_matching:
        return None
    now_ms = product.changed_ms
    change = look(
        state,
        matches,
        subject.count(product),
        reviews,
        subject.limits,
        since=0 if state is None else _since(product, state),
        now_ms=now_ms,
        pace=reviews_a_week(reviews, product.first_ms, len(recent), recent[0].written_ms, now_ms),
    )
    if isinstance(change, Surge):
        identity = f"{product.product_id}\0{subject.name}\0{product.applied}".encode()
        alert_id = f"{subject.kind}-{hashlib.blake2b(identity, digest_size=10).hexdigest()}"
        known = raised(alert_id, change, at_ms=now_ms, until_ms=recent[-1].written_ms)
        product.alerts[subject.name] = known
        return AlertChange(subject, known, change)
    if change is not None and state is not None:
        return _settled(product, subject, state, change, now_ms)
    return None


def _since(product: ProductState, state: AlertState) -> int:
    """How many of the recent reviews were written since an alert was raised or, later, resolved."""
    return sum(review.written_ms > state.until_ms for review in product.recent)


def _settled(
    product: ProductState, subject: Subject, state: AlertState, over: Recovery, now_ms: int
) -> AlertChange:
    until_ms = product.recent[-1].written_ms if product.recent else state.until_ms
    known = resolved(state, at_ms=now_ms, until_ms=max(until_ms, state.until_ms))
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
    window = product.recent[len(product.recent) - min(cause.reviews, len(product.recent)) :]
    is_raised = isinstance(cause, Surge)
    guilty = list(compress(window, subject.matches(window))) if is_raised else []
    begin_ms = window[0].written_ms if window else state.raised_at_ms
    end_ms = max(begin_ms, window[-1].written_ms if window else state.resolved_at_ms) + 1
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
        "review_ids": [review.review_id for review in guilty],
        "quotes": list(_quotes(product, subject, guilty, look_up)),
        "source": source,
        "made_at": now,
        "model": None,
        "replay_id": replay_id,
    }


def _quotes(
    product: ProductState,
    subject: Subject,
    guilty: Sequence[RecentReview],
    look_up: Callable[[str], ReviewState | None],
) -> Iterator[dict[str, str]]:
    """What some of the newest guilty reviews say of it, word for word."""
    telling = {
        point.number
        for name, points in product.points.items()
        if _is_about(Kind.of(name), subject)
        for point in points
    }
    for review in guilty[-MAX_QUOTES:]:
        state = look_up(review.review_id)
        if state is None or state.contribution is None:
            continue
        contribution = state.contribution
        words = next(
            (mention.quote for mention in contribution.mentions if mention.point in telling),
            contribution.excerpt,
        )
        if words:
            yield {"review_id": review.review_id, "text": words[:MAX_QUOTE_CHARACTERS]}


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
