"""English sentences: of one aspect, and by another name those of all reviews (`english_overall`)."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from schemas.fields import SentimentLabel
from streams.composing.composition import Opinion, Quoted, Speakers, primary
from streams.composing.english_overall import listed, overall
from streams.composing.opinions import UNNAMED
from streams.composing.variety import Variety

__all__ = ["ASPECT_WORDS", "aspect_words", "attributed", "overall", "told", "told_briefly"]

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
_BRIEF_VERBS: Mapping[SentimentLabel, tuple[str, str]] = MappingProxyType(
    {
        "positive": ("praises", "praise"),
        "negative": ("criticises", "criticise"),
        "neutral": ("mentions", "mention"),
    }
)
_VERDICTS: Mapping[SentimentLabel, str] = MappingProxyType({"positive": "positive", "negative": "critical"})
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
_SPEAKERS: Mapping[Speakers, str] = MappingProxyType({"reviewers": "reviewer", "commenters": "commenter"})
# Words that begin a whole sentence, which needs no colon after who says it.
_BEGINS_SENTENCE = re.compile(r"(?:The|It|This|These|That|They|There|A|An|All|Both|Some|Its|Their)\b")
_NAME_LIKE = re.compile(r"I\b|\w*\d|\w+[A-Z]")


def told(
    opinion: Opinion, variety: Variety, turn: int, *, turns: bool, speakers: Speakers = "reviewers"
) -> str:
    """One sentence on an aspect.

    Args:
        opinion: what is said of it.
        variety: chooses the words.
        turn: a number of the aspect, or the sentence's place: other turns have other words.
        turns: whether the sentences before have the other polarity.
        speakers: who says so.
    """
    beginning = variety.pick("turn", _TURNS[opinion.polarity], turn) if turns else ""
    many = opinion.total > 1
    who = _who(opinion, speakers)
    tail = _tail(opinion, variety, turn)
    if opinion.aspect == UNNAMED:
        sentence = _unnamed(
            opinion, who, variety.pick("says", (("says", "say"), ("writes", "write")), turn)[many]
        )
    elif opinion.aspect in _CLAUSES:
        sentence = f"{who} {_CLAUSES[opinion.aspect][opinion.polarity][many]}{tail}."
    elif opinion.aspect not in ASPECT_WORDS:
        sentence = _of_topic(opinion, who, tail)
    elif many and not turns and variety.pick("voice", (False, False, True), turn):
        verb = f"{'are' if opinion.aspect in _PLURALS else 'is'} {_PASSIVE[opinion.polarity]}"
        sentence = f"{_object(opinion.aspect)} {verb} by {who}{tail}."
    else:
        verb = variety.pick("verb", _VERBS[opinion.polarity], turn)[many]
        sentence = f"{who} {verb} {_object(opinion.aspect)}{tail}."
    return _capitalised(beginning + sentence)


def told_briefly(opinion: Opinion, *, speakers: Speakers = "reviewers") -> str:
    """One sentence on an aspect in the fewest words; see `told`."""
    many = opinion.total > 1
    who = _who(opinion, speakers)
    quote = _quote(opinion.quoted[0])
    beginning = ", e.g. " if many else ": "
    if opinion.aspect == UNNAMED:
        sentence = _unnamed(opinion.shortened(), who, "say" if many else "says")
    elif opinion.aspect in _CLAUSES:
        sentence = f"{who} {_CLAUSES[opinion.aspect][opinion.polarity][many]}{beginning}{quote}."
    elif opinion.aspect not in ASPECT_WORDS:
        sentence = _of_topic(opinion, who, f"{beginning}{quote}")
    else:
        verb = _BRIEF_VERBS[opinion.polarity][many]
        sentence = f"{who} {verb} {_object(opinion.aspect)}{beginning}{quote}."
    return _capitalised(sentence)


def attributed(sentence: str, opinion: Opinion, *, speakers: Speakers = "reviewers") -> str:
    """A sentence that a model wrote, with how many say so.

    >>> from schemas.summaries import KeyPoint, Quote
    >>> point = KeyPoint(claim="x", aspect="delivery", polarity="negative", count=2, review_ids=("a", "b"),
    ...                  quotes=(Quote(review_id="a", text="x"),))
    >>> opinion = Opinion.of([point], ())
    >>> attributed("The box was dented.", opinion), attributed("Fair price by the kilo.", opinion)
    ('2 reviewers say the box was dented.', '2 reviewers say: fair price by the kilo.')
    """
    verb = "say" if opinion.total > 1 else "says"
    colon = "" if _BEGINS_SENTENCE.match(sentence) else ":"
    said = sentence if _NAME_LIKE.match(sentence) else sentence[0].lower() + sentence[1:]
    return _capitalised(f"{_who(opinion, speakers)} {verb}{colon} {said}")


def _who(opinion: Opinion, speakers: Speakers) -> str:
    speaker = _SPEAKERS[speakers]
    if not opinion.are_all:
        return f"at least {opinion.total:,} {speaker}{'s' if opinion.total > 1 else ''}"
    return f"{opinion.total:,} {speaker}s" if opinion.total > 1 else f"one {speaker}"


def _of_topic(opinion: Opinion, who: str, tail: str) -> str:
    """What is said of an aspect that we have no words for: that of another model, or a topic of comments."""
    many = opinion.total > 1
    topic = aspect_words(opinion.aspect)
    if opinion.polarity == "neutral":
        return f"{who} {'write' if many else 'writes'} about {topic}{tail}."
    return f"on {topic}, {who} {'are' if many else 'is'} {_VERDICTS[opinion.polarity]}{tail}."


def _unnamed(opinion: Opinion, who: str, verb: str) -> str:
    """What is said of nothing that has a name: as one says it, or as several do."""
    quotes = [_quote(quoted) for quoted in opinion.told_alike]
    return f"{who} {verb}{':' if opinion.total == 1 else ' things like'} {listed(quotes)}."


def _capitalised(sentence: str) -> str:
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
    """The quotes, as those of all who say so or as examples."""
    quoted = opinion.quoted if opinion.aspect in ASPECT_WORDS else opinion.told_alike
    quotes = [_quote(one) for one in quoted]
    if opinion.total == len(quotes):
        return f": {listed(quotes)}"
    each = f"; one writes {quotes[0]}" + "".join(f", another {quote}" for quote in quotes[1:])
    return variety.pick("tail", (f", for example: {listed(quotes)}", each), turn)


def _quote(one: Quoted) -> str:
    marked = f"“{one.quote}”"
    if one.foreign is None:
        return marked
    name = _LANGUAGES.get(primary(one.foreign))
    return f"{marked} (in {name})" if name else f"{marked} (in another language)"
