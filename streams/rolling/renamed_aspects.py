"""State that was kept under earlier names of aspects, under the names of today. Pure: what is given stays as it is."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

import msgspec

from streams.rolling.alerts import Subject
from streams.rolling.key_points import MAX_POINTS_OF_KIND, give_up_one
from streams.rolling.product_state import (
    Claim,
    Contribution,
    Counts,
    Kind,
    Point,
    ProductState,
    RecentReview,
    ReviewState,
)
from streams.rolling.surges import AlertState

#: Earlier names of aspects, and what they are called now.
RENAMED: Final[Mapping[str, str]] = MappingProxyType({"food": "taste_and_smell"})


def current_aspect(name: str) -> str:
    """The name of today.

    >>> current_aspect("food"), current_aspect("fragrance_strength")
    ('taste_and_smell', 'fragrance_strength')
    """
    return RENAMED.get(name, name)


def upgraded_product(state: ProductState) -> ProductState:
    """A product's state with what was kept of an aspect under two names put together.

    Text that is published stays as it was written until the next refresh.
    """
    return msgspec.structs.replace(
        state,
        counts=_counts(state.counts),
        points=_points(state.points),
        aspect_days=_aspect_days(state.aspect_days),
        recent=[_recent(one) for one in state.recent],
        refresh=msgspec.structs.replace(state.refresh, aspects=_added(state.refresh.aspects)),
        alerts=_alerts(state.alerts),
        words=msgspec.structs.replace(state.words, claims=tuple(map(_claim, state.words.claims))),
    )


def upgraded_review(state: ReviewState) -> ReviewState:
    """A review's state.

    An opinion that it has under both names is kept twice: the counters hold both, and taking the review back has to
    take both out of them.
    """
    if state.contribution is None:
        return state
    return msgspec.structs.replace(state, contribution=_contribution(state.contribution))


def _contribution(one: Contribution) -> Contribution:
    opinions = tuple((current_aspect(aspect), polarity) for aspect, polarity in one.opinions)
    return msgspec.structs.replace(one, opinions=opinions)


def _counts(counts: Counts) -> Counts:
    aspects: dict[str, list[int]] = {}
    for name, triple in counts.aspects.items():
        known = aspects.get(current_aspect(name), [0, 0, 0])
        aspects[current_aspect(name)] = [old + more for old, more in zip(known, triple, strict=True)]
    return msgspec.structs.replace(counts, aspects=aspects)


def _aspect_days(aspects: Mapping[str, Mapping[int, Sequence[int]]]) -> dict[str, dict[int, list[int]]]:
    upgraded: dict[str, dict[int, list[int]]] = {}
    for name, days in aspects.items():
        known = upgraded.setdefault(current_aspect(name), {})
        for day, triple in days.items():
            pairs = zip(known.get(day, [0, 0, 0]), triple, strict=True)
            known[day] = [old + more for old, more in pairs]
    return upgraded


def _points(points: Mapping[str, Iterable[Point]]) -> dict[str, list[Point]]:
    """Points by kind, in the order they were founded; no more of a kind than are kept of any."""
    upgraded: dict[str, list[Point]] = {}
    for name, of_kind in points.items():
        kind = Kind.of(name)
        current = kind._replace(aspect=current_aspect(kind.aspect)).name
        upgraded.setdefault(current, []).extend(of_kind)
    for of_one in upgraded.values():
        of_one.sort(key=lambda point: point.number)
        while len(of_one) > MAX_POINTS_OF_KIND:
            give_up_one(of_one)
    return upgraded


def _recent(one: RecentReview) -> RecentReview:
    return one._replace(negative_aspects=tuple(dict.fromkeys(map(current_aspect, one.negative_aspects))))


def _added(mentions: Mapping[str, int]) -> dict[str, int]:
    added: dict[str, int] = {}
    for name, number in mentions.items():
        added[current_aspect(name)] = added.get(current_aspect(name), 0) + number
    return added


def _alerts(alerts: Mapping[str, AlertState]) -> dict[str, AlertState]:
    """The latest alert of each subject; one that stands comes before one that is over."""
    upgraded: dict[str, AlertState] = {}
    for name, alert in alerts.items():
        subject = Subject.of(name)
        if subject.aspect is not None:
            subject = subject._replace(aspect=current_aspect(subject.aspect))
        known = upgraded.get(subject.name)
        if known is None or _precedence(alert) > _precedence(known):
            upgraded[subject.name] = alert
    return upgraded


def _precedence(alert: AlertState) -> tuple[bool, int]:
    return not alert.resolved_at_ms, alert.raised_at_ms


def _claim(claim: Claim) -> Claim:
    if claim.aspect is None:
        return claim
    return msgspec.structs.replace(claim, aspect=current_aspect(claim.aspect))
