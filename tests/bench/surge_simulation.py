"""How often product alerts are wrong, and how soon they are right, on simulated histories.

    python -m tests.bench.surge_simulation --plot surges.png --json

takes some minutes. It watches histories in which nothing happens (the alarms are false), triples the negative share of
others and lets surges of every kind begin; it imports histories; it compares designs of the test at the same rate of
false alarms; it ends surges.
"""

import argparse
import json
import sys
import time
from collections import Counter
from math import comb, log
from pathlib import Path
from typing import Any

import numpy as np

from streams.rolling.surges import NEGATIVE
from tests.bench.surge_designs import DESIGNS, NOTHING
from tests.bench.surge_histories import DRIFTING, WEEKS, WORLDS, World, history
from tests.bench.surge_imports import measure_imports
from tests.bench.surge_watching import LIMITS, Stream, aftermath, false_alarms, found_within, paces

SHARES = (0.05, 0.10, 0.15, 0.20, 0.25, 0.30)
BASELINES = (50, 200)
PACES = (2.0, 10.0, 50.0, 200.0)
MOST = 60
#: A surge that deserves its name, kind by kind: the share before, and during it.
SURGES = {
    "negative_surge": (0.15, 0.45),
    "one_star_surge": (0.07, 0.5),
    "aspect_surge": (0.04, 0.3),
    "safety_surge": (0.01, 0.15),
    "lookalike_surge": (0.01, 0.4),
}
_CLASSES = {"0.5 to 5 a week": 5.0, "5 to 30 a week": 30.0, "30 to 200 a week": 1e9}
Counts = dict[str, Any]


def measure_false_alarms(world: World, *, products: int, seed: int) -> Counts:
    """False alarms per 1,000 product-weeks, in total, by kind, and by how fast products are reviewed."""
    rng = np.random.default_rng(seed)
    alarms: list[Any] = []
    speeds: Counter[str] = Counter()
    reviews = 0
    for _ in range(products):
        one = history(rng, world)
        reviews += len(one.times)
        speeds[_class_of(one.pace)] += 1
        alarms.extend(false_alarms(one))
    thousands = products * WEEKS / 1_000
    kinds = Counter(alarm.kind for alarm in alarms)
    fast = Counter(_class_of(alarm.pace) for alarm in alarms)
    return {
        "product_weeks": products * WEEKS,
        "reviews": reviews,
        "alarms": len(alarms),
        "per_1000_weeks": round(len(alarms) / thousands, 3),
        "standard_error": round(len(alarms) ** 0.5 / thousands, 3),
        "by_kind": {kind: round(count / thousands, 3) for kind, count in sorted(kinds.items())},
        "by_pace": {
            name: round(fast[name] / (speeds[name] * WEEKS / 1_000), 3) for name in _CLASSES if speeds[name]
        },
        "of_products_with_under_50_reviews": sum(alarm.review < 50 for alarm in alarms),
    }


def _class_of(pace: float) -> str:
    return next(name for name, limit in _CLASSES.items() if pace < limit)


def detection(
    share: float, *, baseline: int, pace: float, runs: int, seed: int, times: float = 3.0
) -> list[float]:
    """The probability that a surge is found within 0, 1, ... 60 reviews."""
    rng = np.random.default_rng(seed)
    after = min(times * share, 0.95)
    found = Counter(found_within(rng, share, after, baseline=baseline, pace=pace) for _ in range(runs))
    return [round(sum(found[count] for count in range(1, most + 1)) / runs, 4) for most in range(MOST + 1)]


def found_by_kind(*, pace: float, runs: int, seed: int) -> dict[str, list[float]]:
    """The probability that a surge of each kind, after 200 reviews, is found within 10, 20 and 40 reviews."""
    found: dict[str, list[float]] = {}
    for kind, (before, during) in SURGES.items():
        rng = np.random.default_rng(seed)
        within = [
            found_within(rng, before, during, baseline=200, pace=pace, limits=LIMITS[kind])
            for _ in range(runs)
        ]
        found[kind] = [
            round(sum(count is not None and count <= most for count in within) / runs, 3)
            for most in (10, 20, 40)
        ]
    return found


def reviews_for(curve: list[float], probability: float) -> int | None:
    """How many reviews a curve takes to a probability."""
    return next((count for count, found in enumerate(curve) if found >= probability), None)


def most_power(share: float, *, pace: float, reviews: int = 20) -> float:
    """The most that any test can find of a tripling within so many reviews, at one false alarm in 1,000 weeks.

    Where nothing has happened, such a test gives an alarm in a stretch of so many reviews with the probability
    reviews / (1,000 x pace). So what it says of the stretch is a test of that size, and none has more power than that
    of Neyman and Pearson (1933). It would know the share before, spend all false alarms on this kind, and need to
    find surges of this length alone.
    """
    size, power = reviews / (1_000 * pace), 0.0
    after = min(3 * share, 0.95)
    for matching in range(reviews, -1, -1):
        chance = _binomial(matching, reviews, share)
        power += _binomial(matching, reviews, after) * min(size / chance, 1.0)
        size -= chance
        if size <= 0:
            break
    return round(power, 3)


