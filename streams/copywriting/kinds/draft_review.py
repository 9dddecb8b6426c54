"""Draft reviews: what somebody noted about a product, put into sentences that match the stars; always synthetic."""

from collections.abc import Iterator

from schemas.grounding import Evidence
from streams.copywriting.brief import Brief, Draft, Limits
from streams.copywriting.kind import Kind
from streams.copywriting.sentences import Sentence

_HIGH, _LOW = 3.75, 2.5
#: Texts of so many words (characters) at most are one sentence.
_ONE_SENTENCE = (30, 60)
_END = " .,;!。，；！"


def compose(brief: Brief) -> Draft | None:
    """One sentence of price, stars and comment; or stars, what is good, what is not, and a verdict."""
    words = brief.limits.words
    is_short = words is not None and words <= _ONE_SENTENCE[brief.language.is_unspaced]
    if brief.request.style == "brief" or is_short:
        return _one(brief)
    sentences = [*_said_first(brief), _opening(brief), *_items(brief), *_comment(brief), *_verdict(brief)]
    kept = brief.fitted(sentences)
    return Draft(kept) if len(kept) > 1 else _one(brief)


def bare(brief: Brief) -> Draft | None:
    """The stars alone."""
    sentence = _starred(brief, "review_draft.one_bare", {})
    return Draft((sentence,)) if brief.limits.hold(sentence.text, brief.language) else None


def _one(brief: Brief) -> Draft | None:
    """A single sentence: the product, its price, the stars and the comment."""
    for comment in _comments(brief):
        quoted = comment.quote.strip(_END)
        if brief.facts.price is not None:
            sentence = _starred(
                brief,
                "review_draft.one",
                {"price": brief.facts.price.quote, "comment": _lowered(quoted, brief)},
                comment,
                brief.facts.price.evidence,
            )
            if brief.limits.hold(sentence.text, brief.language):
                return Draft((sentence,))
        unpriced = _starred(brief, "review_draft.one_unpriced", {"comment": _lowered(quoted, brief)}, comment)
        if brief.limits.hold(unpriced.text, brief.language):
            return Draft((unpriced,))
    return bare(brief)


def _starred(brief: Brief, path: str, values: dict[str, str], *evidence: Evidence) -> Sentence:
    naming, language = brief.naming(), brief.language
    stars = stars_text(brief.request.rating)
    pattern = brief.variety.pick("draft", language.options(path))
    text = language.render(pattern, many=naming.many, title=naming.title, stars=stars, also=values)
    title = [] if brief.facts.title is None else [brief.facts.title.evidence]
    cited = Evidence(kind="request", reference="rating", quote=stars)
    return Sentence(language.sentence(text), (cited, *evidence, *title))


def stars_text(rating: float | None) -> str:
    """Stars as people write them.

    >>> stars_text(4.0), stars_text(3.5)
    ('4', '3.5')
    """
    stars = 0.0 if rating is None else rating
    return str(int(stars)) if float(stars).is_integer() else f"{stars:.1f}"


def _mood(brief: Brief) -> str:
    rating = brief.request.rating or 0.0
    return "high" if rating >= _HIGH else "low" if rating <= _LOW else "middle"


def _comments(brief: Brief) -> Iterator[Evidence]:
    """What the one sentence can say: the notes, what the review said, what is good or not."""
    request = brief.request
    given = [("notes", request.notes), ("review_text", request.review_text)]
    items = [("pros", item) for item in request.pros] + [("cons", item) for item in request.cons]
    if _mood(brief) == "low":
        items.reverse()
    for reference, text in [*given, *items]:
        if text is not None and text.strip(_END):
            evidence = Evidence(kind="request", reference=reference, quote=text.strip())
            if brief.may_use(evidence):
                yield evidence


def _lowered(text: str, brief: Brief) -> str:
    """Behind a colon a comment begins in lower case, unless a name or "I" begins it."""
    first = text.split(maxsplit=1)[0]
    title = "" if brief.facts.title is None else brief.facts.title.quote
    is_plain = len(first) > 1 and first[1:].islower() and first not in title and not first.startswith("I'")
    return text[0].lower() + text[1:] if is_plain else text


def _opening(brief: Brief) -> Sentence:
    return _starred(brief, f"review_draft.opening_{_mood(brief)}", {})


def _said_first(brief: Brief) -> Iterator[Sentence]:
    """What the style begins with."""
    options = brief.language.options(f"review_draft.style_{brief.request.style}")
    fits_mood = brief.request.style != "enthusiastic" or _mood(brief) == "high"
    if options and fits_mood:
        stars = Evidence(kind="request", reference="rating", quote=stars_text(brief.request.rating))
        yield Sentence(brief.variety.pick("style", options), (stars,))


def _items(brief: Brief) -> Iterator[Sentence]:
    """What is good and what is not; in a critical style the latter first."""
    lists = [("pros", brief.request.pros), ("cons", brief.request.cons)]
    if brief.request.style == "critical" or _mood(brief) == "low":
        lists.reverse()
    for name, items in lists:
        told = [Evidence(kind="request", reference=name, quote=item) for item in items]
        told = [evidence for evidence in told if brief.may_use(evidence)]
        if told:
            texts = [_lowered(evidence.quote.strip(_END), brief) for evidence in told]
            pattern = brief.variety.pick(name, brief.language.options(f"review_draft.{name}"))
            text = brief.language.render(pattern, items=brief.language.listed(texts))
            yield Sentence(brief.language.sentence(text), tuple(told))


def _comment(brief: Brief) -> Iterator[Sentence]:
    """The notes as they are, as a sentence of their own."""
    for reference, text in (("notes", brief.request.notes), ("review_text", brief.request.review_text)):
        if text is None or not text.strip(_END):
            continue
        evidence = Evidence(kind="request", reference=reference, quote=text.strip())
        if brief.may_use(evidence):
            whole = (
                text.strip()
                if text.strip()[-1] in ".!?。！？"
                else text.strip(_END) + brief.language.text("stop")
            )
            yield Sentence(brief.language.sentence(whole), (evidence,))


def _verdict(brief: Brief) -> Iterator[Sentence]:
    naming, language = brief.naming(), brief.language
    objects = language.options("review_draft.it_object") or language.options("it")
    pattern = brief.variety.pick("verdict", language.options(f"review_draft.close_{_mood(brief)}"))
    text = language.render(pattern, many=naming.many, it_object=objects[naming.many])
    stars = Evidence(kind="request", reference="rating", quote=stars_text(brief.request.rating))
    yield Sentence(language.sentence(text), (stars,))


KIND = Kind(
    name="draft_review",
    brief="Put a buyer's stars and notes into a review in his language, adding nothing; it is marked as synthetic.",
    inputs=("rating", "notes", "pros", "cons", "review_text", "style", "max_words"),
    compose=compose,
    fallback=bare,
    limits=(Limits(words=150), Limits(words=300)),
    styles=("plain", "brief", "enthusiastic", "critical"),
)
