"""What a run of `bench gpu` found: rates beside those of the bare network, and the memory they took."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class GpuRow:
    """One measurement.

    Attributes:
        subject: whose: a reader, the generator, the training of an encoder.
        what: of it.
        per_second: reviews, or texts of the training; None where only tokens are counted.
        tokens_per_second: without padding.
        memory_mb: highest that torch had on the device, weights included; None on a CPU.
        is_bare: the others of the subject are compared with it.
    """

    subject: str
    what: str
    per_second: float | None
    tokens_per_second: float
    memory_mb: float | None
    is_bare: bool = False


@dataclass
class GpuReport:
    """All rows of a run, and what it ran on."""

    machine: dict[str, Any]
    rows: list[GpuRow] = field(default_factory=list)

    def ratio(self, row: GpuRow) -> float | None:
        """Tokens a second beside the bare network's; None of that itself, and where there is none.

        >>> report = GpuReport({}, [GpuRow("a", "role", 1, 90.0, None), GpuRow("a", "bare", 1, 100.0, None, True)])
        >>> report.ratio(report.rows[0])
        0.9
        """
        bare = next((one for one in self.rows if one.is_bare and one.subject == row.subject), None)
        return None if bare is None or bare is row else row.tokens_per_second / bare.tokens_per_second

    def to_dict(self) -> dict[str, Any]:
        """Everything, as JSON takes it."""
        return {
            "machine": self.machine,
            "rows": [
                {
                    "subject": row.subject,
                    "what": row.what,
                    "per_second": row.per_second,
                    "tokens_per_second": row.tokens_per_second,
                    "of_bare": self.ratio(row),
                    "memory_mb": row.memory_mb,
                }
                for row in self.rows
            ],
        }

    def to_markdown(self) -> str:
        """A table."""
        versions = ", ".join(f"{name} {version}" for name, version in self.machine["versions"].items())
        lines = [
            f"{self.machine['device']}, {self.machine['dtype']}, {self.machine['date']}, {versions}.",
            "",
            "| whose | what | reviews/s | tokens/s | of the bare network's | memory, MB |",
            "|---|---|---|---|---|---|",
        ]
        for row in self.rows:
            ratio = self.ratio(row)
            cells = (
                row.subject,
                row.what,
                _number(row.per_second),
                _number(row.tokens_per_second),
                "" if ratio is None else f"{ratio:.2f}",
                _number(row.memory_mb),
            )
            lines.append(f"| {' | '.join(cells)} |")
        return "\n".join(lines)


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:,.0f}"
