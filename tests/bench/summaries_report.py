"""What a run of `bench summaries` found: medians with their spread, ratios of the same repeat, a table."""

from dataclasses import dataclass, field
from statistics import median
from typing import Any

#: Key, title, unit and what is compared with it.
_ROWS = (
    ("summaries_per_minute", "**texts through the generate role**", "texts a minute"),
    ("tokens_per_second", "**the generator inside the role**", "tokens a second"),
    ("bare_tokens_per_second", "the generator alone (the limit)", "tokens a second"),
    ("tokens_per_cpu_second", "the generator inside the role", "tokens a second of its CPU time"),
    ("bare_tokens_per_cpu_second", "the generator alone", "tokens a second of its CPU time"),
    ("transformers_tokens_per_second", "transformers' `generate`, 32 prompts a batch", "tokens a second"),
    ("enrich_rps_alone", "the enrich role alone", "reviews a second"),
    ("enrich_rps_beside", "the enrich role beside the generate role", "reviews a second"),
)
#: Name of a ratio, and its two rates.
_RATIOS = (
    ("generator_share", "tokens_per_second", "bare_tokens_per_second"),
    ("generator_share_of_cpu", "tokens_per_cpu_second", "bare_tokens_per_cpu_second"),
    ("generator/transformers", "tokens_per_second", "transformers_tokens_per_second"),
    ("enrich_beside/alone", "enrich_rps_beside", "enrich_rps_alone"),
)
_RATIO_OF = {under: name for name, _, under in _RATIOS}
_LEAST_GENERATOR_SHARE = 0.9


@dataclass
class SummariesReport:
    """Every number of a run.

    Attributes:
        machine: what it was measured on, and when.
        broker: for people.
        model: the generator's name, and its best batch alone, in samples.
        runs: what each repeat measured, by key.
    """

    machine: dict[str, Any]
    broker: str = ""
    model: dict[str, Any] = field(default_factory=dict)
    runs: dict[str, list[float]] = field(default_factory=dict)

    def add(self, key: str, value: float) -> None:
        """One more repeat."""
        self.runs.setdefault(key, []).append(value)

    def median(self, key: str) -> float | None:
        """Of all repeats; None for what was not measured."""
        return median(self.runs[key]) if self.runs.get(key) else None

    def ratio(self, over: str, under: str) -> float | None:
        """The median of the ratios of each repeat, so that a slow minute of the machine is in both.

        >>> report = SummariesReport({}, runs={"a": [9, 30, 20], "b": [10, 10, 10]})
        >>> report.ratio("a", "b")
        2.0
        """
        pairs = list(zip(self.runs.get(over, []), self.runs.get(under, []), strict=False))
        return median(a / b for a, b in pairs) if pairs else None

    def to_dict(self) -> dict[str, Any]:
        """Everything, as JSON takes it."""
        return {
            "machine": self.machine,
            "broker": self.broker,
            "model": self.model,
            **{key: _rounded(self.median(key)) for key in self.runs},
            **{name: _rounded(self.ratio(over, under)) for name, over, under in _RATIOS},
            "spread": {key: [_rounded(min(v)), _rounded(max(v))] for key, v in self.runs.items()},
            "not_reached": self.not_reached(),
        }

    def not_reached(self) -> list[str]:
        """Each aim that was measured and missed."""
        missed = []
        share = self.ratio("tokens_per_second", "bare_tokens_per_second")
        if share is not None and share < _LEAST_GENERATOR_SHARE:
            missed.append(f"generator_share: wanted at least {_LEAST_GENERATOR_SHARE}, got {share:.3f}")
        if cut := sum(self.runs.get("cut_short", [])):
            missed.append(f"cut_short: wanted no batch that runs out of time, got {cut:.0f}")
        return missed

    def to_markdown(self) -> str:
        """The table for the README."""
        machine, ratios = self.machine, {name: self.ratio(over, under) for name, over, under in _RATIOS}
        versions = ", ".join(f"{name} {version}" for name, version in machine.get("versions", {}).items())
        repeats = max(map(len, self.runs.values()), default=0)
        headline = (
            f"{machine['cores']} cores of {machine['cpu']}, {machine['date']}, {self.broker}, "
            f"{self.model.get('name', '?')}, {versions}; medians (lowest to highest) of {repeats} repeats."
        )
        lines = [
            headline,
            "",
            "| what | | in the role, or beside it, is |",
            "|---|---|---|",
        ]
        for key, title, unit in _ROWS:
            if (rate := self.median(key)) is None:
                continue
            ratio = ratios.get(_RATIO_OF.get(key, ""))
            times = "" if ratio is None else f"{ratio:.2f} times"
            spread = f"{min(self.runs[key]):,.1f} to {max(self.runs[key]):,.1f}"
            lines.append(f"| {title} | {rate:,.1f} {unit} ({spread}) | {times} |")
        return "\n".join([*lines, "", *self._more_lines()])

    def _more_lines(self) -> list[str]:
        shares = {
            "claims that the generator put into words": "generated_share",
            "the same beside enrichment": "generated_share_beside",
            "the role's time in its generator": "phrasing_share",
            "in the reader of its phrases": "reading_share",
            "in all of its composer": "composing_share",
        }
        told = ", ".join(
            f"{title} {found:.1%}" for title, key in shares.items() if (found := self.median(key)) is not None
        )
        return ([f"- Shares: {told}."] if told else []) + [
            f"- Not reached: {missed}." for missed in self.not_reached()
        ]


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)
