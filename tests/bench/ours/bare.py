"""The model alone, at its best: tokenised beforehand, best batching, all its streams busy, no pipeline.

    python -m tests.bench.ours.bare TEXTS_FILE

TEXTS_FILE holds a JSON list of texts. Prints one JSON object: `rps`, the budget that was best, what each forward
pass took (for the ideal batcher), and the label of every text.
"""

import sys
import threading
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson

from models.devices import plan_compute
from models.readers.interfaces import ReviewReader
from streams import settings
from streams.lane.loading import load_readers
from streams.lane.planning import plan_batches
from streams.roles.enrich.preparer import load_preparer
from streams.roles.enrich.readers import ANY_LANGUAGE, Preparer

_BUDGETS = (512, 1024, 2048)
_TRIAL_REVIEWS = 250

Batch = list[int]


class Run:
    """All batches of some reviews, computed side by side on the model's streams."""

    def __init__(self, model: ReviewReader[Any], reviews: Sequence[Any], budget: int) -> None:
        self._model = model
        self._reviews = reviews
        lengths = [len(review) for review in reviews]
        plan = plan_batches(lengths, max_tokens=budget, max_reviews=256, is_padded=not model.packs)
        self._todo = list(reversed(plan))
        self.labels = [""] * len(reviews)
        self.forwards: list[tuple[int, int, float]] = []

    def __call__(self) -> float:
        """Seconds it took."""
        workers = [threading.Thread(target=self._work) for _ in range(self._model.streams)]
        started = time.perf_counter()
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        return time.perf_counter() - started

    def _work(self) -> None:
        while True:
            try:
                batch = self._todo.pop()
            except IndexError:
                return
            tokenised = [self._reviews[index] for index in batch]
            started = time.perf_counter()
            readings = self._model.forward(tokenised)
            seconds = time.perf_counter() - started
            self.forwards.append((len(batch), sum(map(len, tokenised)), seconds))
            for index, reading in zip(batch, readings, strict=True):
                self.labels[index] = reading.sentiment.label


def main() -> None:
    """Measure, and print."""
    texts = orjson.loads(Path(sys.argv[1]).read_bytes())
    loaded = settings.load()
    model_settings = loaded.model
    preparer = load_preparer(loaded)
    model = _reader_of_most(texts, preparer, loaded)
    reviews = model.tokenise(texts)
    trials = {budget: Run(model, reviews[:_TRIAL_REVIEWS], budget)() for budget in _BUDGETS}
    best = min(trials, key=trials.__getitem__)
    run = Run(model, reviews, best)
    seconds = run()
    single = [Run(model, reviews[index : index + 1], best) for index in range(min(60, len(reviews)))]
    for one in single:  # small batches too, for the ideal batcher's cost model
        one()
    sys.stdout.buffer.write(
        orjson.dumps(
            {
                "rps": len(texts) / seconds,
                "dtype": str(plan_compute(model_settings.device, model_settings.dtype).dtype).removeprefix(
                    "torch."
                ),
                "parts_us": _parts_us(model, preparer, texts, model.streams * seconds / len(texts)),
                "best_batch_tokens": best,
                "streams": model.streams,
                "forwards": run.forwards + [one.forwards[0] for one in single],
                "labels": run.labels,
                "tokens": [len(review) for review in reviews],
            }
        )
    )


def _reader_of_most(texts: Sequence[str], preparer: Preparer, loaded: settings.Settings) -> ReviewReader[Any]:
    """The model of the language that most of the texts are in."""
    readers = load_readers(loaded)
    languages = Counter(preparer.prepare(text=text).language.code for text in texts[:_TRIAL_REVIEWS])
    known = [code for code, _ in languages.most_common() if code in readers]
    return readers[known[0] if known else ANY_LANGUAGE]


def _parts_us(
    model: ReviewReader[Any], preparer: Preparer, texts: Sequence[str], forward_s: float
) -> dict[str, float]:
    """CPU microseconds of a review outside of the transport: its forward pass, tokenising, what comes before it."""
    parts = {"forward": forward_s * 1e6}
    for name, work in (
        ("tokenise", model.tokenise),
        ("prepare", lambda all_: [preparer.prepare(text=text) for text in all_]),
    ):
        work(texts[:_TRIAL_REVIEWS])
        started = time.process_time()
        work(texts)
        parts[name] = (time.process_time() - started) / len(texts) * 1e6
    return parts


if __name__ == "__main__":
    main()
