"""Draws a confusion matrix."""

from collections.abc import Sequence
from pathlib import Path

from streams.errors import ConfigurationError


def draw_confusion(confusion: Sequence[Sequence[int]], labels: Sequence[str], title: str, file: Path) -> None:
    """Write the matrix as a PNG: rows are what is right, columns what the model said; shares of the row, and counts.

    Raises:
        ConfigurationError: the package that draws is not installed, or the file cannot be written.
    """
    try:
        from matplotlib.figure import Figure  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise ConfigurationError(
            "--plot: wanted the package matplotlib; pip install 'reviewstream[plot]'"
        ) from error
    shares = [[count / (sum(row) or 1) for count in row] for row in confusion]
    figure = Figure(figsize=(1.5 + 1.3 * len(labels), 1.2 + 1.2 * len(labels)), layout="constrained")
    axes = figure.subplots()
    image = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    axes.set_xticks(range(len(labels)), labels)
    axes.set_yticks(range(len(labels)), labels)
    axes.set_xlabel("the model says")
    axes.set_ylabel("people say")
    axes.set_title(title, fontsize=10)
    for row, counts in enumerate(confusion):
        for column, count in enumerate(counts):
            share = shares[row][column]
            colour = "white" if share > 0.5 else "black"
            axes.text(column, row, f"{count}\n{share:.0%}", ha="center", va="center", color=colour)
    figure.colorbar(image, ax=axes, shrink=0.8, label="share of the row")
    try:
        figure.savefig(file, dpi=120, format="png")
    except OSError as error:
        raise ConfigurationError(f"--plot: {file} cannot be written: {error.strerror}") from error
