"""Surges of a product's reviews, as they are raised and resolved."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from schemas.events import Output, Value, contradiction
from schemas.fields import Count, Fraction, Identifier, Timestamp
from schemas.summaries import Quote
from schemas.vocabularies import AlertKind, Aspect

#: A kind that is not known here may be about an aspect or not.
_KINDS_WITHOUT_ASPECT = frozenset({"negative_surge", "one_star_surge", "lookalike_surge"})


class ReviewShare(Value):
    """How many of a number of reviews are of the kind that an alert is about."""

    matching: Count
    reviews: Count

    @model_validator(mode="after")
    def _is_a_share(self) -> Self:
        if self.matching > self.reviews:
            raise contradiction("matching must be at most reviews")
        return self


class TimeWindow(Value):
    """A span of time, from its start up to but not including its end."""

    starts_at: Timestamp
    ends_at: Timestamp

    @model_validator(mode="after")
    def _runs_forwards(self) -> Self:
        if self.starts_at >= self.ends_at:
            raise contradiction("starts_at must be before ends_at")
        return self


class ProductAlert(Output):
    """A surge against the product's own baseline, raised or resolved: a closed choice, for the two are one story.

    `negative_surge`: of negative reviews; `one_star_surge`: of reviews with the worst rating, whatever their words
    and language; `aspect_surge`: of reviews that are negative about `aspect`; `lookalike_surge`: of five-star reviews
    that look like each other. `window` is the time in which its reviews were written, whenever they came. `observed`
    are the reviews of the window and those of the kind among them, `baseline` all others of the product; `p_value` is
    the probability of at least as many if nothing had changed. `aspect` stands where the kind is about one. A raised
    alert names the reviews and quotes some; a resolved one has the `alert_id` of the one it ends.
    """

    alert_id: Identifier
    product_id: Identifier
    kind: AlertKind
    aspect: Aspect | None = None
    state: Literal["raised", "resolved"]
    window: TimeWindow
    baseline: ReviewShare
    observed: ReviewShare
    p_value: Fraction
    review_ids: Annotated[tuple[Identifier, ...], Field(max_length=1_000)] = ()
    quotes: Annotated[tuple[Quote, ...], Field(max_length=100)] = ()

    @model_validator(mode="after")
    def _names_its_aspect(self) -> Self:
        if self.kind == "aspect_surge" and self.aspect is None:
            raise contradiction("aspect must be present when kind is aspect_surge")
        if self.kind in _KINDS_WITHOUT_ASPECT and self.aspect is not None:
            raise contradiction(
                "aspect must be absent when kind is negative_surge, one_star_surge or lookalike_surge"
            )
        return self
