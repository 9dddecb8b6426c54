from pathlib import Path

import pytest

from tests.bench.figure import draw
from tests.bench.report import TITLES, Report

PNG = b"\x89PNG"


def report(**runs: list[float]) -> Report:
    machine = {"cpu": "a cpu", "cores": 2, "python": "3.11", "date": "2026-01-01"}
    return Report(machine, broker="a broker", model={"dtype": "bfloat16"}, runs=runs)


def test_a_ratio_is_of_the_same_repeat() -> None:
    """A slow minute of the machine, in which both were measured, changes no ratio."""
    slow_minute = report(pipeline_rps=[100, 50, 100], bare_rps=[100, 50, 100])
    assert slow_minute.ratio("pipeline_rps", "bare_rps") == 1


def test_what_is_not_reached_is_named() -> None:
    """Every missed aim, with what was wanted and what came; aims that were not measured are not missed."""
    missed = report(pipeline_rps=[90], bare_rps=[100], transport_rps=[30_000], tax_us=[30]).not_reached()
    assert [line.partition(":")[0] for line in missed] == ["pipeline/bare", "transport_rps", "tax_us"]
    assert "wanted at least 0.95, got 0.900" in missed[0]
    assert report(pipeline_rps=[96], bare_rps=[100]).not_reached() == []


def test_slow_latency_is_named() -> None:
    """The ideal batcher is the measure, and each load has its own limit."""
    found = report()
    found.latency = {
        "50%": {"load": 0.5, "p99_over_ideal": 1.6},
        "80%": {"load": 0.8, "p99_over_ideal": 1.9},
        "80%, elsewhere": {"load": 0.8, "p99_over_ideal": 2.1},
    }
    missed = [line.partition(" over")[0] for line in found.not_reached()]
    assert missed == ["p99 at 50%", "p99 at 80%, elsewhere"]


def test_json_has_every_key_measured_or_not() -> None:
    """A reader of the JSON finds each rate; what was left out is null."""
    told = report(pipeline_rps=[2, 4, 9]).to_dict()
    assert told["pipeline_rps"] == 4
    assert told["spread"]["pipeline_rps"] == [2, 9]
    assert told["bare_rps"] is None
    assert TITLES.keys() <= told.keys()
    assert {"ratios", "tax_us", "tax_us_by_stage", "latency", "memory", "same_labels"} <= told.keys()


def test_the_table_names_machine_broker_and_date() -> None:
    """Numbers without where they come from are worth nothing."""
    table = report(pipeline_rps=[200, 220], bare_rps=[210, 225]).to_markdown()
    assert "2 cores of a cpu, 2026-01-01, a broker" in table
    assert "| Reviewstream, the enrich role | 210 (200 to 220) |" in table


@pytest.mark.parametrize("runs", [{}, {"pipeline_rps": [200.0, 220.0], "transport_rps": [1e5]}])
def test_the_figure_is_a_picture(tmp_path: Path, runs: dict[str, list[float]]) -> None:
    """It is written whatever was measured."""
    draw(report(**runs), tmp_path / "figure.png")
    assert (tmp_path / "figure.png").read_bytes().startswith(PNG)
