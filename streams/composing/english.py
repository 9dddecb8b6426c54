"""English sentences: of all reviews, and of one aspect."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from schemas.fields import SentimentLabel
from streams.composing.composition import Mix, Opinion, Quoted, primary
from streams.composing.opinions import UNNAMED
from streams.composing.shares import named_share
from streams.composing.variety import Variety

#: Aspects by name, as in a list or a heading.
ASPECT_WORDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "quality": "quality",
        "performance": "performance",
        "design": "design",
        "size_and_fit": "size and fit",
        "ease_of_use": "ease of use",
        "price_and_value": "value for money",
        "delivery": "delivery",
        "packaging": "packaging",
        "customer_service": "customer service",
        "authenticity": "authenticity",
        "taste_and_smell": "taste and smell",
        "content": "content",
        "safety": "safety",
        "ambience": "atmosphere",
        "other": "other",
    }
)
# What reviewers praise or criticise, where "the" before the name does not do: few products are tasted and smelt both.
_OBJECTS: Mapping[str, str] = MappingProxyType({"taste_and_smell": "how it tastes or smells"})
_IN_BRIEF: Mapping[str, str] = MappingProxyType({"taste_and_smell": "taste or smell"})
_PLURALS = frozenset({"size_and_fit"})
_LANGUAGES = MappingProxyType(
    {
        "en": "English", "zh": "Chinese", "es": "Spanish", "fr": "French", "de": "German", "ja": "Japanese",
        "ko": "Korean", "pt": "Portuguese", "it": "Italian", "ru": "Russian", "ar": "Arabic", "nl": "Dutch",
    }
)  # fmt: skip
# One reviewer, several; passive.
_VERBS: Mapping[SentimentLabel, tuple[tuple[str, str], ...]] = MappingProxyType(
    {
        "positive": (
            ("praises", "praise"), ("likes", "like"), ("is happy with", "are happy with"),
            ("speaks well of", "speak well of"),
        ),
        "negative": (
            ("criticises", "criticise"), ("complains about", "complain about"),
            ("is unhappy with", "are unhappy with"), ("finds fault with", "find fault with"),
        ),
        "neutral": (("mentions", "mention"),),
    }
)  # fmt: skip
_PASSIVE: Mapping[SentimentLabel, str] = MappingProxyType(
    {"positive": "praised", "negative": "criticised", "neutral": "mentioned"}
)
_VERDICTS: Mapping[SentimentLabel, str] = MappingProxyType(
    {"positive": "positive", "negative": "critical", "neutral": "neutral"}
)
# Of aspects that are not good or bad but so or not: one reviewer, several.
_CLAUSES: Mapping[str, Mapping[SentimentLabel, tuple[str, str]]] = MappingProxyType(
    {
        "authenticity": {
            "positive": ("is satisfied that it is genuine", "are satisfied that it is genuine"),
            "negative": ("doubts that it is genuine", "doubt that it is genuine"),
            "neutral": ("mentions whether it is genuine", "mention whether it is genuine"),
        },
        "safety": {
            "positive": ("finds it safe", "find it safe"),
            "negative": ("raises a safety concern", "raise safety concerns"),
            "neutral": ("mentions safety", "mention safety"),
        },
    }
)
_TURNS: Mapping[SentimentLabel, tuple[str, ...]] = MappingProxyType(
    {
        "positive": ("On the plus side, ", "On the positive side, ", "On the bright side, "),
        "negative": ("On the downside, ", "On the negative side, ", "On the critical side, "),
        "neutral": ("",),
    }
)
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
_FEELINGS = MappingProxyType({"positive": "positive", "neutral": "mixed", "negative": "negative"})


def overall(mix: Mix, variety: Variety, *, is_told: bool = False) -> str:
    """How many reviews there are, and how they feel.

    Args:
        mix: the numbers.
        variety: chooses the words.
        is_told: whether more is told of them, so that some were read even where none has a sentiment.

    >>> overall(Mix(1, 0, 0, 1), Variety("p", 1))
    'The only review so far is negative.'
    """
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
    items = _listed([f"{number:,} {word}" for number, word in groups] + unread)
    clauses = _clauses(groups) + (f"; {mix.unread:,} could not be read" if mix.unread else "")
    forms = [
        f"Of {reviews}, {clauses}.",
        f"{reviews} so far: {items}.",
        f"There are {reviews} so far: {items}.",
        f"Here is how {reviews} judge it: {items}.",
        f"Among the {reviews} so far, {clauses}.",
        f"In {reviews}, the count is {items}.",
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
    return _listed(
        [
            f"{number:,} {word}" if same and place else f"{number:,} {verb} {word}"
            for place, ((number, word), verb) in enumerate(zip(groups, verbs, strict=True))
        ]
    )


def told(opinion: Opinion, variety: Variety, turn: int, *, turns: bool) -> str:
    """One sentence on an aspect.

    Args:
        opinion: what is said of it.
        variety: chooses the words.
        turn: the sentence's place, so that neighbours differ.
        turns: whether the sentences before have the other polarity.
    """
    beginning = variety.pick("turn", _TURNS[opinion.polarity], turn) if turns else ""
    many = opinion.total > 1
    who = f"{opinion.total:,} reviewers" if many else "one reviewer"
    if opinion.aspect == UNNAMED:
        core = f"{who} {'say' if many else 'says'}" + (" something like" if many else ":")
        sentence = f"{core} {_quote(opinion.quoted[0])}."
    elif opinion.aspect in _CLAUSES:
        sentence = f"{who} {_CLAUSES[opinion.aspect][opinion.polarity][many]}{_tail(opinion, variety, turn)}."
    elif opinion.aspect not in ASPECT_WORDS:
        verb = ("are " if many else "is ") + _VERDICTS[opinion.polarity]
        sentence = f"on {aspect_words(opinion.aspect)}, {who} {verb}{_tail(opinion, variety, turn)}."
    elif not turns and variety.pick("voice", (False, False, True), turn):
        verb = f"{'are' if opinion.aspect in _PLURALS else 'is'} {_PASSIVE[opinion.polarity]}"
        sentence = f"{_object(opinion.aspect)} {verb} by {who}{_tail(opinion, variety, turn)}."
    else:
        verb = variety.pick("verb", _VERBS[opinion.polarity], turn)[many]
        sentence = f"{who} {verb} {_object(opinion.aspect)}{_tail(opinion, variety, turn)}."
    sentence = beginning + sentence
    return sentence[0].upper() + sentence[1:]


def told_briefly(opinion: Opinion) -> str:
    """One sentence on an aspect in the fewest words; see `told`."""
    many = opinion.total > 1
    who = f"{opinion.total:,} reviewers" if many else "one reviewer"
    quote = _quote(opinion.quoted[0])
    beginning = ", e.g. " if opinion.quoted[0].point.count < opinion.total else ": "
    if opinion.aspect == UNNAMED:
        sentence = f"{who}: {'something like ' if many else ''}{quote}."
    elif opinion.aspect in _CLAUSES:
        sentence = f"{who} {_CLAUSES[opinion.aspect][opinion.polarity][many]}{beginning}{quote}."
    else:
        named = _IN_BRIEF.get(opinion.aspect) or aspect_words(opinion.aspect)
        sentence = f"{named} {_PASSIVE[opinion.polarity]} by {who}{beginning}{quote}."
    return sentence[0].upper() + sentence[1:]


def _object(aspect: str) -> str:
    return _OBJECTS.get(aspect) or f"the {ASPECT_WORDS[aspect]}"


def aspect_words(aspect: str) -> str:
    """An aspect's name for people; those of other models are taken as they are.

    >>> aspect_words("ease_of_use"), aspect_words("Battery_life")
    ('ease of use', 'battery life')
    """
    return ASPECT_WORDS.get(aspect) or " ".join(aspect.replace("_", " ").split()).lower()


def _tail(opinion: Opinion, variety: Variety, turn: int) -> str:
    """The quotes, and how many reviews each speaks for where that is not all or one of them."""
    quoted = opinion.quoted
    counts = [one.point.count for one in quoted]
    quotes = _listed([_quote(one) for one in quoted])
    if len(counts) == 1 and counts[0] >= opinion.total:
        return f": {quotes}"
    if max(counts) == 1:
        return f": {quotes}" if opinion.total == len(counts) else f", for example: {quotes}"
    if len(counts) == 1 and variety.pick("tail", (True, False), turn):
        return f", {counts[0]:,} of them in words like {quotes}"
    parts = [
        f"{one.point.count:,} say something like {_quote(one)}"
        if one.point.count > 1
        else f"one says {_quote(one)}"
        for one in quoted
    ]
    return f": {_listed(parts)}"


def _quote(one: Quoted) -> str:
    marked = f"“{one.quote}”"
    if one.foreign is None:
        return marked
    name = _LANGUAGES.get(primary(one.foreign))
    return f"{marked} (in {name})" if name else f"{marked} (in another language)"


def _listed(parts: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(parts[:-1]), parts[-1])))
