"""What one review adds to its product: the contribution that is counted, and the key points it may make."""

import hashlib
from collections.abc import Sequence

from models.similarity.signatures import SIGNATURE_BYTES, has_near_duplicate
from streams.rolling.events import EnrichedReview, Opinion, Sentence
from streams.rolling.key_points import Candidate
from streams.rolling.product_state import (
    NO_LANGUAGE,
    POLARITIES,
    UNRATED,
    UNREAD,
    Contribution,
    Kind,
    ProductState,
)

MAX_EXCERPT_CHARACTERS = 500
#: A quote has at least so many bytes of UTF-8, and at most so many characters.
_LEAST_QUOTE_BYTES = 8
_LONGEST_QUOTE = 300
# Below these probabilities of the aspect and of the polarity, one in four key points says something else.
_LEAST_CONFIDENCE, _LEAST_SCORE = 0.4, 0.75
_DAY_MS = 86_400_000
_POLARITY = {label: number for number, label in enumerate(POLARITIES)}
_NO_SIGNATURE = bytes(SIGNATURE_BYTES)
#: Reviews with one of these flags are counted and make no key points.
_UNQUOTED_FLAGS = frozenset({"spam", "offensive"})


def contribution_of(
    product: ProductState, event: EnrichedReview, signature: bytes
) -> tuple[Contribution, list[Candidate]]:
    """What a review adds to its product, and the key points it may make.

    Args:
        product: whose signatures tell whether the review looks like one of its newest.
        event: the review.
        signature: of it, see `signature_of`.
    """
    created_ms = _created_ms(event)
    text = event.text or ""
    counted = [opinion for opinion in event.aspects if opinion.counted]
    opinions = tuple(dict.fromkeys((opinion.aspect, _POLARITY[opinion.sentiment]) for opinion in counted))
    contribution = Contribution(
        created_ms=created_ms,
        day=day_of(event),
        rating_hundredths=UNRATED if event.rating is None else round(event.rating * 100),
        sentiment=UNREAD if event.sentiment is None else _POLARITY[event.sentiment.label],
        is_verified=event.verified_purchase,
        is_near_duplicate=signature != _NO_SIGNATURE and has_near_duplicate(signature, product.signatures),
        language=_language(event),
        opinions=opinions,
        mentions=(),
        title=event.title,
        is_of_stars=event.sentiment is not None and event.sentiment.basis == "stars",
        excerpt=text if len(text) <= MAX_EXCERPT_CHARACTERS else f"{text[: MAX_EXCERPT_CHARACTERS - 1]}…",
    )
    if any(flag.kind in _UNQUOTED_FLAGS for flag in event.flags):
        return contribution, []
    return contribution, _candidates(event, counted, contribution.language)


def _language(event: EnrichedReview) -> str:
    """The language it counts for; stars without words are of none."""
    if event.status == "rating_only":
        return NO_LANGUAGE
    return event.language.code if event.language is not None else "und"


def _created_ms(event: EnrichedReview) -> int:
    return int(event.created_at.timestamp() * 1000)


def day_of(event: EnrichedReview) -> int:
    """The day a review counts for; a clock that is ahead must not end the days of today."""
    return min(_created_ms(event), event.source.timestamp_ms) // _DAY_MS


def _candidates(event: EnrichedReview, opinions: Sequence[Opinion], language: str) -> list[Candidate]:
    candidates = []
    for opinion in opinions:
        quote = opinion.quote
        if not _is_sure(event, opinion):
            continue
        if len(quote) <= _LONGEST_QUOTE and len(quote.encode("utf-8", "replace")) >= _LEAST_QUOTE_BYTES:
            strength = round(100 * opinion.confidence * opinion.score)
            kind = Kind(language, _POLARITY[opinion.sentiment], opinion.aspect)
            candidates.append(
                Candidate(kind.name, quote, _bits(event, opinion), event.embedding_version, strength)
            )
    return candidates


def _is_sure(event: EnrichedReview, opinion: Opinion) -> bool:
    """Whether an opinion makes a key point: it counts, is surely there, and its sentence feels as it does."""
    sentence = _sentence_of(event, opinion)
    return (
        opinion.counted
        and opinion.confidence >= _LEAST_CONFIDENCE
        and opinion.score >= _LEAST_SCORE
        and (sentence is None or sentence.sentiment == opinion.sentiment)
    )


def _sentence_of(event: EnrichedReview, opinion: Opinion) -> Sentence | None:
    """The sentence in which an opinion begins; None where the model tells of none."""
    for sentence in event.sentences:
        if sentence.field == opinion.field and sentence.start <= opinion.start < sentence.end:
            return sentence
    return None


def _bits(event: EnrichedReview, opinion: Opinion) -> bytes:
    """The embedding of the sentence around an opinion; without one, a hash: then only equal words are alike."""
    sentence = _sentence_of(event, opinion)
    if sentence is not None and sentence.embedding:
        return sentence.embedding
    words = " ".join(opinion.quote.casefold().split())
    return hashlib.blake2b(words.encode("utf-8", "replace"), digest_size=32).digest()


def signature_of(event: EnrichedReview) -> bytes:
    """The review's signature; that of no text where it has none that fits."""
    signature = event.signature
    return signature if signature and len(signature) == SIGNATURE_BYTES else _NO_SIGNATURE
