"""Has a model say in a sentence of its own what is to be told: extract, phrase, check.

The model gets quotes of key points that may be published, never a review. What it writes is ordered by how well the
quotes support it and how well it reads; the first sentence that passes every check is told, and where none does, code
counts and quotes.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from models.generation.interfaces import Generator, Phrase, PhraseRequest
from models.generation.ranking import rank
from schemas.fields import SentimentLabel
from streams.composing import chinese, english
from streams.composing.composition import Opinion, Quoted, primary
from streams.composing.opinions import MAX_QUOTES, UNNAMED
from streams.composing.phrase_faults import phrase_faults, supporters
from streams.composing.publishable import problems
from streams.composing.rereading import ReadSentences, agrees
from streams.composing.writing import Outline

#: Names the prompts and checks in what is published.
PROMPT_VERSION = "phrases-1"
#: Phrases of an opinion that a reader is asked about, the best ones.
_MOST_READ = 3
_MOST_EVIDENCE = 2
#: Fewer reviews are quoted: a sentence that several are said to say is one that each of them says.
_LEAST_SUPPORTERS = 2
# Mean log-probability of a token: below it, sentences are often no English.
_LEAST_FLUENT = -0.8
_POLARITIES: dict[str, dict[SentimentLabel, str]] = {
    "en": {"positive": "good", "neutral": "mixed", "negative": "bad"},
    "zh": {"positive": "好", "neutral": "一般", "negative": "差"},
}
_ASPECT_WORDS = {"en": english.aspect_words, "zh": chinese.aspect_words}
_UNNAMED_WORDS = {"en": "product", "zh": "商品"}


@dataclass(frozen=True, slots=True)
class Voice:
    """Who writes sentences in a language, and who reads them again.

    Attributes:
        phraser: writes.
        read: says how a sentence feels and what it speaks of.
        samples: sentences to choose from for each opinion.
    """

    phraser: Generator
    read: ReadSentences
    samples: int = 4

    @property
    def model(self) -> tuple[str, str]:
        """The name and the version of who writes."""
        return self.phraser.name, self.phraser.version


def phrase_opinions(
    outlines: Sequence[Outline], language: str, voice: Voice, *, deadline_s: float
) -> list[dict[Opinion, str]]:
    """Sentences for the points that the outlines are going to tell; one is missing where no sentence passed.

    Args:
        outlines: all of `language`.
        language: primary code, "en" or "zh".
        voice: of that language.
        deadline_s: seconds; what is not phrased by then is missing.
    """
    asked = [
        (number, opinion, quoted)
        for number, planned in enumerate(outlines)
        for opinion in planned.chosen
        for quoted in opinion.quoted[:MAX_QUOTES]
        if _may_be_phrased(opinion, quoted, planned)
    ]
    requests = [_request(opinion, quoted, language, voice.samples) for _, opinion, quoted in asked]
    written = voice.phraser.phrase(requests, deadline_s=deadline_s) if requests else []
    candidates = [_passing(phrases, request) for phrases, request in zip(written, requests, strict=True)]
    texts = list(dict.fromkeys(text for passed in candidates for text in passed))
    readings = dict(zip(texts, voice.read(texts), strict=True)) if texts else {}
    chosen: list[dict[Opinion, str]] = [{} for _ in outlines]
    said: dict[int, set[str]] = defaultdict(set)
    for (number, opinion, quoted), passed in zip(asked, candidates, strict=True):
        for text in passed:
            if (
                text.casefold() not in said[number]
                and agrees(readings[text], text, opinion)
                and len(supporters(text, quoted.point.quotes, language)) >= _LEAST_SUPPORTERS
            ):
                chosen[number][opinion.only(quoted)] = text
                said[number].add(text.casefold())
                break
    return chosen


def evidence_of(quoted: Quoted) -> tuple[str, ...]:
    """The quotes that a sentence on a point is written from: one or two, clean, of reviewers that differ."""
    return tuple(dict.fromkeys([quoted.quote, *quoted.others]))[:_MOST_EVIDENCE]


def _may_be_phrased(opinion: Opinion, quoted: Quoted, told: Outline) -> bool:
    """Whether it may stand as a plain sentence: not what one alone says, nor what more reviews deny."""
    if told.speakers == "commenters":  # who speaks of one thing says no one thing of it
        return False
    if quoted.foreign is not None or opinion.only(quoted).total < _LEAST_SUPPORTERS:
        return False
    return opinion.aspect == UNNAMED or not any(
        other.aspect == opinion.aspect
        and other.polarity not in {opinion.polarity, "neutral"}
        and other.total > opinion.total
        for other in told.opinions
    )


def _request(opinion: Opinion, quoted: Quoted, language: str, samples: int) -> PhraseRequest:
    named = opinion.aspect != UNNAMED
    return PhraseRequest(
        language,
        evidence_of(quoted),
        _ASPECT_WORDS[language](opinion.aspect) if named else _UNNAMED_WORDS[language],
        _POLARITIES[language][opinion.polarity],
        samples=samples,
    )


def _passing(phrases: Sequence[Phrase], request: PhraseRequest) -> list[str]:
    """The best phrases that pass what can be checked without a model."""
    language, evidence = request.language, request.evidence
    return [
        phrase.text
        for phrase in rank(phrases, evidence, language)
        if phrase.mean_log_probability >= _LEAST_FLUENT
        and not phrase_faults(phrase.text, evidence, language)
        and not problems(phrase.text, language)
    ][:_MOST_READ]


def can_phrase(language: str) -> bool:
    """Whether there are prompts and checks for a language.

    >>> can_phrase("en-GB"), can_phrase("fr")
    (True, False)
    """
    return primary(language) in _POLARITIES
