"""What the built-in English reader says of sentences: what pairs are chosen, and phrases are measured, with."""

from collections.abc import Sequence
from pathlib import Path

from models.devices import plan_compute
from models.readers.interfaces import ReviewReading, SentimentLabel
from models.readers.opinion_loading import load_opinion_reader

_DIRECTORY = Path(__file__).parents[2] / "builtin" / "reviews-en"
_BATCH = 32
_POLARITY_WORDS: dict[SentimentLabel, str] = {"positive": "good", "negative": "bad", "neutral": "mixed"}


class PhraseReader:
    """See `models.training.corpora.phrase_alignment.PairReader`.

    Raises:
        ModelConfigurationError: the reader's encoder is not installed.
        DamagedModelError: its files are not those that were shipped.
    """

    def __init__(self) -> None:
        # Not by load_reader: the memory that it has the process keep would grow with the training that follows.
        self._reader = load_opinion_reader(_DIRECTORY, plan_compute("cpu", "float32"))
        self._known: dict[str, ReviewReading] = {}

    def labels(self, texts: Sequence[str]) -> list[SentimentLabel]:
        """How each text feels; what was read before is remembered."""
        return [reading.sentiment.label for reading in self._read(texts)]

    def point(self, evidence: Sequence[str]) -> tuple[str, str]:
        """The aspect that is surest spoken of, and a word for how all of it feels."""
        [whole] = self._read([". ".join(evidence)])
        aspect = max(whole.aspects, key=lambda mention: mention.confidence, default=None)
        name = "product" if aspect is None else aspect.aspect.replace("_", " ")
        return name, _POLARITY_WORDS[whole.sentiment.label]

    def _read(self, texts: Sequence[str]) -> list[ReviewReading]:
        new = sorted(set(texts) - self._known.keys())
        for first in range(0, len(new), _BATCH):
            some = new[first : first + _BATCH]
            self._known |= zip(some, self._reader.forward(self._reader.tokenise(some)), strict=True)
        return [self._known[text] for text in texts]
