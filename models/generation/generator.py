"""A language model as a generator of phrases: prompts, constraints, batches and what comes of them."""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from models.generation.causal import CausalNetwork, common_prefix
from models.generation.clause_trie import ClauseTrie
from models.generation.constraints import AnyWords, Constraint
from models.generation.decoding import Written, write
from models.generation.interfaces import Phrase, PhraseRequest
from models.generation.prompts import PromptForm, prompt_tokens
from models.generation.sampling import draws_of
from models.generation.seq2seq import Seq2SeqNetwork
from models.generation.spelling import Speller
from models.generation.steps import Prompt
from models.generation.word_trie import WordTrie
from models.generation.words import UNSPACED, allowed_words, is_blocked, sentence_ends

_ENDS = ".!?。！？\n"


@dataclass(frozen=True, slots=True)
class DecodingOptions:
    """How phrases are chosen.

    Attributes:
        temperature: of the sampling; 0: always the likeliest, so that all samples of a request are one.
        seed: the same requests with the same seed give the same phrases, on the same kind of processor.
        most_rows: samples that are computed side by side.
        blocked: words, lower case, that are never said, even where the evidence says them.
        sliced: whether only the outputs that matter are computed; False: to compare.
    """

    temperature: float = 0.7
    seed: int = 0
    most_rows: int = 64
    blocked: frozenset[str] = frozenset()
    sliced: bool = True


class PhraseGenerator:
    """See `models.generation.interfaces.Generator`.

    Args:
        name: for people.
        version: of the weights.
        languages: that it writes; None: it is not known.
        tokenizer: of transformers, a fast one.
        network: see `models.generation.steps.Network`.
        options: of the decoding.
        prompt: how a key point is put to the network.
        clock: in seconds, monotonic.
    """

    def __init__(
        self,
        *,
        name: str,
        version: str,
        languages: frozenset[str] | None,
        tokenizer: Any,
        network: CausalNetwork | Seq2SeqNetwork,
        options: DecodingOptions,
        prompt: PromptForm = "examples",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = name
        self.version = version
        self.languages = languages
        self.options = options
        self._prompt_form = prompt
        self._tokenizer = tokenizer
        self._backend = tokenizer.backend_tokenizer
        self._network = network
        self._speller = Speller(self._backend)
        self._clock = clock
        self._special = frozenset(tokenizer.all_special_ids)
        end = tokenizer.eos_token_id
        self._end_tokens = frozenset() if end is None else frozenset({int(end)})
        self._any: dict[str, AnyWords] = {}
        self._primed: set[str] = set()
        self._is_stopped = False

    def phrase(self, requests: Sequence[PhraseRequest], *, deadline_s: float) -> list[list[Phrase]]:
        """See `models.generation.interfaces.Generator`."""
        ends_at = self._now() + deadline_s
        for language in dict.fromkeys(request.language for request in requests):
            self._prime(language)
        prompts = [self._prompt(request) for request in requests]
        found: list[dict[str, Phrase]] = [{} for _ in requests]
        for batch in self._network.batches(prompts, self.options.most_rows):
            if self._now() >= ends_at:
                break
            chosen = [(place, self._constraint(requests[place])) for place in batch]
            places = [place for place, constraint in chosen if constraint is not None]
            written = write(
                self._network,
                [prompts[place] for place in places],
                [constraint for _, constraint in chosen if constraint is not None],
                [self._draws(requests[place]) for place in places],
                temperature=self.options.temperature,
                ends_at=ends_at,
                sliced=self.options.sliced,
                clock=self._now,
            )
            for one in sorted(written, key=lambda one: (one.prompt, one.sample)):
                place = places[one.prompt]
                text = self._text(requests[place], prompts[place], one)
                if not is_blocked(text, self.options.blocked):
                    found[place].setdefault(text, Phrase(text, one.mean_log_probability))
        return [list(phrases.values()) for phrases in found]

    def stop(self) -> None:
        """See `models.generation.interfaces.Generator`."""
        self._is_stopped = True

    def _now(self) -> float:
        return math.inf if self._is_stopped else self._clock()

    def _prompt(self, request: PhraseRequest) -> Prompt:
        if self.languages is not None and request.language not in self.languages:
            raise ValueError(
                f"{self.name} writes {', '.join(sorted(self.languages))}, and was asked for {request.language!r}"
            )
        tokens = self._tokens(request)
        limit = self._network.positions
        if limit is not None and len(tokens) + request.max_tokens > limit:
            raise ValueError(
                f"a prompt of {len(tokens)} tokens and a phrase of {request.max_tokens} do not fit the {limit} "
                f"positions of {self.name}"
            )
        opening = self._speller.at_start(request.opening) if request.opening else ()
        if opening is None:
            raise ValueError(f"{self.name} cannot write the opening {request.opening!r}")
        return Prompt(tuple(tokens), opening, request.samples, request.max_tokens)

    def _tokens(self, request: PhraseRequest) -> list[int]:
        encoder = isinstance(self._network, Seq2SeqNetwork)
        return prompt_tokens(self._tokenizer, request, self._prompt_form, encoder=encoder)

    def _prime(self, language: str) -> None:
        """Have what the prompts of a language begin with computed, once."""
        if isinstance(self._network, CausalNetwork) and language not in self._primed:
            self._primed.add(language)
            unlike = [PhraseRequest(language, (word,), word, word) for word in ("a", "9", "Z")]
            self._network.remember_prefix(common_prefix([self._tokens(request) for request in unlike]))

    def _constraint(self, request: PhraseRequest) -> Constraint | None:
        """None where there is not a word that may be said."""
        language = request.language
        if not request.copied:
            if language not in self._any:
                self._any[language] = self._any_words()
            return self._any[language]
        trie = self._trie(request)
        return trie if trie.allowed(trie.start) else None

    def _trie(self, request: PhraseRequest) -> Constraint:
        language, blocked, begun = request.language, self.options.blocked, bool(request.opening)
        if language in UNSPACED:
            return ClauseTrie(
                self._speller,
                request.evidence,
                language,
                blocked=blocked,
                begun=begun,
                end_tokens=self._end_tokens,
            )
        words = allowed_words(request.evidence, language, blocked)
        return WordTrie(self._speller, words, language, begun=begun, end_tokens=self._end_tokens)

    def _any_words(self) -> AnyWords:
        known = range(min(self._network.vocabulary, self._backend.get_vocab_size()))
        texts = {token: self._backend.decode([token]) for token in known if token not in self._special}
        ends = frozenset(token for token, text in texts.items() if any(mark in text for mark in _ENDS))
        return AnyWords(frozenset(texts) | self._end_tokens, ends | self._end_tokens)

    def _draws(self, request: PhraseRequest) -> Any:
        return draws_of(self.options.seed, repr(request), request.samples, request.max_tokens)

    def _text(self, request: PhraseRequest, prompt: Prompt, written: Written) -> str:
        """In one line, with a full stop where the model ended without one."""
        text = " ".join(self._speller.text([*prompt.opening, *written.tokens]).split())
        stop = sentence_ends(request.language)[0]
        return text if text.endswith(tuple(_ENDS)) else text + stop
