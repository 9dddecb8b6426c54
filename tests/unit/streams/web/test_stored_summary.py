import msgspec
import pytest
from pydantic import BaseModel

from schemas.counts import AspectCounts, DayCounts, ReviewCounts, SentimentCounts
from schemas.serving import ServedProduct
from schemas.summaries import ProductSummary
from streams.web import stored_summary


def fields_of(struct: type[msgspec.Struct]) -> dict[str, bool]:
    """Each field's name, and whether it is required."""
    return {field.name: field.required for field in msgspec.structs.fields(struct)}


@pytest.mark.parametrize(
    ("struct", "contract"),
    [
        (stored_summary.Counts, ReviewCounts),
        (stored_summary.Sentiment, SentimentCounts),
        (stored_summary.Aspect, AspectCounts),
    ],
    ids=lambda kind: kind.__name__,
)
def test_the_shape_has_the_contracts_fields(struct: type[msgspec.Struct], contract: type[BaseModel]) -> None:
    """A field that the contract gains, loses or comes to require is noticed here, not by a client."""
    wanted = {name: field.is_required() for name, field in contract.model_fields.items()}
    assert fields_of(struct) == wanted


@pytest.mark.parametrize(
    ("struct", "contract"), [(stored_summary.SummaryParts, ProductSummary), (stored_summary.Day, DayCounts)]
)
def test_what_is_read_in_part_is_of_the_contract(
    struct: type[msgspec.Struct], contract: type[BaseModel]
) -> None:
    """And is required exactly where the contract requires it."""
    wanted = {name: field.is_required() for name, field in contract.model_fields.items()}
    assert fields_of(struct).items() <= wanted.items()


def test_the_parts_make_a_whole_answer() -> None:
    """They lack nothing that is answered."""
    parts = fields_of(stored_summary.SummaryParts)
    assert set(ServedProduct.model_fields) & set(ProductSummary.model_fields) <= {*parts, "average_rating"}


def test_what_is_left_out_reads_as_the_contract_has_it() -> None:
    """Bytes that are passed on stand for the defaults of the contract."""
    for field in msgspec.structs.fields(stored_summary.SummaryParts):
        if isinstance(field.default, msgspec.Raw):
            default = ProductSummary.model_fields[field.name].default
            assert msgspec.json.decode(field.default) == (list(default) if default == () else default)
