"""What a run found: medians with their spread, ratios of the same repeat, and tables for people."""

from dataclasses import dataclass, field
from statistics import median
from typing import Any

#: Name of a ratio, its two rates, and what it has to be at least.
RATIOS = (
    ("pipeline/bare", "pipeline_rps", "bare_rps", 0.95),
    ("pipeline/naive", "pipeline_rps", "naive_rps", 4.0),
    ("pipeline/naive_same_dtype", "pipeline_rps", "naive_same_dtype_rps", 1.3),
    ("pipeline/naive_batch", "pipeline_rps", "naive_batch_rps", None),
    ("pipeline/naive_batch_thread", "pipeline_rps", "naive_batch_thread_rps", None),
    ("pipeline/pipeline32", "pipeline_rps", "pipeline32_rps", 2.5),
    ("pipeline/infinity", "pipeline_rps", "infinity_rps", 1.05),
    ("transport/quix_transport", "transport_rps", "quix_transport_rps", None),
)
TITLES = {
    "bare_rps": "the model alone (the limit)",
    "pipeline_rps": "Reviewstream, the enrich role",
    "naive_rps": "Faust agent, one review a forward, fp32",
    "naive_same_dtype_rps": "Faust agent, one review a forward, our dtype",
    "naive_batch_rps": "Faust agent, take(32), fp32, on the event loop",
    "naive_batch_thread_rps": "Faust agent, take(32), fp32, on a thread",
    "pipeline32_rps": "aiokafka + transformers.pipeline(batch_size=32), our dtype",
    "infinity_rps": "aiokafka + infinity_emb, our dtype",
    "transport_rps": "Reviewstream, a model that costs nothing",
    "quix_transport_rps": "Quix Streams, a model that costs nothing",
}
_TARGETS = {"transport_rps": 40_000.0}
_MAX_TAX_US, _MAX_OVER_IDEAL = 25.0, {0.5: 1.5, 0.8: 2.0}


