"""Copy on request: what a shop may ask to have written, and what is written."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Annotated, Literal, NamedTuple, Self, get_args

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from schemas.behaviour import BehaviourAction, Pseudonym
from schemas.events import Output, Request, RequestPart, Value, contradiction
from schemas.fields import (
    Flag,
    Identifier,
    Known,
    Label,
    LanguageCode,
    Rating,
    Text,
    Timestamp,
    Wanted,
    WantedList,
)
from schemas.frozen_mapping import FrozenMapping
from schemas.grounding import CopyClaims, CopyLineage, DroppedClaims
from schemas.products import Attributes, Tags
from schemas.vocabularies import CopyMethod, RefusalKind

CopyKind = Literal[
    "description",
    "reason",
    "ad",
    "comparison",
    "draft_review",
    "scenario",
    "reply",
    "faq",
    "answer",
    "caption",
]
COPY_KINDS: tuple[CopyKind, ...] = get_args(CopyKind)
#: A kind of copy in what is published: open, while `CopyKind`, what a request may ask for, is closed.
WrittenKind = Annotated[Label, Known(COPY_KINDS)]

MAX_VARIANTS = 10
WordLimit = Annotated[int, Field(ge=5, le=1_000), Wanted("a whole number from 5 to 1,000")]
CharacterLimit = Annotated[int, Field(ge=10, le=10_000), Wanted("a whole number from 10 to 10,000")]
VariantCount = Annotated[int, Field(ge=1, le=MAX_VARIANTS), Wanted("a whole number from 1 to 10")]
Notes = Annotated[str, Field(max_length=2_000), Wanted("at most 2,000 characters")]
Question = Annotated[
    str,
    Field(min_length=1, max_length=2_000, pattern=r"\S"),
    Wanted("1 to 2,000 characters that are not only whitespace"),
]
Interests = Annotated[tuple[Label, ...], Field(max_length=50)]
ProductIds = Annotated[
    tuple[Identifier, ...],
    WantedList("a list of 2 to 4 product ids", fewest=2, most=4),
    Field(json_schema_extra={"uniqueItems": True}),
]


class KindFields(NamedTuple):
    """The kinds of copy that a field of a request is for: those that need it, and those that may have it."""

    needed_by: frozenset[CopyKind]
    also_for: frozenset[CopyKind] = frozenset()


def _kinds(*kinds: CopyKind) -> frozenset[CopyKind]:
    return frozenset(kinds)


#: Fields that belong to some kinds only. Every other field may stand in every request.
KIND_FIELDS: Mapping[str, KindFields] = MappingProxyType(
    {
        "product_ids": KindFields(_kinds("comparison")),
        "question": KindFields(_kinds("answer"), _kinds("faq")),
        "turns": KindFields(_kinds(), _kinds("answer")),
        "captions": KindFields(_kinds("caption")),
        "review_text": KindFields(_kinds("reply"), _kinds("draft_review")),
        "rating": KindFields(_kinds("draft_review"), _kinds("reply")),
        "pros": KindFields(_kinds(), _kinds("draft_review")),
        "cons": KindFields(_kinds(), _kinds("draft_review")),
    }
)
_SUBJECTS = ("product_id", "product_ids", "attributes")


class PastAction(RequestPart):
    """What a shopper did with a product earlier."""

    product_id: Identifier
    action: BehaviourAction
    occurred_at: Timestamp | None = None


class Turn(RequestPart):
    """What was said earlier in a dialogue, and by whom."""

    speaker: Literal["shopper", "shop"]
    text: Text


class CopyRequest(Request):
    """A wish for copy about one subject; `KIND_FIELDS` says which fields a kind needs.

    The subject is exactly one of: a known product (`product_id`), two to four of them (`product_ids`), one described
    inline (`attributes`).

    `interactive` says that a person waits for the answer. Interactive requests have a lane of their own: they are
    written before all others, however many of those came earlier on the topic; what is not interactive may take its
    time. The same `request_id` is answered once.

    `reply` answers `review_text`, `draft_review` matches `rating` and is made of `notes`, `pros`, `cons` and what
    `review_text` says, `answer` takes `question` for the next one after `turns`, `caption` is made of `captions`.
    """

    request_id: Identifier
    kind: CopyKind
    product_id: Identifier | None = None
    product_ids: ProductIds | None = None
    attributes: Attributes = Field(default_factory=FrozenMapping)
    interactive: Flag = False
    variants: VariantCount = 1
    max_words: WordLimit | None = None
    max_characters: CharacterLimit | None = None
    language: LanguageCode | None = None
    tone: Label | None = None
    style: Label | None = None
    channel: Label | None = None
    season: Label | None = None
    audience: Label | None = None
    user_id: Pseudonym | None = None
    interests: Interests = ()
    history: Annotated[tuple[PastAction, ...], Field(max_length=200)] = ()
    cart: Annotated[tuple[Identifier, ...], Field(max_length=100)] = ()
    question: Question | None = None
    turns: Annotated[tuple[Turn, ...], Field(max_length=50)] = ()
    captions: Annotated[tuple[Text, ...], Field(max_length=50)] = ()
    rating: Rating | None = None
    review_text: Text | None = None
    pros: Tags = ()
    cons: Tags = ()
    notes: Notes | None = None

    @property
    def subject_id(self) -> str:
        """The record's key: `product_id`, so that copy meets its product; else `request_id`."""
        return _subject_id(self.product_id, self.request_id)

    @model_validator(mode="after")
    def _has_one_subject(self) -> Self:
        if sum(self._has(name) for name in _SUBJECTS) != 1:
            raise contradiction("exactly one of product_id, product_ids and attributes is required")
        if self.product_ids is not None and len(set(self.product_ids)) < len(self.product_ids):
            raise contradiction("product_ids must be distinct")
        return self

    @model_validator(mode="after")
    def _has_the_fields_of_its_kind(self) -> Self:
        for problem in self._misfits():
            raise problem
        return self

    def _misfits(self) -> Iterator[PydanticCustomError]:
        for name, kinds in KIND_FIELDS.items():
            if self.kind in kinds.needed_by and not self._has(name):
                yield contradiction("kind {kind} needs {name}", kind=self.kind, name=name)
            if self._has(name) and self.kind not in kinds.needed_by | kinds.also_for:
                wanted = ", ".join(sorted(kinds.needed_by | kinds.also_for))
                yield contradiction(
                    "{name} is for kind {wanted}, not for {kind}", name=name, wanted=wanted, kind=self.kind
                )

    def _has(self, name: str) -> bool:
        value = getattr(self, name)
        return value is not None and value not in ((), FrozenMapping())


