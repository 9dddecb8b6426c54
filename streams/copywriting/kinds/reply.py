"""Replies to reviews: thanks or an apology that names the aspect, in the review's language, without a promise."""

from schemas.grounding import Evidence
from streams.copywriting.brief import Brief, Draft, Limits
from streams.copywriting.heard import Heard, heard, overall
from streams.copywriting.kind import Kind
from streams.copywriting.reviews import aspect_name
from streams.copywriting.sentences import Sentence

_MOST_ASPECTS = 2


def compose(brief: Brief) -> Draft | None:
    """Thanks, what is answered, and a closing sentence; nothing of the review is quoted."""
    text, rating = brief.request.review_text or "", brief.request.rating
    is_unhappy = overall(text, brief.language, rating) == "negative"
    ending = "_low" if is_unhappy else ""
    sentences = [
        _plain(brief, f"reply.thanks{ending}"),
        _answer(brief, text, rating),
        _plain(brief, f"reply.close{ending}"),
    ]
    kept = brief.fitted(sentences)
    return Draft(kept) if kept else None


def thanks(brief: Brief) -> Draft | None:
    """Thanks alone."""
    kept = brief.fitted([_plain(brief, "reply.thanks")])
    return Draft(kept) if kept else None


def _plain(brief: Brief, path: str) -> Sentence:
    return Sentence(brief.variety.pick(path, brief.language.options(path)))


def _answer(brief: Brief, text: str, rating: float | None) -> Sentence:
    language = brief.language
    spoken = [one for one in heard(text, language, rating) if aspect_name(one.aspect, language)]
    liked = [one for one in spoken if one.polarity == "positive"][:_MOST_ASPECTS]
    disliked = [one for one in spoken if one.polarity == "negative"][:_MOST_ASPECTS]
    if liked and disliked:
        return _told(
            brief,
            "mixed",
            [*liked, *disliked],
            liked=_listed(liked, brief),
            disliked=_listed(disliked, brief),
        )
    if disliked:
        return _told(brief, "sorry", disliked, aspect=_listed(disliked, brief))
    if liked:
        return _told(brief, "glad", liked, aspect=_listed(liked, brief))
    if spoken and overall(text, language, rating) == "neutral":
        return _told(brief, "neutral", spoken[:1], aspect=_listed(spoken[:1], brief))
    path = {"positive": "glad_any", "negative": "sorry_any"}.get(
        overall(text, language, rating), "neutral_any"
    )
    return _told(brief, path, [])


def _listed(spoken: list[Heard], brief: Brief) -> str:
    return brief.language.listed([aspect_name(one.aspect, brief.language) for one in spoken])


def _told(brief: Brief, path: str, spoken: list[Heard], **values: str) -> Sentence:
    language = brief.language
    title = language.text("reply.the_product") if brief.facts.title is None else brief.naming().title
    text = language.render(
        brief.variety.pick(path, language.options(f"reply.{path}")),
        many_too=len(spoken) > 1,
        title=title,
        also=values,
    )
    cited = [Evidence(kind="request", reference="review_text", quote=one.quote) for one in spoken]
    if not cited and brief.request.rating is not None:
        cited = [Evidence(kind="request", reference="rating", quote=f"{brief.request.rating:g}")]
    return Sentence(language.sentence(text), tuple(dict.fromkeys(cited)))


KIND = Kind(
    name="reply",
    brief="Answer a review in its language: thank or apologise, name what it speaks of, promise nothing.",
    inputs=("review_text", "rating"),
    compose=compose,
    fallback=thanks,
    limits=(Limits(words=80), Limits(words=150)),
)
