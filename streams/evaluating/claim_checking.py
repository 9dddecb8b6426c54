"""Checks a claim against the snapshot that it was written from, knowing nothing of how it was written.

It reads the finished sentence: numbers, quotations, words for aspects and for praise and criticism. A sentence of a
model is held against the quotes of its key points.
"""

import re
from collections.abc import Sequence
from fractions import Fraction

from models.readers.aspects import ASPECTS, aspect_named
from schemas.summaries import KeyPoint, RefreshRequested, SummaryClaim
from streams.composing.composition import primary
from streams.composing.phrase_faults import phrase_faults
from streams.composing.word_lists import any_word

#: How far a share may be from the one that is named.
SHARE_TOLERANCE = Fraction(5, 100)

_QUOTATION = re.compile(r"“([^”]*)”|「([^」]*)」|«([^»]*)»|„([^“]*)“")
_GLOSS = re.compile(r"\(in [\w ]+\)|（[^）0-9]*文）|（其他语言）")
_LIKE = re.compile(r"\bthings like\b|\bunhappy\b|不满意", re.IGNORECASE)
_ONE_WRITES = re.compile(r"\bone writes\b")
#: Who says what a model wrote.
_SAYS = re.compile(
    r"^(?:at least )?(?:one|[\d,]+) [a-z]+s? says?:? |^(?:有一|至少?\d+|\d+)位\w{2}说：", re.IGNORECASE
)
_FEELINGS = (
    ("positive", re.compile(r"\bpositive\b|好评|正面", re.IGNORECASE)),
    ("neutral", re.compile(r"\bmixed\b|\bneutral\b|中评|中性", re.IGNORECASE)),
    ("negative", re.compile(r"\bnegative\b|差评|负面", re.IGNORECASE)),
)
_TILTS = (
    ("positive", re.compile(r"\bmostly positive\b|以好评为主", re.IGNORECASE)),
    ("negative", re.compile(r"\bmostly negative\b|以差评为主", re.IGNORECASE)),
)
_WORD = re.compile(r"[a-z]+", re.IGNORECASE)
_HAN = re.compile(r"[\u4e00-\u9fff]")


def faults(claim: SummaryClaim, snapshot: RefreshRequested) -> list[str]:
    """What in a claim the snapshot does not support; empty where all of it is."""
    words = _GLOSS.sub(" ", _QUOTATION.sub(" ", claim.text))
    if claim.aspect is None:
        return _overall_faults(claim, words, snapshot)
    points = [
        point
        for point in snapshot.key_points
        if point.aspect == claim.aspect
        and point.polarity == claim.polarity
        and not set(point.review_ids).isdisjoint(claim.review_ids)
    ]
    known = {review_id for point in points for review_id in point.review_ids}
    found = [
        f"review {review_id} does not say so" for review_id in claim.review_ids if review_id not in known
    ]
    if not points:
        found.append("no key point of its aspect and polarity")
    if claim.count != len(set(claim.review_ids)):
        found.append(f"{claim.count} reviews, of which {len(set(claim.review_ids))} are named")
    if claim.method == "generated":
        quotes = [quote.text for point in points for quote in point.quotes]
        said = _SAYS.sub("", claim.text)
        return found + phrase_faults(said[:1].upper() + said[1:], quotes, primary(snapshot.language or "en"))
    found += [f"not said by its reviews: {quote}" for quote in _not_said(claim, points)]
    # "One writes" is said of each of the quotes.
    allowed = {float(claim.count)} | ({1.0} if _ONE_WRITES.search(words) else set())
    found += [f"number {number:g}" for number in numbers_in(words) if number not in allowed]
    if shares_in(words):
        found.append("a share of an aspect")
    return found + _wrong_words(claim, words)


def _not_said(claim: SummaryClaim, points: Sequence[KeyPoint]) -> list[str]:
    said = [
        words
        for point in points
        for quote in point.quotes
        if quote.review_id in claim.review_ids
        for words in (quote.text, quote.sentence or "")
    ]
    quoted = ["".join(groups) for groups in _QUOTATION.findall(claim.text)]
    return [quote for quote in quoted if not quote or not any(quote in words for words in said)]


def _wrong_words(claim: SummaryClaim, words: str) -> list[str]:
    """Words for another aspect or the other polarity, and words that are missing; quotes alone need none."""
    if not (_WORD.search(words) or _HAN.search(words)):
        return []
    found = []
    rest = words
    if claim.aspect in ASPECTS:
        named = _aspects_named(words)
        if claim.aspect != "other" and claim.aspect not in named:
            found.append("does not name its aspect")
        found += [f"names {aspect}" for aspect in sorted(named - {claim.aspect, "other"})]
    elif claim.aspect is not None:
        plain = " ".join(claim.aspect.replace("_", " ").split()).casefold()
        if plain not in words.casefold():
            found.append("does not name its aspect")
        rest = re.sub(re.escape(plain), " ", words, flags=re.IGNORECASE)
    praise, criticism = any_word("evaluating/praise.txt"), any_word("evaluating/criticism.txt")
    criticises = bool(criticism.search(rest))
    praises = bool(praise.search(criticism.sub(" ", _LIKE.sub(" ", rest))))
    if (claim.polarity == "positive" and criticises) or (claim.polarity == "negative" and praises):
        found.append("words of the other polarity")
    if claim.aspect != "other" and claim.polarity in {"positive", "negative"} and not (praises or criticises):
        found.append("no words of its polarity")
    return found