class CopyVariant(Value):
    """One way to put it. `synthetic` is always true: no reader may take it for a shopper's words.

    `text` is whole; `claims` are its statements. `method` says who put it into words: `composed`, templates over
    facts; `held`, a model held to the facts; `free`, a model whose sentences were checked one by one.
    """

    text: Text
    claims: CopyClaims = ()
    method: CopyMethod
    synthetic: Literal[True] = True


class Refusal(Value):
    """Why nothing was written: a kind for machines, and words for people."""

    kind: RefusalKind
    reason: Text


class CopyReady(Output):
    """The answer to a request: `ready` with variants, or `refused` with the reasons.

    The status is closed, for it says which of the two is there. `product_id`, `product_ids` or neither repeat what
    the request is about, `kind` what it asked for.
    """

    request_id: Identifier
    kind: WrittenKind
    product_id: Identifier | None = None
    product_ids: ProductIds | None = None
    status: Literal["ready", "refused"]
    language: LanguageCode | None = None
    variants: Annotated[tuple[CopyVariant, ...], Field(max_length=MAX_VARIANTS)] = ()
    refusals: Annotated[tuple[Refusal, ...], Field(max_length=20)] = ()
    dropped: DroppedClaims = ()
    lineage: CopyLineage | None = None

    @property
    def subject_id(self) -> str:
        """The record's key, the same as the request's."""
        return _subject_id(self.product_id, self.request_id)

    @model_validator(mode="after")
    def _agrees_with_its_status(self) -> Self:
        is_ready = self.status == "ready"
        if is_ready != bool(self.variants):
            raise contradiction("variants must be present exactly when status is ready")
        if is_ready == bool(self.refusals):
            raise contradiction("refusals must be present exactly when status is refused")
        if is_ready and (self.language is None or self.lineage is None):
            raise contradiction("language and lineage must be present when status is ready")
        return self


def _subject_id(product_id: str | None, request_id: str) -> str:
    return request_id if product_id is None else product_id
