"""Captions of a product's pictures: what several descriptions of them agree on and the facts do not deny."""

from collections.abc import Iterator, Sequence

from schemas.grounding import Evidence
from streams.copywriting.brief import Brief, Draft, Limits
from streams.copywriting.kind import Kind
from streams.copywriting.language import Language
from streams.copywriting.matching import stem
from streams.copywriting.saying import tokens
from streams.copywriting.sentences import Sentence

_END = " .,;!。，；！"


def compose(brief: Brief) -> Draft | None:
    """The product's name with the caption that most of the others share words with."""
    for caption in _agreed(brief):
        evidence = Evidence(kind="request", reference="captions", quote=caption)
        if not brief.may_use(evidence):
            continue
        language, naming = brief.language, brief.naming()
        text = language.render(
            brief.variety.pick("caption", language.options("caption.pair")),
            title=naming.plain,
            caption=_inside(caption.strip(_END), language),
        )
        title = [] if brief.facts.title is None else [brief.facts.title.evidence]
        sentence = Sentence(language.sentence(text), (evidence, *title))
        if brief.limits.hold(sentence.text, language):
            return Draft((sentence,))
    return None


def plain(brief: Brief) -> Draft | None:
    """The product's name."""
    title = brief.facts.title
    if title is None:
        return None
    text = brief.language.render(brief.language.text("caption.plain"), title=brief.naming().plain)
    return Draft((Sentence(text, (title.evidence,)),))


def _inside(caption: str, language: Language) -> str:
    first = caption.split(maxsplit=1)[0]
    is_plain = not language.is_unspaced and (len(first) == 1 or first[1:].islower())
    return caption[0].lower() + caption[1:] if is_plain else caption


def _agreed(brief: Brief) -> Iterator[str]:
    """Captions that deny no fact, those first that say what others say too."""
    captions = [one for one in brief.request.captions if not _denies(one, brief)]
    words = [_words(one, brief.language) for one in captions]

    def shared(place: int) -> float:
        others = [known for number, known in enumerate(words) if number != place]
        mine = words[place]
        return sum(len(mine & other) / len(mine | other) for other in others if mine | other)

    yield from (
        captions[place] for place in sorted(range(len(captions)), key=lambda place: (-shared(place), place))
    )


def _words(text: str, language: Language) -> set[str]:
    if language.is_unspaced:
        return {text[at : at + 2] for at in range(max(0, len(text) - 1))}
    return {stem(token) for token in tokens(text, language)}


def _denies(caption: str, brief: Brief) -> bool:
    """Whether it names a colour that the product does not come in."""
    known = [fact for fact in brief.facts.attributes if fact.concept == "colour"]
    if not known:
        return False
    told = " ".join(fact.quote for fact in known).casefold()
    return any(
        _denied(colours, caption.casefold(), told, brief.language) for colours in _colours(brief.language)
    )


def _denied(colours: Sequence[str], caption: str, told: str, language: Language) -> bool:
    if language.is_unspaced:
        return any(len(word) > 1 and word in caption for word in colours) and not any(
            word in told for word in colours
        )
    said = set(tokens(caption, language))
    return any(word in said for word in colours) and not any(word in told for word in colours)


def _colours(language: Language) -> list[tuple[str, ...]]:
    """Colours that the language knows, each with all words for it."""
    return [
        tuple(map(str.casefold, language.options(f"values.{name}")))
        for name in language.options("words.colour_values")
    ]


KIND = Kind(
    name="caption",
    brief="Say in one line what a picture of the product shows, as far as its descriptions agree with the facts.",
    inputs=("captions",),
    compose=compose,
    fallback=plain,
    limits=(Limits(words=40), Limits(words=80)),
)
