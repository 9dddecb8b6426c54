from typing import Any

import msgspec
import pytest
from pydantic import BaseModel

from schemas.counts import AspectCounts, DayCounts, ReviewCounts, SentimentCounts
from schemas.events import ModelVersion
from schemas.serving import ServedProduct
from schemas.summaries import Facet, KeyPoint, LatestReview, ProductSummary, Quote, SummaryClaim
from streams.web import summary

#: Of the record a summary is in, and of a replay: no answer tells them.
NOT_READ = {"source", "made_at", "replay_id"}


def fields_of(struct: type[msgspec.Struct]) -> dict[str, bool]:
    """Each field's name, and whether it is required."""
    return {field.name: field.required for field in msgspec.structs.fields(struct)}


@pytest.mark.parametrize(
    ("struct", "contract"),
    [
        (summary.Summary, ProductSummary),
        (summary.Counts, ReviewCounts),
        (summary.Sentiment, SentimentCounts),
        (summary.Aspect, AspectCounts),
        (summary.DayWithAspects, DayCounts),
        (summary.KeyPoint, KeyPoint),
        (summary.Quote, Quote),
        (summary.Facet, Facet),
        (summary.Claim, SummaryClaim),
        (summary.LatestReview, LatestReview),
        (summary.Model, ModelVersion),
    ],
    ids=lambda kind: kind.__name__,
)
def test_the_shape_has_the_contracts_fields(struct: type[msgspec.Struct], contract: type[BaseModel]) -> None:
    """A field that the contract gains, loses or comes to require is noticed here, not by a client."""
    wanted = {name: field.is_required() for name, field in contract.model_fields.items()}
    assert fields_of(struct) == {name: need for name, need in wanted.items() if name not in NOT_READ}


def test_the_parts_are_of_the_shape_and_make_a_whole_answer() -> None:
    """What an answer is made of is a part of what the store has taken, and lacks nothing that is answered."""
    parts = fields_of(summary.SummaryParts)
    assert parts.items() <= fields_of(summary.Summary).items()
    assert set(ServedProduct.model_fields) & set(ProductSummary.model_fields) <= {*parts, "average_rating"}


def test_what_is_left_out_reads_the_same_in_both_views() -> None:
    """Bytes that are passed on stand for the defaults that the typed view has."""
    typed = {field.name: field for field in msgspec.structs.fields(summary.Summary)}
    for field in msgspec.structs.fields(summary.SummaryParts):
        if isinstance(field.default, msgspec.Raw):
            assert msgspec.json.decode(field.default) == default_of(typed[field.name])


def default_of(field: Any) -> object:
    """A field's default, made anew if it is mutable."""
    return field.default if field.default is not msgspec.NODEFAULT else field.default_factory()