@dataclass
class Report:
    """Every number of a run.

    Attributes:
        runs: what each repeat measured, by key.
        same_labels: the share of reviews that a contender labels as the bare model does.
        stages: CPU microseconds of an event by stage; see `stages.Accounting.report`.
        parts_us: what a review costs around the transport: forward, tokenise, prepare.
    """

    machine: dict[str, Any]
    missing: str = ""
    broker: str = ""
    model: dict[str, Any] = field(default_factory=dict)
    runs: dict[str, list[float]] = field(default_factory=dict)
    same_labels: dict[str, float] = field(default_factory=dict)
    stages: dict[str, Any] = field(default_factory=dict)
    parts_us: dict[str, float] = field(default_factory=dict)
    scaling: dict[str, float] = field(default_factory=dict)
    latency: dict[str, dict[str, float]] = field(default_factory=dict)
    memory: dict[str, float] = field(default_factory=dict)

    def add(self, key: str, value: float) -> None:
        """One more repeat."""
        self.runs.setdefault(key, []).append(value)

    def median(self, key: str) -> float | None:
        """Of all repeats; None for what was not measured."""
        return median(self.runs[key]) if self.runs.get(key) else None

    def ratio(self, over: str, under: str) -> float | None:
        """The median of the ratios of each repeat, so that a slow minute of the machine is in both.

        >>> report = Report({}, runs={"a": [10, 30, 21], "b": [10, 10, 10]})
        >>> report.ratio("a", "b")
        2.1
        """
        pairs = list(zip(self.runs.get(over, []), self.runs.get(under, []), strict=False))
        return median(a / b for a, b in pairs) if pairs else None

    def to_dict(self) -> dict[str, Any]:
        """Everything, as JSON takes it."""
        rates = {key: _rounded(self.median(key)) for key in TITLES}
        slopes = self.runs.get("memory_slope")
        return {
            "machine": self.machine,
            "broker": self.broker,
            "model": self.model,
            **rates,
            "spread": {key: [_rounded(min(v)), _rounded(max(v))] for key, v in self.runs.items()},
            "ratios": {name: _rounded(self.ratio(over, under), 3) for name, over, under, _ in RATIOS},
            "same_labels": self.same_labels,
            "tax_us": _rounded(self.median("tax_us"), 2),
            "tax_us_by_stage": {k: round(v, 2) for k, v in self.stages.get("stages_us", {}).items()},
            "tax_us_with_accounting": _rounded(self.stages.get("whole_us"), 2),
            "review_us": {k: round(v, 1) for k, v in self.review_us().items()},
            "scaling_rps": self.scaling,
            "latency": self.latency,
            "memory": self.memory
            | ({"slope_mb_per_100k_events": round(median(slopes), 2)} if slopes else {}),
            "not_reached": self.not_reached(),
            "left_out": self.missing,
        }

    def review_us(self) -> dict[str, float]:
        """Where a review's CPU time goes, in microseconds."""
        parts = dict(self.parts_us)
        if (tax := self.median("tax_us")) is not None:
            parts["everything else of ours"] = tax
        if (broker := self.median("broker_us")) is not None:
            parts["the broker"] = broker
        return parts

    def not_reached(self) -> list[str]:
        """Each aim that was measured and missed."""
        missed = []
        for name, over, under, wanted in RATIOS:
            ratio = self.ratio(over, under)
            if wanted is not None and ratio is not None and ratio < wanted:
                missed.append(f"{name}: wanted at least {wanted}, got {ratio:.3f}")
        for key, wanted in _TARGETS.items():
            rate = self.median(key)
            if rate is not None and rate < wanted:
                missed.append(f"{key}: wanted at least {wanted:,.0f}, got {rate:,.0f}")
        tax = self.median("tax_us")
        if tax is not None and tax >= _MAX_TAX_US:
            missed.append(f"tax_us: wanted under {_MAX_TAX_US:.0f}, got {tax:.1f}")
        for name, found in self.latency.items():
            if found["p99_over_ideal"] > (most := _MAX_OVER_IDEAL[found["load"]]):
                got = found["p99_over_ideal"]
                missed.append(f"p99 at {name} over the ideal batcher's: wanted at most {most}, got {got:.2f}")
        return missed

    def to_markdown(self) -> str:
        """The tables for the README."""
        machine = self.machine
        repeats = max(map(len, self.runs.values()), default=0)
        headline = (
            f"{machine['cores']} cores of {machine['cpu']}, {machine['date']}, {self.broker}, "
            f"{self.model.get('dtype', '?')}; medians (lowest to highest) of {repeats} repeats."
        )
        lines = [
            headline,
            "",
            "| what | reviews/s | ours is | same labels |",
            "|---|---|---|---|",
        ]
        for key, title in TITLES.items():
            if (rate := self.median(key)) is None:
                continue
            ours = "transport_rps" if key.endswith("transport_rps") else "pipeline_rps"
            ratio = self.ratio(ours, key)
            times = "" if key == ours or ratio is None else f"{ratio:.2f} times"
            same = self.same_labels.get(key.removesuffix("_rps"))
            spread = f"{min(self.runs[key]):,.0f} to {max(self.runs[key]):,.0f}"
            lines.append(f"| {title} | {rate:,.0f} ({spread}) | {times} | {_percent(same)} |")
        lines += ["", *self._more_lines()]
        return "\n".join(lines)

    def _more_lines(self) -> list[str]:
        lines = []
        for name, found in self.latency.items():
            lines.append(
                f"- Latency at {name}: p50 {found['p50_ms']:.0f} ms, p99 {found['p99_ms']:.0f} ms; the ideal "
                f"batcher's {found['ideal_p50_ms']:.0f} and {found['ideal_p99_ms']:.0f} ms."
            )
        if self.memory:
            lines.append(
                f"- Memory over {self.memory['events']:,} events: peak {self.memory['peak_mb']:.0f} MB, "
                f"{median(self.runs['memory_slope']):+.1f} MB per 100,000 events in the second half."
            )
        if self.scaling:
            lines.append("- Scaling: " + ", ".join(f"{k} {v:.0f}/s" for k, v in self.scaling.items()) + ".")
        if parts := self.review_us():
            spent = ", ".join(f"{name} {us:,.0f}" for name, us in parts.items())
            lines.append(f"- A review's CPU time in microseconds: {spent}.")
        if stages := self.stages.get("stages_us"):
            told = ", ".join(
                f"{name} {us:.1f}" for name, us in sorted(stages.items(), key=lambda s: -s[1]) if us >= 0.05
            )
            lines.append(
                f"- Of those that are ours and not the model's, by stage (accounting included): {told}."
            )
        lines += [f"- Not reached: {missed}." for missed in self.not_reached()]
        return lines


def _rounded(value: float | None, digits: int = 1) -> float | None:
    return None if value is None else round(value, digits)


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share:.1%}"
