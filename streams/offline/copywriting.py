"""Copy without Kafka: products of a file, the request that options make, and what is written."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from pydantic import ValidationError

from schemas.copywriting import CopyKind, CopyRequest
from schemas.explanation import explain
from schemas.products import Product
from schemas.summaries import ProductSummary
from streams.copywriting import CopyWriter, Subject, Written
from streams.errors import ConfigurationError

#: What `--length` means in words, and in characters of a language without spaces.
LENGTHS: Mapping[str, tuple[int, int]] = {"short": (40, 70), "medium": (90, 170), "long": (150, 320)}
_UNKNOWN_SINCE = "2020-01-01T00:00:00Z"


@dataclass(frozen=True, slots=True)
class Wish:
    """What is wanted beside the products, as options give it.

    Attributes:
        kind: of copy.
        fields: of the request, by their names; what is None or empty is left out.
        length: short, medium or long, or None.
        viewed, bought, cart: products that the shopper dealt with.
    """

    kind: CopyKind
    fields: Mapping[str, object] = field(default_factory=dict)
    length: str | None = None
    viewed: Sequence[Subject] = ()
    bought: Sequence[Subject] = ()
    cart: Sequence[Subject] = ()


def read_products(file: Path, summaries: Mapping[str, ProductSummary] | None = None) -> list[Subject]:
    """The products of a file: a JSON object, a list of them, or one a line.

    What a product's record needs and somebody who tries it out does not have is filled in: an id by its place in the
    file, and when it was updated.

    Args:
        file: of products as the topic `new-product` has them; `{"product": {...}}` is read too.
        summaries: what reviews say, by product id.

    Raises:
        ConfigurationError: it cannot be read, or holds something else.
    """
    subjects = []
    for place, document in _documents(file, "products"):
        inner = document.get("product")
        product = inner if isinstance(inner, dict) else document
        filled = {"product_id": f"{file.stem}-{place}"[:128], "updated_at": _UNKNOWN_SINCE, **product}
        try:
            known = Product.model_validate_json(json.dumps(filled))
        except ValidationError as error:
            raise ConfigurationError(f"write: {file}: product {place}: {explain(error, Product)}") from error
        if known.removed:
            raise ConfigurationError(
                f"write: {file}: product {place}: wanted a product that is there, got a removed one"
            )
        subjects.append(Subject.of(known, (summaries or {}).get(known.product_id)))
    return subjects


def read_summaries(file: Path) -> dict[str, ProductSummary]:
    """Summaries of a file by product id: as the topic `product-summary` has them.

    Raises:
        ConfigurationError: it cannot be read, or holds something else.
    """
    summaries = {}
    for place, document in _documents(file, "summaries"):
        try:
            summary = ProductSummary.model_validate_json(json.dumps(document))
        except ValidationError as error:
            raise ConfigurationError(
                f"write: {file}: summary {place}: {explain(error, ProductSummary)}"
            ) from error
        summaries[summary.product_id] = summary
    return summaries


def _documents(file: Path, what: str) -> Iterator[tuple[int, dict[str, object]]]:
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"write: wanted a JSON file of {what}, got {file}: {error}") from error
    for place, value in enumerate(_values(file, text), start=1):
        if not isinstance(value, dict):
            raise ConfigurationError(
                f"write: {file}: {place}: wanted a JSON object, got {type(value).__name__}"
            )
        yield place, value


def _values(file: Path, text: str) -> list[object]:
    try:
        value = json.loads(text)
        return value if isinstance(value, list) else [value]
    except json.JSONDecodeError:
        pass
    values = []
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            try:
                values.append(json.loads(line))
            except json.JSONDecodeError as error:
                raise ConfigurationError(
                    f"write: {file}: line {number}: wanted JSON, got {line[:40]!r}: {error.msg}"
                ) from error
    if not values:
        raise ConfigurationError(f"write: {file}: wanted at least one JSON object, got an empty file")
    return values


def write_copy(writer: CopyWriter, wish: Wish, about: Sequence[Subject], *, generation: int = 0) -> Written:
    """Write one text.

    Args:
        writer: with the shop's rules.
        wish: what is wanted.
        about: the product, or those of a comparison.
        generation: another one gives other words.

    Raises:
        ConfigurationError: the options do not fit each other.
    """
    request = _request(wish, about)
    others = (*wish.viewed, *wish.bought, *wish.cart)
    subjects = {subject.product_id: subject for subject in (*others, *about)}
    return writer.write(request, subjects, generation=generation)


def _request(wish: Wish, about: Sequence[Subject]) -> CopyRequest:
    ids = [subject.product_id for subject in about]
    actions = [("viewed", one) for one in wish.viewed] + [("bought", one) for one in wish.bought]
    fields: dict[str, object] = {
        "request_id": "-".join([wish.kind, *ids])[:120].rstrip(),
        "kind": wish.kind,
        "history": [{"product_id": one.product_id, "action": action} for action, one in actions],
        "cart": [one.product_id for one in wish.cart],
        **({"product_ids": ids} if len(ids) > 1 else {"product_id": ids[0]}),
        **{name: value for name, value in wish.fields.items() if value not in (None, (), [])},
    }
    if wish.length is not None:
        fields["max_words"] = LENGTHS[wish.length][_is_unspaced(wish, about)]
    try:
        return CopyRequest.model_validate_json(json.dumps(fields))
    except ValidationError as error:
        raise ConfigurationError(f"write: {explain(error, CopyRequest)}") from error


def _is_unspaced(wish: Wish, about: Sequence[Subject]) -> bool:
    language = wish.fields.get("language") or about[0].details.language or ""
    return str(language).lower().startswith("zh")


def document_of(written: Written, seconds: float) -> dict[str, object]:
    """What was written, ready for JSON."""
    return {
        "request_id": written.request.request_id,
        "kind": written.request.kind,
        "product_id": written.request.product_id,
        "product_ids": written.request.product_ids,
        "status": "ready" if written.variants else "refused",
        "language": written.language,
        "variants": [variant.model_dump(mode="json") for variant in written.variants],
        "refusals": [refusal.model_dump(mode="json") for refusal in written.refusals],
        "dropped": [claim.model_dump(mode="json") for claim in written.dropped],
        "lineage": written.lineage().model_dump(mode="json"),
        "seconds": round(seconds, 4),
        "made_at": datetime.now(UTC),
    }
