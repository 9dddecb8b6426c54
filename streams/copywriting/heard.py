"""What a review or a question speaks of: aspects by their words, and whether it praises or complains."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from schemas.fields import SentimentLabel
from streams.copywriting.language import Language

_CLAUSES = re.compile(r"[^.,;:!?\n。，；：！？、]+")
_TURNS = re.compile(
    r"\b(?:but|although|though|however|yet|while|pero|aunque)\b|但是?|不过|可是|只是|然而", re.IGNORECASE
)
_ONE_STAR_WORTH = 0.75


@dataclass(frozen=True, slots=True)
class Heard:
    """An aspect that a clause speaks of.

    Attributes:
        aspect: by its name in the contracts.
        polarity: what the clause says of it; "neutral" where its words do not tell.
        quote: the clause.
    """

    aspect: str
    polarity: SentimentLabel
    quote: str


def heard(text: str, language: Language, rating: float | None = None) -> list[Heard]:
    """The aspects of a text, each once, in the order in which it speaks of them.

    Args:
        text: a review.
        language: of the text.
        rating: its stars; where they are few, what a clause names is a complaint if its words do not tell.

    >>> from streams.copywriting.language import language
    >>> [(one.aspect, one.polarity) for one in heard("Fast delivery, but the arm is broken.", language("en"))]
    [('delivery', 'positive'), ('quality', 'negative')]
    """
    found: dict[str, Heard] = {}
    for clause in clauses_of(text):
        for aspect in aspects_in(clause, language):
            found.setdefault(aspect, Heard(aspect, _polarity(clause, language, rating), clause))
    return list(found.values())


def clauses_of(text: str) -> Iterator[str]:
    """The clauses of a text, parted by punctuation and by turns such as "but"."""
    for match in _CLAUSES.finditer(text):
        yield from (part.strip() for part in _TURNS.split(match[0]) if part.strip())


def aspects_in(text: str, language: Language) -> list[str]:
    """The aspects whose words stand in a text."""
    folded = text.casefold()
    return [
        aspect
        for aspect in language.names("aspects")
        if any(stands(word, folded, language) for word in language.options(f"aspects.{aspect}"))
    ]


def stands(word: str, folded: str, language: Language) -> bool:
    """Whether a word or phrase stands in a text in lower case, whole where words have spaces around them."""
    if language.is_unspaced:
        return word in folded
    return re.search(rf"(?<!\w){re.escape(word.casefold())}(?!\w)", folded) is not None


def _polarity(clause: str, language: Language, rating: float | None) -> SentimentLabel:
    folded = clause.casefold()
    negative = sum(stands(word, folded, language) for word in language.options("polarity.negative"))
    rest = folded
    if language.is_unspaced:
        for word in language.options("polarity.negative"):
            rest = rest.replace(word, " ")
    positive = sum(stands(word, rest, language) for word in language.options("polarity.positive"))
    if negative:
        return "negative"
    if positive:
        return "positive"
    # Stars that are many do not make praise of a clause; what a clause of an unhappy review names is a complaint.
    return "negative" if mood(rating) == "negative" else "neutral"


def mood(rating: float | None) -> SentimentLabel:
    """What stars alone say.

    >>> mood(5), mood(3), mood(1.5), mood(None)
    ('positive', 'neutral', 'negative', 'neutral')
    """
    if rating is None:
        return "neutral"
    return (
        "positive"
        if rating >= 3 + _ONE_STAR_WORTH
        else "negative"
        if rating <= 3 - _ONE_STAR_WORTH
        else "neutral"
    )


def overall(text: str, language: Language, rating: float | None) -> SentimentLabel:
    """Whether a whole review is content: by its stars, else by its clauses."""
    if rating is not None:
        return mood(rating)
    signs = [_polarity(clause, language, None) for clause in clauses_of(text)]
    praise, blame = signs.count("positive"), signs.count("negative")
    return "neutral" if praise == blame else "positive" if praise > blame else "negative"
