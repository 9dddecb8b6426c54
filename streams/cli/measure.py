"""What `evaluate` runs for each task: the measuring, the figure, and how the numbers are shown."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from streams.cli import reports
from streams.cli.console import err, print_json
from streams.errors import ConfigurationError
from streams.evaluating.aspects import evaluate_aspects
from streams.evaluating.copywriting import evaluate_copy
from streams.evaluating.figure import draw_confusion
from streams.evaluating.key_points import evaluate_key_points
from streams.evaluating.polarity import PolarityNumbers
from streams.evaluating.sentiment import evaluate_sentiment
from streams.evaluating.summaries import evaluate_summaries
from streams.evaluating.summarisers import SUMMARISERS
from streams.settings import Settings

Report = TypeVar("Report")


class Measurable(StrEnum):
    """What can be measured."""

    SENTIMENT = "sentiment"
    ASPECTS = "aspects"
    KEY_POINTS = "key-points"
    SUMMARIES = "summaries"
    COPY = "copy"


@dataclass(frozen=True, slots=True)
class Measure:
    """Measures on one file, and shows the numbers.

    Attributes:
        settings: which models, on what.
        file: or the directory.
        language: of every text; None: each one's own.
        plot: where the confusion matrix is drawn; None: nowhere.
        as_json: for a machine, not for people.
        encoding: of the file; None: found.
    """

    settings: Settings
    file: Path
    language: str | None
    plot: Path | None
    as_json: bool
    encoding: str | None = None

    def sentiment(self, text_column: str, label_column: str, names: Mapping[str, str]) -> None:
        """Polarity of whole texts."""
        report = evaluate_sentiment(
            self.settings,
            self.file,
            text_column=text_column,
            label_column=label_column,
            label_names=names,
            language=self.language,
            encoding=self.encoding,
            progress=_say,
        )
        self._draw(Measurable.SENTIMENT, report, report["labels"])
        self._show(report, reports.print_sentiment)

    def aspects(
        self, text_column: str, aspect_column: str, label_column: str, names: Mapping[str, str]
    ) -> None:
        """Which aspects are found, and the polarity of each."""
        report = evaluate_aspects(
            self.settings,
            self.file,
            text_column=text_column,
            aspect_column=aspect_column,
            label_column=label_column,
            names=names,
            language=self.language,
            encoding=self.encoding,
            progress=_say,
        )
        self._draw(Measurable.ASPECTS, report["polarity"], report["labels"])
        self._show(report, reports.print_aspects)

    def key_points(self) -> None:
        """Whether key points are what people find salient."""
        report = evaluate_key_points(self.settings, self.file, progress=_say)
        self._show(report, reports.print_key_points)

    def summaries(self, written_by: str) -> None:
        """Texts beside those that people write.

        Raises:
            ConfigurationError: nobody of that name writes any.
        """
        if written_by not in SUMMARISERS:
            raise ConfigurationError(f"--written-by: wanted {', '.join(SUMMARISERS)}, got {written_by!r}")
        report = evaluate_summaries(
            self.settings, self.file, language=self.language, progress=_say, name=written_by
        )
        self._show(report, reports.print_summaries)

    def copy(self) -> None:
        """Copy that is composed of products."""
        report = evaluate_copy(self.file, language=self.language, progress=_say)
        self._show(report, reports.print_copy)

    def _draw(self, task: Measurable, polarity: PolarityNumbers | None, labels: Sequence[str]) -> None:
        if self.plot is None:
            return
        if polarity is None:
            raise ConfigurationError("--plot: wanted labels of polarity in the file, got aspects only")
        draw_confusion(polarity["confusion"], labels, f"{task}: {self.file.name}", self.plot)

    def _show(self, report: Report, show: Callable[[Report], None]) -> None:
        if self.as_json:
            print_json(report)
        else:
            show(report)


def _say(line: str) -> None:
    err.print(line)
