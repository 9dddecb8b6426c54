"""What came of a request for copy: texts with their claims, or refusals; what was left out, and what it is made of."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from schemas.copywriting import CopyReady, CopyRequest, CopyVariant, Refusal
from schemas.events import SourcePosition
from schemas.grounding import CopyLineage, DroppedClaim

#: Names the templates and checks in what is published.
COPY_VERSION = "copy-1"


@dataclass(frozen=True, slots=True)
class Written:
    """What came of a request.

    Attributes:
        request: what was asked for.
        language: of the texts; None where the language is not known.
        variants: the texts; empty where it was refused.
        refusals: why nothing was written; empty where something was.
        dropped: what was left out, and why.
        review_count: how many reviews were known.
        rules: the version of the shop's rules; None: it has none.
        generation: of the product's copy.
    """

    request: CopyRequest
    language: str | None
    variants: tuple[CopyVariant, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    dropped: tuple[DroppedClaim, ...] = ()
    review_count: int = 0
    rules: str | None = None
    generation: int = 0

    def ready(
        self, source: SourcePosition, made_at: datetime, positions: Sequence[SourcePosition] = ()
    ) -> CopyReady:
        """The answer for the topic.

        Args:
            source: the request's record.
            made_at: when it was written.
            positions: the records that the facts come from.
        """
        request = self.request
        return CopyReady(
            source=source,
            made_at=made_at,
            request_id=request.request_id,
            kind=request.kind,
            product_id=request.product_id,
            product_ids=request.product_ids,
            status="ready" if self.variants else "refused",
            language=self.language,
            variants=self.variants,
            refusals=self.refusals,
            dropped=self.dropped,
            lineage=self.lineage(positions) if self.variants else None,
        )

    def lineage(self, positions: Sequence[SourcePosition] = ()) -> CopyLineage:
        """What the texts were written from."""
        return CopyLineage(
            prompt_version=COPY_VERSION,
            positions=tuple(positions),
            generation=self.generation,
            review_count=self.review_count,
            house_rules=self.rules,
        )
