"""The real enrich role, command line and all, with a model and a preparation that cost nothing.

    python -m tests.bench.ours.costless [ACCOUNT_FILE [whole|stages [SECONDS_A_REVIEW]]]

With ACCOUNT_FILE the CPU time an event costs is written there at the end, whole or by stages (`tests.bench.stages`).
With SECONDS_A_REVIEW every forward pass sleeps so long for each review: a contender that is slowed on purpose.
"""

import sys
import time
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from models.readers.interfaces import ReviewReading, SentimentPrediction, TokenisedReview
from models.readers.preparation import PreparedReview
from models.text.language import DetectedLanguage
from streams import logs, settings
from streams.app import ROLES, run_role
from streams.cli.console import run_async, stop_on_signals
from streams.roles.enrich.worker import EnrichWorker
from streams.worker.role import Role
from tests.bench.stages import accounted

_TOKENISED = TokenisedReview(windows=((101, 102),))
_ANSWER = ReviewReading(SentimentPrediction(0.1, 0.2, 0.7))
_LANGUAGE = DetectedLanguage("en", 1.0)


@dataclass(frozen=True)
class CostlessReader:
    """Answers without a thought; sleeps if told to."""

    seconds_a_review: float = 0.0
    name: str = "costless"
    version: str = "1"
    languages: frozenset[str] | None = None
    embedding_version: str | None = None
    packs: bool = True
    streams: int = 1
    batch_tokens: int = 512

    def tokenise(self, texts: Sequence[str]) -> list[TokenisedReview]:
        """Two tokens each."""
        return [_TOKENISED] * len(texts)

    def forward(self, batch: Sequence[TokenisedReview]) -> list[ReviewReading]:
        """Positive."""
        if self.seconds_a_review:
            time.sleep(self.seconds_a_review * len(batch))
        return [_ANSWER] * len(batch)


class CostlessPreparer:
    """Masks nothing, and takes everything for English."""

    def prepare(
        self, *, text: str, title: str | None = None, author_id: str | None = None, hint: str | None = None
    ) -> PreparedReview:
        """The review as it came."""
        del hint
        return PreparedReview(title, text, author_id, _LANGUAGE, (), (), (), b"")

    def rating_flag(self, _rating: float | None, _sentiment: object) -> None:
        """No doubts."""


async def main(role: Role, account_file: str, *, by_stage: bool) -> None:
    """Run until SIGTERM."""
    loaded = settings.load()
    logs.configure(loaded.log.level, "json", role="enrich")
    with accounted(Path(account_file), by_stage=by_stage) if account_file else nullcontext():
        await run_role(role, loaded, stop=stop_on_signals())


if __name__ == "__main__":
    account_file, by_stage, cost = [*sys.argv[1:], *("", "", "0")[len(sys.argv) - 1 :]]
    worker = partial(
        EnrichWorker,
        load_readers=lambda _: {"en": CostlessReader(float(cost))},
        load_preparer=lambda _: CostlessPreparer(),
    )
    run_async(main(replace(ROLES["enrich"], worker=worker), account_file, by_stage=by_stage == "stages"))
