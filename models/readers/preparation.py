"""What is done to a review before any network reads it: cleaning, masking, language, quality flags, signature."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

from models.personal_data import Mask, MaskedText, mask_personal_data
from models.quality import QualityFlag, incentivised, rating_mismatch, text_flags
from models.readers.interfaces import SentimentPrediction
from models.similarity.signatures import signature_of
from models.text.cleaning import CleanedText, clean
from models.text.language import DetectedLanguage, LanguageIdentifier
from models.text.offsets import UNCHANGED, Origin, Span

FieldName = Literal["title", "text"]

_CONTACTS = frozenset({"email", "phone", "wechat", "qq", "messenger"})
# Ends the title's sentence whatever its last character is, in every language.
_AFTER_TITLE = ".\n"
_NO_TITLE = CleanedText("")


class PreparedReview(NamedTuple):
    """A review as it may be published, and what its text alone says of it.

    Attributes:
        title: cleaned and masked; None where there is none.
        text: cleaned and masked; empty where there is none, or nothing of it was its author's.
        author_id: None where it was personal data itself, such as an e-mail address.
        language: of both.
        title_masks: what was masked in the title, with offsets into the masked title.
        text_masks: the same of the text.
        flags: spam, too short, offensive, incentivised.
        signature: for finding near-duplicates; empty where there is too little text.
        title_origin: leads from offsets in the title to offsets in the title as it came.
        text_origin: the same of the text.
        is_incentivised: whether the review says itself that its author was given something for it.
    """

    title: str | None
    text: str
    author_id: str | None
    language: DetectedLanguage
    title_masks: tuple[Mask, ...]
    text_masks: tuple[Mask, ...]
    flags: tuple[QualityFlag, ...]
    signature: bytes
    title_origin: Origin = UNCHANGED
    text_origin: Origin = UNCHANGED
    is_incentivised: bool = False

    @property
    def asked(self) -> str:
        """What a model reads: the title is part of what the author says."""
        return f"{self.title}{_AFTER_TITLE}{self.text}" if self.title else self.text

    def place(self, start: int, end: int) -> tuple[FieldName, int, int]:
        """Where a span of `asked` lies: in which field, from where to where."""
        before = len(self.title) + len(_AFTER_TITLE) if self.title else 0
        if start >= before:
            return "text", start - before, end - before
        return "title", start, min(end, before - len(_AFTER_TITLE))

    @property
    def is_as_it_came(self) -> bool:
        """Whether nothing of title and text was changed, so that all spans are those of the original."""
        return not (self.text_origin.layers or self.title_origin.layers)

    def original(self, field: str, start: int, end: int) -> Span:
        """Where a span of the title or text stood in that of the review as it came."""
        return (self.title_origin if field == "title" else self.text_origin).span(start, end)


class ReviewPreparer:
    """Prepares reviews. Thread-safe.

    Args:
        masks_personal_data: False publishes texts as they came.
        languages: those that the shop's reviews are mostly in, the usual one first; see `LanguageIdentifier`.
    """

    def __init__(self, *, masks_personal_data: bool = True, languages: Sequence[str] = ()) -> None:
        self._languages = LanguageIdentifier(languages)
        self._masks = masks_personal_data

    def prepare(
        self, *, text: str, title: str | None = None, author_id: str | None = None, hint: str | None = None
    ) -> PreparedReview:
        """Prepare one review.

        Args:
            text: as the platform published it; empty where there is none.
            title: None or empty where there is none.
            author_id: as the platform names the author.
            hint: the language the sender named.
        """
        cleaned, cleaned_title = clean(text), clean(title) if title else _NO_TITLE
        named = f"{cleaned_title.text}. {cleaned.text}" if cleaned_title.text else cleaned.text
        language = self._languages.identify(named, hint)
        masked, masked_title = (
            self._mask(cleaned.text, language.code),
            self._mask(cleaned_title.text, language.code),
        )
        masks = masked.masks + masked_title.masks
        has_contact = bool(masks) and any(mask.kind in _CONTACTS for mask in masks)
        whole = f"{masked_title.text}\n{masked.text}" if masked_title.text else masked.text
        flags = text_flags(whole, has_contact=has_contact)
        reward = incentivised(whole, has_notice=cleaned.is_rewarded or cleaned_title.is_rewarded)
        return PreparedReview(
            title=masked_title.text or None,
            text=masked.text,
            author_id=None if author_id and self._mask(author_id, language.code).masks else author_id,
            language=language,
            title_masks=masked_title.masks,
            text_masks=masked.masks,
            flags=flags if reward is None else (*flags, reward),
            signature=signature_of(masked.text),
            title_origin=cleaned_title.origin.then(masked_title.origin),
            text_origin=cleaned.origin.then(masked.origin),
            is_incentivised=reward is not None,
        )

    def rating_flag(self, rating: float | None, sentiment: SentimentPrediction) -> QualityFlag | None:
        """A flag where the stars and the words contradict each other."""
        return rating_mismatch(
            rating, negative=sentiment.negative, neutral=sentiment.neutral, positive=sentiment.positive
        )

    def _mask(self, text: str, language: str) -> MaskedText:
        return mask_personal_data(text, language) if self._masks and text else MaskedText(text, ())
