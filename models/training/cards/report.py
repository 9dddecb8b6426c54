"""What a training run leaves behind, and the files it writes beside the weights."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from models.registry.manifest import write_manifest

METRICS_NAME = "metrics.json"
CARD_NAME = "README.md"


@dataclass(frozen=True, slots=True)
class TrainingReport:
    """What a training run left behind.

    Attributes:
        directory: the finished model.
        examples: texts trained on, by "source label".
        metrics: what metrics.json holds.
    """

    directory: Path
    examples: dict[str, int]
    metrics: dict[str, object]

    def to_dict(self) -> dict[str, object]:
        """Plain values, as JSON takes them."""
        return {"directory": str(self.directory), "examples": self.examples, "metrics": self.metrics}


def rounded(values: Mapping[str, object]) -> dict[str, object]:
    """Four decimals: more would pretend to a precision that the sets do not give."""
    result: dict[str, object] = json.loads(
        json.dumps(values), parse_float=lambda digits: round(float(digits), 4)
    )
    return result


def finish(
    metrics: dict[str, object],
    card: str,
    directory: Path,
    *,
    examples: Mapping[str, int],
    progress: Callable[[str], None],
) -> TrainingReport:
    """Write metrics.json, the model card and, last, the manifest of a directory that holds the weights."""
    (directory / METRICS_NAME).write_text(json.dumps(metrics, indent=2) + "\n", encoding="utf-8")
    (directory / CARD_NAME).write_text(card, encoding="utf-8")
    write_manifest(directory)
    progress(f"wrote {directory}")
    return TrainingReport(directory, dict(examples), metrics)
