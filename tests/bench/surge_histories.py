"""Simulated histories of products in which nothing happens that deserves an alert."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

WEEKS = 104
#: How the negative remarks of an average product divide over the aspects but safety; every product its own way.
ASPECT_MIX = np.array([0.27, 0.14, 0.10, 0.10, 0.10, 0.08, 0.07, 0.06, 0.03, 0.02, 0.01, 0.01, 0.01, 0.01])
#: Of reviews that are negative about safety: in 715 annotated English reviews of gadgets and clothes 2.2 %.
SAFETY_SHARE, SAFETY_ALIKE = 0.02, 40.0
#: How many of the negative reviews have one star, and how many of the others.
ONE_STAR_IF_NEGATIVE, ONE_STAR_ELSE = 0.4, 0.015
Array = np.ndarray[Any, Any]


class World(NamedTuple):
    """How products differ and how much they change without a cause.

    Negative shares are beta distributed over products, with mean `share` and `alike` as the sum of both parameters.
    A product's share wanders by `drift` (a standard deviation in log odds, forgotten in 26 weeks) and by `season` (an
    amplitude in log odds, a year long), and each week has its own, spread as if it came from `cluster` reviews; 0
    keeps it. Reviews a week are log-uniform over products; with `uneven` they follow a season and vary by 45 % (gamma).
    """

    share: float = 0.15
    alike: float = 10.0
    slowest: float = 0.5
    fastest: float = 200.0
    drift: float = 0.2
    season: float = 0.15
    cluster: float = 300.0
    uneven: bool = True


STEADY = World(drift=0.0, season=0.0, cluster=0.0, uneven=False)
DRIFTING = World()
ROUGH = World(drift=0.4, season=0.3, cluster=100.0)
WORLDS = {"steady": STEADY, "drifting": DRIFTING, "rough": ROUGH}


class History(NamedTuple):
    """One product: its reviews a week, when each review came (in weeks), and what matches, kind by kind."""

    pace: float
    times: Array
    negative: Array
    one_star: Array
    aspects: Array  # reviews x 14
    safety: Array
    lookalike: Array

    def streams(self) -> Iterator[tuple[str, Array]]:
        """What is watched for each kind: negative, one star, 14 times an aspect, safety, look-alike."""
        yield "negative_surge", self.negative
        yield "one_star_surge", self.one_star
        for column in self.aspects.T:
            yield "aspect_surge", column
        yield "safety_surge", self.safety
        yield "lookalike_surge", self.lookalike


def history(rng: np.random.Generator, world: World) -> History:
    """Two years of one product, from its first review on."""
    pace = float(np.exp(rng.uniform(np.log(world.slowest), np.log(world.fastest))))
    share = float(np.clip(rng.beta(world.share * world.alike, (1 - world.share) * world.alike), 0.005, 0.9))
    mix = rng.dirichlet(ASPECT_MIX * 15)
    weeks = np.arange(WEEKS)
    rates = np.full(WEEKS, pace)
    if world.uneven:
        rates *= 1 + 0.3 * np.sin(2 * np.pi * weeks / 52 + rng.uniform(0, 2 * np.pi))
        rates *= rng.gamma(5, 0.2, WEEKS)
    counts = rng.poisson(rates)
    week = np.repeat(weeks, counts)
    times = np.sort(week + rng.random(len(week)))
    negative = rng.random(len(week)) < _weekly(rng, world, share)[week]
    mixes = mix * np.exp(_wandering(rng, world.drift, len(mix)))
    aspects = rng.random((len(week), len(mix))) < np.minimum(
        mixes[week] * np.where(negative, 1.4, 0.2)[:, None], 0.95
    )
    one_star = rng.random(len(week)) < np.where(negative, ONE_STAR_IF_NEGATIVE, ONE_STAR_ELSE)
    safety = _safety(rng, world)[week]
    return History(
        pace,
        times,
        negative,
        one_star,
        aspects,
        rng.random(len(week)) < safety * np.where(negative, 1.4, 0.9),
        _lookalikes(rng, len(week)),
    )


def _safety(rng: np.random.Generator, world: World) -> Array:
    """The weekly share of reviews that are negative about safety: products differ, and wander as all shares do."""
    share = rng.beta(SAFETY_SHARE * SAFETY_ALIKE, (1 - SAFETY_SHARE) * SAFETY_ALIKE)
    return np.minimum(share * np.exp(_wandering(rng, world.drift, 1)[:, 0]), 0.9)


def _weekly(rng: np.random.Generator, world: World, share: float) -> Array:
    odds = np.log(share / (1 - share)) + _wandering(rng, world.drift, 1)[:, 0]
    odds += world.season * np.sin(2 * np.pi * np.arange(WEEKS) / 52 + rng.uniform(0, 2 * np.pi))
    shares = 1 / (1 + np.exp(-odds))
    if world.cluster:
        shares = rng.beta(world.cluster * shares, world.cluster * (1 - shares))
    return shares


def _wandering(rng: np.random.Generator, spread: float, columns: int) -> Array:
    """A stationary autoregression of order 1, a step a week."""
    kept = np.exp(-1 / 26)
    walk = rng.normal(size=(WEEKS, columns)) * spread
    for week in range(1, WEEKS):
        walk[week] = kept * walk[week - 1] + np.sqrt(1 - kept * kept) * walk[week]
    return walk


def _lookalikes(rng: np.random.Generator, reviews: int) -> Array:
    """On average 1 % of the reviews, more where short praise is usual; one in five comes with a second one."""
    found = rng.random(reviews) < rng.beta(0.3, 29.7)
    found[1:] |= found[:-1] & (rng.random(max(reviews - 1, 0)) < 0.2)
    return found
