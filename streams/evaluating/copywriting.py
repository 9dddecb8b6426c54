"""`evaluate copy`: how true, complete, short and varied composed copy is, over many products."""

import re
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from pathlib import Path
from statistics import fmean
from typing import TypedDict

from schemas.copywriting import CopyKind, CopyVariant
from streams.copywriting import CopyWriter, Subject, kinds
from streams.evaluating.copy_products import products_to_write
from streams.evaluating.copy_support import unsupported_numbers, unsupported_words
from streams.offline.copywriting import Wish, write_copy

_MOST_ATTRIBUTES = 5
_MOST_TEXTS = 200
_NUMBER_WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_TOKEN = re.compile(r"\d+(?:[.,]\d+)*|[\u3400-\u9fff]|[^\W\d_\u3400-\u9fff]+")
#: Kinds that every product can have without anything else being given.
_KINDS: tuple[CopyKind, ...] = ("description", "reason", "ad", "scenario", "faq")


class CopyNumbers(TypedDict):
    """What was measured.

    `coverage` is the share of a product's first five attributes that its description tells, in the mean.
    `unsupported_claims` is the share of sentences with a word that the product's record does not have.
    """

    products: int
    texts: int
    refused: int
    coverage: float | None
    claims: int
    unsupported_claims: float | None
    unsupported_numbers: int
    examples: list[dict[str, object]]
    over_limit: int
    repeated_texts: int
    distinct_1: float | None
    distinct_2: float | None
    self_bleu: float | None
    products_per_second: float


@dataclass(frozen=True, slots=True)
class _Text:
    subject: Subject
    kind: CopyKind
    channel: str | None
    language: str
    variant: CopyVariant
    within: bool


def evaluate_copy(path: Path, *, language: str | None, progress: Callable[[str], None]) -> CopyNumbers:
    """Write copy of the kinds that need nothing but a product, and measure it.

    Args:
        path: of products, see `products_to_write`.
        language: of all texts; None: each product's own.
        progress: told what happens.

    Raises:
        ConfigurationError: there are no products.
    """
    subjects = products_to_write(path)
    progress(f"{len(subjects):,} products")
    started = time.monotonic()
    texts, refused = _written(subjects, language, progress)
    seconds = time.monotonic() - started
    descriptions = [text for text in texts if text.kind == "description"]
    supported = [_support(text) for text in texts]
    claims = list(chain.from_iterable(supported))
    wrong = [example for example in claims if example["words"] or example["numbers"]]
    tokens = [_tokens(text.variant.text) for text in descriptions[:_MOST_TEXTS]]
    return CopyNumbers(
        products=len(subjects),
        texts=len(texts),
        refused=refused,
        coverage=_mean([_coverage(text) for text in descriptions if text.subject.details.attributes]),
        claims=len(claims),
        unsupported_claims=round(len(wrong) / len(claims), 4) if claims else None,
        unsupported_numbers=sum(bool(example["numbers"]) for example in claims),
        examples=wrong[:20],
        over_limit=sum(not text.within for text in texts),
        repeated_texts=_repeated(texts),
        distinct_1=_distinct([[token] for known in tokens for token in known]),
        distinct_2=_distinct([list(pair) for known in tokens for pair in pairwise(known)]),
        self_bleu=_self_bleu(tokens),
        products_per_second=round(len(subjects) / seconds, 1) if seconds else 0.0,
    )


def _written(
    subjects: Sequence[Subject], language: str | None, progress: Callable[[str], None]
) -> tuple[list[_Text], int]:
    writer = CopyWriter()
    texts: list[_Text] = []
    refused = 0
    for number, subject in enumerate(subjects, start=1):
        for kind in _KINDS:
            for channel in kinds()[kind].channels or (None,):
                wish = Wish(kind, {"language": language, "channel": channel})
                written = write_copy(writer, wish, [subject])
                refused += not written.variants
                code = written.language or "en"
                limits = kinds()[kind].limits_of(channel, unspaced=code == "zh")
                texts += [
                    _Text(
                        subject,
                        kind,
                        channel,
                        code,
                        variant,
                        _is_within(variant.text, code, limits.words, limits.characters),
                    )
                    for variant in written.variants
                ]
        if number % 50 == 0:
            progress(f"{number:,} of {len(subjects):,} products")
    return texts, refused


def _is_within(text: str, language: str, words: int | None, characters: int | None) -> bool:
    counted = len(text) if language == "zh" else len(text.split())
    return (words is None or counted <= words) and (characters is None or len(text) <= characters)


def _support(text: _Text) -> list[dict[str, object]]:
    return [
        {
            "product_id": text.subject.product_id,
            "kind": text.kind,
            "claim": claim.text,
            "words": unsupported_words(claim, text.subject, text.language) if text.kind != "faq" else [],
            "numbers": unsupported_numbers(claim.text, text.subject),
        }
        for claim in text.variant.claims
        if claim.evidence
    ]


def _coverage(text: _Text) -> float:
    """The share of the first attributes that a description tells: name and value, or all of a value's parts."""
    said = set(_tokens(text.variant.text))
    attributes = list(text.subject.details.attributes.items())[:_MOST_ATTRIBUTES]
    return fmean([_is_told(name, value, said) for name, value in attributes])


def _is_told(name: str, value: object, said: set[str]) -> bool:
    told = str(value).casefold()
    is_flag = isinstance(value, bool) or told in {"yes", "no", "true", "false", "有", "无", "是", "否"}
    wanted = _tokens(name if is_flag else str(value))
    return sum(
        token in said or f"{token}s" in said or token.rstrip("s") in said for token in wanted
    ) >= 0.7 * len(wanted)


def _tokens(text: str) -> list[str]:
    found = [
        token.replace(",", "") if token[0].isdigit() else token for token in _TOKEN.findall(text.casefold())
    ]
    return [str(_NUMBER_WORDS.index(token)) if token in _NUMBER_WORDS else token for token in found]


def _repeated(texts: Sequence[_Text]) -> int:
    """Texts of one kind and channel that two products have, and sentences that a text has twice."""
    counts: Mapping[tuple[str, str | None, str], int] = Counter(
        (text.kind, text.channel, text.variant.text) for text in texts
    )
    inside = [[claim.text for claim in text.variant.claims] for text in texts]
    return sum(count - 1 for count in counts.values()) + sum(len(set(known)) < len(known) for known in inside)


def _distinct(grams: Sequence[Sequence[str]]) -> float | None:
    return round(len({tuple(gram) for gram in grams}) / len(grams), 4) if grams else None


def _self_bleu(tokens: Sequence[Sequence[str]]) -> float | None:
    """BLEU-4 of each text against all others, in the mean: 1 where all are alike."""
    if len(tokens) < 2:
        return None
    from nltk.translate.bleu_score import SmoothingFunction, sentence_bleu  # noqa: PLC0415 - an extra

    smooth = SmoothingFunction().method1
    return _mean(
        [
            float(sentence_bleu([*tokens[:place], *tokens[place + 1 :]], known, smoothing_function=smooth))
            for place, known in enumerate(tokens)
        ]
    )


def _mean(numbers: Sequence[float]) -> float | None:
    return round(fmean(numbers), 4) if numbers else None
