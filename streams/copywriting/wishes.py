"""What a request wishes of a text, screened: its language, tone, season, audience, and the words that it brings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from models.text.cleaning import clean
from schemas.copywriting import CopyRequest
from schemas.grounding import DroppedClaim
from streams.composing.composition import primary
from streams.copywriting.brief import known_season
from streams.copywriting.checks import Fault, faults
from streams.copywriting.facts import has_han, language_of, language_of_text
from streams.copywriting.kind import Kind
from streams.copywriting.language import Language
from streams.copywriting.subject import Subject

TONES = ("plain", "warm", "lively", "formal")
_MAX_WISH_CHARACTERS = 60
#: Kinds that speak to somebody who wrote, in his language.
_ANSWERING: Mapping[str, str] = {"reply": "review_text", "answer": "question", "draft_review": "notes"}


@dataclass(frozen=True, slots=True)
class Wishes:
    """What is left of a request's wishes after screening.

    Attributes:
        request: with the words that may be used.
        tone: one that the languages have.
        season, audience: in words of the language, or None.
        dropped: words of the request that must not be published, and why.
    """

    request: CopyRequest
    tone: str
    season: str | None
    audience: str | None
    dropped: tuple[DroppedClaim, ...]


def language_wanted(request: CopyRequest, about: Sequence[Subject]) -> str:
    """The language to write in: the one asked for, else that of what is answered, else the product's."""
    if request.language is not None:
        return primary(request.language)
    answered = getattr(request, _ANSWERING.get(request.kind, ""), None)
    if answered:
        return language_of_text(answered, likely=language_of(about[0]))
    return language_of(about[0])


def unmet(request: CopyRequest, kind: Kind, language: Language) -> tuple[str, str] | None:
    """Why a request cannot be met as it is: a kind of refusal and the reason; None: it can."""
    if request.tone is not None and request.tone not in TONES:
        return "unknown_setting", f"tone: wanted {', '.join(TONES)}, got {request.tone!r}"
    if request.channel is not None and request.channel not in kind.channels:
        wanted = ", ".join(kind.channels) or f"none, for the kind {kind.name} has no channels"
        return "unknown_setting", f"channel: wanted {wanted}, got {request.channel!r}"
    if request.style is not None and request.style not in kind.styles:
        wanted = ", ".join(kind.styles) or f"none, for the kind {kind.name} has no styles"
        return "unknown_setting", f"style: wanted {wanted}, got {request.style!r}"
    for name in ("season", "audience"):
        wish = getattr(request, name)
        if wish is not None and (fault := _wish_fault(wish, language)) is not None:
            return "unsafe_request", f"{name}: {fault.reason}"
    return None


def _wish_fault(wish: str, language: Language) -> Fault | None:
    if len(wish) > _MAX_WISH_CHARACTERS:
        return Fault("length", f"it has more than {_MAX_WISH_CHARACTERS} characters")
    if clean(wish).text != wish:
        return Fault("markup", "it holds mark-up or characters that nobody sees")
    return next(iter(faults(wish, language.code)), None)


def wishes_of(request: CopyRequest, language: Language) -> Wishes:
    """The wishes of a request that can be met."""
    dropped: list[DroppedClaim] = []
    season = None if request.season is None else known_season(request.season, language)
    update = {
        "interests": _screened("interests", request.interests, language, dropped),
        "pros": _screened("pros", request.pros, language, dropped),
        "cons": _screened("cons", request.cons, language, dropped),
        "captions": _screened("captions", request.captions, language, dropped),
        "notes": next(
            iter(_screened("notes", tuple(filter(None, [request.notes])), language, dropped)), None
        ),
    }
    return Wishes(
        request.model_copy(update=update),
        request.tone or "plain",
        _in_language(season, language),
        _in_language(request.audience, language),
        tuple(dropped),
    )


def _in_language(wish: str | None, language: Language) -> str | None:
    """A wish in the script of the text; others cannot stand in it."""
    if wish is None or (has_han(wish) and not language.is_unspaced):
        return None
    return wish.strip()


def _screened(
    name: str, texts: Sequence[str], language: Language, dropped: list[DroppedClaim]
) -> tuple[str, ...]:
    kept = []
    for text in texts:
        cleaned = " ".join(clean(text).text.split())
        found = faults(text, language.code) or faults(cleaned, language.code)
        if found:
            dropped.append(
                DroppedClaim(text=text[:500], check=found[0].check, reason=f"{name}: {found[0].reason}")
            )
        elif cleaned:
            kept.append(cleaned)
    return tuple(kept)
