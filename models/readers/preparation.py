"""What is done to a review before any network reads it: masking, language, quality flags, signature."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

from models.personal_data import Mask, MaskedText, mask_personal_data
from models.quality import QualityFlag, rating_mismatch, text_flags
from models.readers.interfaces import SentimentPrediction
from models.similarity.signatures import signature_of
from models.text.language import DetectedLanguage, LanguageIdentifier

FieldName = Literal["title", "text"]

_CONTACTS = frozenset({"email", "phone", "wechat", "qq"})
# Ends the title's sentence whatever its last character is, in every language.
_AFTER_TITLE = ".\n"


class PreparedReview(NamedTuple):
    """A review as it may be published, and what its text alone says of it.

    Attributes:
        title: masked; None where there is none.
        text: masked.
        author_id: None where it was personal data itself, such as an e-mail address.
        language: of both.
        title_masks: what was masked in the title, with offsets into the masked title.
        text_masks: the same of the text.
        flags: spam, too short, offensive.
        signature: for finding near-duplicates; empty where there is too little text.
    """

    title: str | None
    text: str
    author_id: str | None
    language: DetectedLanguage
    title_masks: tuple[Mask, ...]
    text_masks: tuple[Mask, ...]
    flags: tuple[QualityFlag, ...]
    signature: bytes

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
            text: not empty.
            title: None or empty where there is none.
            author_id: as the platform names the author.
            hint: the language the sender named.
        """
        language = self._languages.identify(f"{title}. {text}" if title else text, hint)
        masked_text, masked_title = self._mask(text, language.code), self._mask(title or "", language.code)
        has_contact = any(mask.kind in _CONTACTS for mask in (*masked_text.masks, *masked_title.masks))
        whole = f"{masked_title.text}\n{masked_text.text}" if title else masked_text.text
        return PreparedReview(
            title=masked_title.text if title is not None else None,
            text=masked_text.text,
            author_id=None if author_id and self._mask(author_id, language.code).masks else author_id,
            language=language,
            title_masks=masked_title.masks,
            text_masks=masked_text.masks,
            flags=text_flags(whole, has_contact=has_contact),
            signature=signature_of(masked_text.text),
        )

    def rating_flag(self, rating: float | None, sentiment: SentimentPrediction) -> QualityFlag | None:
        """A flag where the stars and the words contradict each other."""
        return rating_mismatch(
            rating, negative=sentiment.negative, neutral=sentiment.neutral, positive=sentiment.positive
        )

    def _mask(self, text: str, language: str) -> MaskedText:
        return mask_personal_data(text, language) if self._masks and text else MaskedText(text, ())
