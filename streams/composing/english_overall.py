"""The English sentence on all reviews: how many there are, and how they feel."""

from collections.abc import Mapping
from types import MappingProxyType

from streams.composing.composition import Mix, Speakers
from streams.composing.shares import named_share
from streams.composing.variety import Variety

_SHARES = MappingProxyType(
    {
        "quarter": "a quarter", "third": "a third", "half": "half", "two_thirds": "two thirds",
        "three_quarters": "three quarters",
    }
)  # fmt: skip
_TILTS = MappingProxyType(
    {
        "positive": "The verdict is mostly positive",
        "negative": "The verdict is mostly negative",
        "neutral": "Opinions are divided",
    }
)
_WRITTEN: Mapping[Speakers, str] = MappingProxyType({"reviewers": "review", "commenters": "comment"})
_FEELINGS = MappingProxyType({"positive": "positive", "neutral": "mixed", "negative": "negative"})


def overall(mix: Mix, variety: Variety, *, is_told: bool = False, speakers: Speakers = "reviewers") -> str:
    """How many reviews there are, and how they feel.

    Args:
        mix: the numbers.
        variety: chooses the words.
        is_told: whether more is told of them, so that some were read even where none has a sentiment.
        speakers: who wrote them.

    >>> overall(Mix(1, 0, 0, 1), Variety("p"))
    'The only review so far is negative.'
    """
    text = _overall(mix, variety, is_told=is_told)
    written = _WRITTEN[speakers]
    return text if written == "review" else text.replace("review", written)


def _overall(mix: Mix, variety: Variety, *, is_told: bool) -> str:
    groups = mix.feelings(_FEELINGS)
    if not groups and is_told:
        return (
            "There is one review so far."
            if mix.reviews == 1
            else f"There are {mix.reviews:,} reviews so far."
        )
    if mix.reviews == 1:
        return variety.pick("overall", _of_one_review(groups))
    if not groups:
        return variety.pick("overall", _of_unread_reviews(mix.reviews))
    if len(groups) == 1 and not mix.unread:
        return variety.pick("overall", _of_one_mind(mix.reviews, groups[0][1]))
    return variety.pick("overall", _of_many(mix, groups))


def _of_one_review(groups: list[tuple[int, str]]) -> list[str]:
    if not groups:
        return ["There is one review so far; it could not be read."]
    feeling = groups[0][1]
    return [f"The only review so far is {feeling}."]


def _of_unread_reviews(reviews: int) -> list[str]:
    if reviews == 2:
        return ["There are 2 reviews; neither could be read."]
    return [
        f"There are {reviews:,} reviews; none of them could be read.",
        f"None of the {reviews:,} reviews could be read.",
    ]


def _of_one_mind(reviews: int, feeling: str) -> list[str]:
    if reviews == 2:
        return [f"Both reviews are {feeling}.", f"Both of the 2 reviews so far are {feeling}."]
    return [
        f"All {reviews:,} reviews are {feeling}.",
        f"Every one of the {reviews:,} reviews is {feeling}.",
        f"So far all {reviews:,} reviews are {feeling}.",
        f"There are {reviews:,} reviews, and all of them are {feeling}.",
        f"{reviews:,} reviews so far, all of them {feeling}.",
    ]


def _of_many(mix: Mix, groups: list[tuple[int, str]]) -> list[str]:
    reviews = f"{mix.reviews:,} reviews"
    unread = [f"{mix.unread:,} that could not be read"] if mix.unread else []
    items = listed([f"{number:,} {word}" for number, word in groups] + unread)
    clauses = _clauses(groups) + (f"; {mix.unread:,} could not be read" if mix.unread else "")
    forms = [
        f"Of {reviews}, {clauses}.",
        f"{reviews} so far: {items}.",
        f"There are {reviews} so far: {items}.",
        f"Here is how {reviews} judge it: {items}.",
        f"Among the {reviews} so far, {clauses}.",
    ]
    if mix.read >= 5 and mix.tilt is not None:
        forms.append(f"{_TILTS[mix.tilt]}: of {reviews}, {clauses}.")
    if not mix.unread and (share := _share(mix, groups)) is not None:
        forms += [share, share]
    return forms


def _share(mix: Mix, groups: list[tuple[int, str]]) -> str | None:
    most = max(groups)
    named = named_share(most[0], mix.reviews)
    if named is None or groups.count(most) > 1:
        return None
    key, is_exact = named
    share = _SHARES[key].capitalize() if is_exact else f"About {_SHARES[key]}"
    rest = [group for group in groups if group != most]
    return f"{share} of the {mix.reviews:,} reviews are {most[1]} ({most[0]:,}); {_clauses(rest)}."


def _clauses(groups: list[tuple[int, str]]) -> str:
    """Numbers with a verb, once where it fits all of them."""
    verbs = ["is" if number == 1 else "are" for number, _ in groups]
    same = len(set(verbs)) == 1
    return listed(
        [
            f"{number:,} {word}" if same and place else f"{number:,} {verb} {word}"
            for place, ((number, word), verb) in enumerate(zip(groups, verbs, strict=True))
        ]
    )


def listed(parts: list[str]) -> str:
    """Parts of a sentence, with commas, and "and" before the last.

    >>> listed(["one"]), listed(["one", "two", "three"])
    ('one', 'one, two and three')
    """
    return " and ".join(filter(None, (", ".join(parts[:-1]), parts[-1])))
