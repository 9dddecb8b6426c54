"""The model alone, at its best: tokenised beforehand, best batching, all its streams busy, no pipeline.

    python -m tests.bench.ours.bare TEXTS_FILE

TEXTS_FILE holds a JSON list of texts. Prints one JSON object: `rps`, the budget that was best, what each forward
pass took (for the ideal batcher), and the label of every text.
"""

import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import orjson

from models.devices import plan_compute
from models.interfaces import SentimentClassifier, TokenisedReview
from streams import settings
from streams.app import default_parts
from streams.lane.planning import plan_batches

_BUDGETS = (512, 1024, 2048)
_TRIAL_REVIEWS = 250

Batch = list[int]


class Run:
    """All batches of some reviews, computed side by side on the model's streams."""

    def __init__(self, model: SentimentClassifier, reviews: Sequence[TokenisedReview], budget: int) -> None:
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
            predictions = self._model.forward(tokenised)
            seconds = time.perf_counter() - started
            self.forwards.append((len(batch), sum(map(len, tokenised)), seconds))
            for index, prediction in zip(batch, predictions, strict=True):
                self.labels[index] = prediction.label


def main() -> None:
    """Measure, and print."""
    texts = orjson.loads(Path(sys.argv[1]).read_bytes())
    loaded = settings.load()
    model_settings = loaded.model
    model = default_parts().load_sentiment(loaded)
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
                "dtype": plan_compute(model_settings.device, model_settings.dtype).dtype_name,
                "parts_us": _parts_us(model, texts, model.streams * seconds / len(texts)),
                "best_batch_tokens": best,
                "streams": model.streams,
                "forwards": run.forwards + [one.forwards[0] for one in single],
                "labels": run.labels,
                "tokens": [len(review) for review in reviews],
            }
        )
    )


def _parts_us(model: SentimentClassifier, texts: Sequence[str], forward_s: float) -> dict[str, float]:
    """CPU microseconds of a review outside of the transport: its forward pass, tokenising, its language."""
    languages = default_parts().load_languages()
    parts = {"forward": forward_s * 1e6}
    for name, work in (
        ("tokenise", model.tokenise),
        ("language", lambda all_: [languages.identify(t) for t in all_]),
    ):
        work(texts[:_TRIAL_REVIEWS])
        started = time.process_time()
        work(texts)
        parts[name] = (time.process_time() - started) / len(texts) * 1e6
    return parts


if __name__ == "__main__":
    main()