def _aspects_named(words: str) -> set[str]:
    """The aspects that the words name, by all the names that any set has for them."""
    plain = [word.lower() for word in _WORD.findall(words)]
    spans = {" ".join(plain[start:end]) for start in range(len(plain)) for end in range(start + 1, start + 4)}
    han = "".join(_HAN.findall(words))
    spans |= {han[start : start + size] for size in (2, 3) for start in range(len(han))}
    return {
        aspect
        for span in spans
        if (aspect := aspect_named(span)) is not None and span not in {"like", "place"}
    }


def _overall_faults(claim: SummaryClaim, words: str, snapshot: RefreshRequested) -> list[str]:
    counts, feelings = snapshot.counts, snapshot.counts.sentiment
    read = feelings.negative + feelings.neutral + feelings.positive
    numbers = {
        counts.reviews,
        read,
        counts.reviews - read,
        feelings.negative,
        feelings.neutral,
        feelings.positive,
    }
    found = [
        f"number {number:g}" for number in [*numbers_in(words), float(claim.count)] if number not in numbers
    ]
    if _QUOTATION.search(claim.text):
        found.append("quotes and names no aspect")
    for share, after in shares_in(words):
        name = _first_feeling(after)
        if name is None or not read or abs(Fraction(getattr(feelings, name), read) - share) > SHARE_TOLERANCE:
            found.append(f"share {share}")
    for name, pattern in _TILTS:
        if pattern.search(words) and 2 * getattr(feelings, name) <= read:
            found.append(f"not mostly {name}")
    return found + _miscounted(words, snapshot)


def _first_feeling(text: str) -> str | None:
    starts = [(match.start(), name) for name, pattern in _FEELINGS if (match := pattern.search(text))]
    return min(starts)[1] if starts else None


def _miscounted(words: str, snapshot: RefreshRequested) -> list[str]:
    """Numbers that stand at the wrong feeling: "20 positive", "20条好评", "好评20条"."""
    found = []
    for name, pattern in _FEELINGS:
        number = getattr(snapshot.counts.sentiment, name)
        feeling = pattern.pattern.replace(r"\b", "")
        beside = rf"([\d,]+)(?:条| (?:are |is )?)(?:{feeling})|(?:{feeling})([\d,]+)条"
        found += [
            f"{match[0]} where it is {number} {name}"
            for match in re.finditer(beside, words, re.IGNORECASE)
            if int((match[1] or match[2]).replace(",", "")) != number
        ]
    return found


_NUMBER_WORDS = (
    "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
)  # fmt: skip
_CHINESE_DIGITS = "一二三四五六七八九十"
_SHARES = {
    r"three[ -]quarters": Fraction(3, 4),
    r"two[ -]thirds": Fraction(2, 3),
    r"(?:a|one) third": Fraction(1, 3),
    r"(?:a|one) quarter": Fraction(1, 4),
    r"half": Fraction(1, 2),
    "四分之三": Fraction(3, 4),
    "三分之二": Fraction(2, 3),
    "三分之一": Fraction(1, 3),
    "四分之一": Fraction(1, 4),
    "一半|半数": Fraction(1, 2),
}
_SHARE = re.compile(
    "|".join(f"(?P<s{place}>\\b(?:{words})\\b|(?:{words}))" for place, words in enumerate(_SHARES)),
    re.IGNORECASE,
)
_DIGITS = re.compile(r"(?<![\w.,])\d{1,3}(?:,\d{3})+(?![\d.])|\d+(?:\.\d+)?")
_NUMBER_WORD = re.compile(rf"\b(?:{'|'.join(_NUMBER_WORDS)}|both|neither)\b", re.IGNORECASE)
_COUNTED = re.compile(rf"([{_CHINESE_DIGITS}两])(?=[位条个名人])")


def numbers_in(text: str) -> list[float]:
    """All numbers of a text but those that are shares.

    >>> numbers_in("1,204 reviews, one of them bad; two thirds are good"), numbers_in("两位用户、3条评论")
    ([1204.0, 1.0], [3.0, 2.0])
    """
    rest = _SHARE.sub(" ", text)
    rest = re.sub(
        r"\b(?:every|none|all|each|no) one\b|\bone of the\b(?= \d)|\bevery one\b",
        " ",
        rest,
        flags=re.IGNORECASE,
    )
    found = [float(match[0].replace(",", "")) for match in _DIGITS.finditer(rest)]
    for match in _NUMBER_WORD.finditer(rest):
        word = match[0].lower()
        found.append(2.0 if word in {"both", "neither"} else float(_NUMBER_WORDS.index(word) + 1))
    found += [
        2.0 if match[1] == "两" else float(_CHINESE_DIGITS.index(match[1]) + 1)
        for match in _COUNTED.finditer(rest)
    ]
    return found


def shares_in(text: str) -> list[tuple[Fraction, str]]:
    """All shares that are named, each with the text that follows it.

    >>> shares_in("About two thirds of the 9 reviews are positive")
    [(Fraction(2, 3), ' of the 9 reviews are positive')]
    """
    values = list(_SHARES.values())
    return [
        (values[int((match.lastgroup or "s0")[1:])], text[match.end() :]) for match in _SHARE.finditer(text)
    ]
