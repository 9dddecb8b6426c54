"""Who writes and reads phrases in tests: scripted, without weights."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from models.generation.interfaces import Phrase, PhraseRequest
from models.readers.aspects import ASPECTS
from schemas.fields import SentimentLabel
from streams.composing.phrasing import Voice
from streams.composing.rereading import Feeling, Read


@dataclass(eq=False)
class FakePhraser:
    """Writes what it is told to of each request, all of it fluent, and remembers who asked when.

    Attributes:
        write: a request to sentences, the best first.
        name: of the model.
        requests: what it was asked.
        deadlines: seconds of each call.
        is_stopped: whether it was.
    """

    write: Callable[[PhraseRequest], Sequence[str]]
    name: str = "fake-phraser"
    version: str = "1"
    languages: frozenset[str] | None = None
    requests: list[PhraseRequest] = field(default_factory=list)
    deadlines: list[float] = field(default_factory=list)
    is_stopped: bool = False

    def phrase(self, requests: Sequence[PhraseRequest], *, deadline_s: float) -> list[list[Phrase]]:
        self.requests += requests
        self.deadlines.append(deadline_s)
        return [[Phrase(text, -0.1) for text in self.write(one)] for one in requests]

    def stop(self) -> None:
        self.is_stopped = True


def read_as(polarity: SentimentLabel, *aspects: str) -> Read:
    """Read with all certainty, the aspects with the same polarity."""
    return Read(Feeling(polarity, 1.0), dict.fromkeys(aspects, Feeling(polarity, 1.0)))


def read_bluntly(texts: Sequence[str]) -> list[Read]:
    """Negative where a text speaks of something loose or late or 松, else positive; of every aspect."""
    return [
        read_as("negative" if any(word in text for word in ("loose", "late", "松")) else "positive", *ASPECTS)
        for text in texts
    ]


def repeated(request: PhraseRequest) -> list[str]:
    """The first quote as a sentence."""
    quote = request.evidence[0]
    return [quote[:1].upper() + quote[1:] + ("。" if request.language == "zh" else ".")]


def fake_voice(
    write: Callable[[PhraseRequest], Sequence[str]] = repeated,
    read: Callable[[Sequence[str]], Sequence[Read]] = read_bluntly,
) -> tuple[Voice, FakePhraser]:
    """A voice, and who is in it."""
    phraser = FakePhraser(write)
    return Voice(phraser, read), phraser
