"""A run as a picture: every rate side by side, and where a review's time goes."""

from pathlib import Path

from matplotlib.figure import Figure

from tests.bench.report import TITLES, Report

_OURS, _LIMIT, _OTHERS = "#1b6ca8", "#2e8b57", "#b0b7bf"


def draw(report: Report, path: Path) -> None:
    """Write a PNG."""
    figure = Figure(figsize=(11, 7.5), layout="constrained")
    top, bottom = figure.subplots(2, 1, height_ratios=[3, 1.3])
    _bars(top, report, [key for key in TITLES if "transport" not in key], "reviews a second, with the model")
    _bars(
        bottom,
        report,
        [key for key in TITLES if "transport" in key],
        "events a second, with a model that costs nothing",
    )
    machine = report.machine
    figure.suptitle(
        f"{machine['cores']} cores of {machine['cpu']}, {machine['date']}; {report.broker}", fontsize=10
    )
    figure.savefig(path, dpi=120)


def _bars(axes: object, report: Report, keys: list[str], label: str) -> None:
    measured = [key for key in reversed(keys) if report.median(key) is not None]
    if not measured:
        axes.set_axis_off()
        return
    rates = [report.median(key) or 0.0 for key in measured]
    spread = [
        [rate - min(report.runs[key]) for key, rate in zip(measured, rates, strict=True)],
        [max(report.runs[key]) - rate for key, rate in zip(measured, rates, strict=True)],
    ]
    colours = [
        _LIMIT if key == "bare_rps" else _OURS if key in {"pipeline_rps", "transport_rps"} else _OTHERS
        for key in measured
    ]
    bars = axes.barh(
        [TITLES[key] for key in measured], rates, xerr=spread, color=colours, ecolor="#444444", capsize=3
    )
    axes.bar_label(bars, labels=[f" {rate:,.0f}" for rate in rates], padding=6, fontsize=9)
    axes.set_xlabel(label)
    axes.margins(x=0.12)
    axes.spines[["top", "right"]].set_visible(False)
