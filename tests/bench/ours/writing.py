"""The real generate role, generator and all, with a composer that keeps account.

    python -m tests.bench.ours.writing ACCOUNT_FILE

At the end ACCOUNT_FILE holds what `Account` has, its `seconds` and the `tokens` written, as JSON.
"""

import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import orjson

from models.generation.interfaces import Generator, Phrase, PhraseRequest
from schemas.summaries import RefreshRequested
from streams import logs, settings
from streams.app import run_role
from streams.cli.console import run_async, stop_on_signals
from streams.composing.composer import SummaryComposer
from streams.composing.composition import Composition
from streams.composing.phrasing import Voice
from streams.composing.rereading import Read
from streams.roles.generate.product_texts import Composer
from streams.roles.generate.voices import load_voices
from streams.settings import Settings
from tests.bench.ours.tokens import TokenCount
from tests.roles import generate_role


@dataclass
class Account:
    """What a generate role did.

    Attributes:
        began: seconds, monotonic, at which the first snapshot was handed to the composer.
        committed: the same of the last commit; 0 before the first.
        cpu_s: of the whole process between these two, user and system.
        composing_s: seconds in the composer, of which
        phrasing_s: in the generator, and
        reading_s: in the reader of its phrases.
        cut: calls of the generator that took all of their time, so that phrases may be missing.
        requests: that the generator was asked, in order.
    """

    began: float = 0.0
    committed: float = 0.0
    cpu_s: float = 0.0
    composing_s: float = 0.0
    phrasing_s: float = 0.0
    reading_s: float = 0.0
    cut: int = 0
    requests: list[PhraseRequest] = field(default_factory=list)
    _cpu_began_s: float = 0.0

    @property
    def seconds(self) -> float:
        """From the first snapshot until everything was committed."""
        return self.committed - self.began

    def begin(self) -> None:
        """A snapshot was handed to the composer; only the first counts."""
        if not self.began:
            self.began, self._cpu_began_s = time.monotonic(), time.process_time()

    def checkpoint(self, name: str) -> None:
        """See `streams.delivery.sink.Checkpoint`."""
        if name == "after_commit" and self.began:
            self.committed, self.cpu_s = time.monotonic(), time.process_time() - self._cpu_began_s


class AccountedPhraser:
    """A generator whose requests and seconds are noted."""

    def __init__(self, inner: Generator, account: Account) -> None:
        self._inner = inner
        self._account = account
        self.name, self.version = inner.name, inner.version
        self.stop = inner.stop

    def phrase(self, requests: Sequence[PhraseRequest], *, deadline_s: float) -> list[list[Phrase]]:
        """The generator's answer."""
        started = time.monotonic()
        answer = self._inner.phrase(requests, deadline_s=deadline_s)
        seconds = time.monotonic() - started
        self._account.requests += requests
        self._account.phrasing_s += seconds
        self._account.cut += seconds >= deadline_s
        return answer


class AccountedComposer:
    """A composer whose seconds are noted."""

    def __init__(self, inner: SummaryComposer, account: Account) -> None:
        self._inner = inner
        self._account = account
        self.prompt_version = inner.prompt_version
        self.stop = inner.stop

    def compose(
        self, snapshots: Sequence[RefreshRequested], *, most_words: int | None = None
    ) -> Sequence[Composition]:
        """The composer's answer."""
        self._account.begin()
        started = time.monotonic()
        answer = self._inner.compose(snapshots, most_words=most_words)
        self._account.composing_s += time.monotonic() - started
        return answer


def accounted_voice(voice: Voice, account: Account) -> Voice:
    """The same voice; what it does is noted."""

    def read(texts: Sequence[str]) -> Sequence[Read]:
        started = time.monotonic()
        answer = voice.read(texts)
        account.reading_s += time.monotonic() - started
        return answer

    return replace(voice, phraser=AccountedPhraser(voice.phraser, account), read=read)


async def main(account: Account, count: TokenCount) -> None:
    """Run until SIGTERM."""
    loaded = settings.load()
    logs.configure(loaded.log.level, "json", role="generate")

    def load_composer(settings_: Settings) -> Composer:
        voices, readers = load_voices(settings_)
        count.start()
        kept = {language: accounted_voice(voice, account) for language, voice in voices.items()}
        inner = SummaryComposer(kept, readers, deadline_s=settings_.generation.batch_s)
        return AccountedComposer(inner, account)

    role = generate_role(load_composer, checkpoint=account.checkpoint)
    await run_role(role, loaded, stop=stop_on_signals())


if __name__ == "__main__":
    kept, counted = Account(), TokenCount()
    try:
        run_async(main(kept, counted))
    finally:
        told = asdict(kept) | {"tokens": counted.tokens, "seconds": kept.seconds}
        Path(sys.argv[1]).write_bytes(orjson.dumps(told))