def _binomial(matching: int, reviews: int, share: float) -> float:
    return comb(reviews, matching) * share**matching * (1 - share) ** (reviews - matching)


def compare_designs(*, products: int, runs: int, seed: int) -> dict[str, Counts]:
    """Every design with the threshold that gives one negative alarm in 2,000 product-weeks, and what it finds."""
    rng = np.random.default_rng(seed)
    scores: dict[str, dict[tuple[int, int], float]] = {name: {} for name in DESIGNS}
    for product in range(products):
        one = history(rng, DRIFTING)
        stream = Stream(one.negative, NEGATIVE)
        pace = np.maximum(paces(one.times), 4.0)
        for review in stream.looks:
            recent, fortnight = stream.recent(review), int(one.times[review] // 2)
            for name, design in DESIGNS.items():
                score = design(recent, stream.counted[review + 1], review + 1, NEGATIVE) - log(pace[review])
                of_product = scores[name]
                of_product[product, fortnight] = max(of_product.get((product, fortnight), NOTHING), score)
    allowed = round(products * WEEKS / 2_000)
    compared: dict[str, Counts] = {}
    for name in DESIGNS:
        threshold = sorted(scores[name].values(), reverse=True)[allowed]
        compared[name] = {"threshold": round(threshold, 2), "found": _power(name, threshold, runs, seed)}
    return compared


def _power(name: str, threshold: float, runs: int, seed: int) -> dict[str, dict[str, list[float]]]:
    """By baseline and share: found within 20 and within 40 reviews, at 10 reviews a week."""
    found: dict[str, dict[str, list[float]]] = {str(baseline): {} for baseline in BASELINES}
    for baseline in BASELINES:
        for share in SHARES:
            rng = np.random.default_rng(seed)
            within = [_found(name, threshold, share, baseline, rng) for _ in range(runs)]
            found[str(baseline)][str(share)] = [
                round(sum(count <= most for count in within) / runs, 3) for most in (20, 40)
            ]
    return found


def _found(name: str, threshold: float, share: float, baseline: int, rng: np.random.Generator) -> int:
    """After how many reviews a design finds a tripling; 999 if not within 40."""
    wanted = threshold + log(10.0)
    after = min(3 * share, 0.95)
    stream = Stream(np.concatenate([rng.random(baseline) < share, rng.random(40) < after]), NEGATIVE)
    for review in stream.looks:
        recent, counted = stream.recent(review), stream.counted[review + 1]
        if review >= baseline and DESIGNS[name](recent, counted, review + 1, NEGATIVE) >= wanted:
            return review - baseline + 1
    return 999


def measure_recovery(share: float, *, runs: int, seed: int) -> Counts:
    """Surges of 60 reviews, then 60 reviews as before: when alerts end; and how many end before the surge does."""
    rng = np.random.default_rng(seed)
    ends = [aftermath(rng, share, baseline=200, surge=60, later=60, pace=50.0) for _ in range(runs)]
    ends = [end for end in ends if end.raised is not None]
    after = [end.over - 60 if end.over is not None else 999 for end in ends]
    return {
        "alerts": len(ends),
        "resolved_during_the_surge": round(sum(count < 0 for count in after) / len(ends), 3),
        "resolved_within_30_reviews_after": round(sum(count <= 30 for count in after) / len(ends), 3),
        "median_reviews_after": float(np.median([count for count in after if count >= 0])),
    }


def measure(*, products: int, runs: int, seed: int) -> Counts:
    """All of it."""
    started = time.perf_counter()
    curves = {
        f"{pace:g}": {
            str(baseline): {
                str(share): detection(share, baseline=baseline, pace=pace, runs=runs, seed=seed)
                for share in SHARES
            }
            for baseline in BASELINES
        }
        for pace in PACES
    }
    return {
        "false_alarms": {
            name: measure_false_alarms(
                world, products=products if world == DRIFTING else products // 4, seed=seed
            )
            for name, world in WORLDS.items()
        },
        "detection": curves,
        "found_by_kind": {
            f"{pace:g}": found_by_kind(pace=pace, runs=runs, seed=seed) for pace in (10.0, 50.0)
        },
        "imports": measure_imports(products=max(products // 10, 1), seed=seed),
        "most_within_20": {
            f"{pace:g}": {str(share): most_power(share, pace=pace) for share in SHARES} for pace in PACES
        },
        "designs": compare_designs(products=max(products // 2, 1), runs=max(runs // 2, 1), seed=seed),
        "recovery": {str(share): measure_recovery(share, runs=runs, seed=seed) for share in (0.15, 0.25)},
        "seconds": round(time.perf_counter() - started, 1),
    }


def table(report: Counts) -> str:
    """What was measured, as Markdown."""
    kinds = ("negative", "one_star", "aspect", "safety", "lookalike")
    alarms = [
        [
            name,
            f"{counts['product_weeks']:,}",
            f"{counts['per_1000_weeks']:.2f} ± {counts['standard_error']:.2f}",
            *(f"{counts['by_kind'].get(f'{kind}_surge', 0.0):.2f}" for kind in kinds),
        ]
        for name, counts in report["false_alarms"].items()
    ]
    found = [
        [f"{pace}, {baseline}", *map(_cell, curves.values())]
        for pace, baselines in report["detection"].items()
        for baseline, curves in baselines.items()
    ]
    by_kind = [
        [
            f"{kind.removesuffix('_surge').replace('_', ' ')}, {before:.0%} to {during:.0%}",
            *(
                " / ".join(f"{most:.0%}" for most in of_pace[kind])
                for of_pace in report["found_by_kind"].values()
            ),
        ]
        for kind, (before, during) in SURGES.items()
    ]
    imports = [[order, *map(str, counts)] for order, counts in report["imports"].items()]
    limits = [
        [pace, *(f"{most:.0%}" for most in shares.values())]
        for pace, shares in report["most_within_20"].items()
    ]
    return "\n".join(
        [
            *_rows(["histories", "product-weeks", "false alarms per 1,000", *kinds], alarms),
            "",
            *_rows(["reviews a week, baseline", *(f"{share:.0%}" for share in SHARES)], found),
            "",
            "(found within 20 / within 40 reviews / reviews for 50 % / for 90 %)",
            "",
            *_rows(
                ["found within 10 / 20 / 40 reviews", *map("{} a week".format, report["found_by_kind"])],
                by_kind,
            ),
            "",
            *_rows(["imported", "products", "with an alert", "the surge dated today"], imports),
            "",
            *_rows(["any test, within 20", *(f"{share:.0%}" for share in SHARES)], limits),
        ]
    )


def _cell(curve: list[float]) -> str:
    half, most = reviews_for(curve, 0.5) or "-", reviews_for(curve, 0.9) or "-"
    return f"{curve[20]:.0%} / {curve[40]:.0%} / {half} / {most}"


def _rows(head: list[str], rows: list[list[str]]) -> list[str]:
    return [f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows)]


def draw(report: Counts, path: Path) -> None:
    """Write a PNG: the probability that a tripling is found, by reviews since; and the designs side by side."""
    from matplotlib.figure import Figure  # noqa: PLC0415 -- the numbers need no matplotlib

    figure = Figure(figsize=(15, 5), layout="constrained")
    *curves, designs = figure.subplots(1, 3, sharey=True)
    for axes, baseline in zip(curves, BASELINES, strict=True):
        for index, share in enumerate(SHARES):
            for pace, line in (("10", "-"), ("200", ":")):
                curve = report["detection"][pace][str(baseline)][str(share)]
                label = f"{share:.0%} to {min(3 * share, 0.95):.0%}" if line == "-" else None
                axes.plot(curve, line, color=f"C{index}", label=label)
        axes.set_title(f"{baseline} reviews before; 10 (solid), 200 (dotted) a week")
        axes.legend(loc="upper left", fontsize=8)
        axes.axvline(20, color="#999999", linewidth=0.8)
        axes.set_xlabel("reviews since the negative share tripled")
    curves[0].set_ylabel("probability that it is found")
    for index, (name, counts) in enumerate(report["designs"].items()):
        found = [counts["found"]["200"][str(share)][0] for share in SHARES]
        designs.bar(np.arange(len(SHARES)) + (index - 1.5) * 0.2, found, 0.2, label=name)
    designs.set_xticks(range(len(SHARES)), [f"{share:.0%}" for share in SHARES])
    designs.set_xlabel("negative share before")
    designs.set_title("found within 20, by design, at equal false alarms", fontsize=11)
    designs.legend(loc="upper left", fontsize=8)
    rate = report["false_alarms"]["drifting"]
    figure.suptitle(
        f"{rate['per_1000_weeks']:.2f} false alarms per 1,000 product-weeks, all 18 tests together "
        f"({rate['product_weeks']:,} simulated product-weeks)"
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=120)


def main(arguments: list[str] | None = None) -> None:
    """Measure, print, draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--products", type=int, default=2_000, help="products of two years each")
    parser.add_argument("--runs", type=int, default=1_000, help="surges a curve is drawn from")
    parser.add_argument("--seed", type=int, default=20_240)
    parser.add_argument("--plot", type=Path, help="write a PNG")
    parser.add_argument("--json", action="store_true", help="print all numbers, not a table")
    options = parser.parse_args(arguments)
    report = measure(products=options.products, runs=options.runs, seed=options.seed)
    if options.plot:
        draw(report, options.plot)
    sys.stdout.write((json.dumps(report, indent=1) if options.json else table(report)) + "\n")


if __name__ == "__main__":
    main()
