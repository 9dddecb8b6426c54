"""Products to measure copy on: those of our contract, and catalogues that hold the same under other names."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from schemas.products import Product
from streams.copywriting import Subject
from streams.errors import ConfigurationError
from streams.offline.copywriting import read_products

#: What a catalogue of `products.json` calls things: attribute here to the field there.
_ATTRIBUTES = {
    "warranty": "warrantyInformation",
    "shipping": "shippingInformation",
    "return policy": "returnPolicy",
    "minimum order quantity": "minimumOrderQuantity",
    "availability": "availabilityStatus",
}
_CATALOGUE = "products.json"
_UPDATED = "2025-01-01T00:00:00Z"


def products_to_write(path: Path) -> list[Subject]:
    """The products of a file or a directory.

    Args:
        path: a JSON or JSONL file of products; a directory of such files, or of a catalogue's `products.json`.

    Raises:
        ConfigurationError: there are none.
    """
    files = sorted(path.glob("*.jsonl")) or sorted(path.glob("*.json")) if path.is_dir() else [path]
    subjects = [subject for file in files for subject in _of_file(file)]
    if not subjects:
        raise ConfigurationError(f"evaluate copy: wanted products in JSON or JSONL files, got none in {path}")
    return subjects


def _of_file(file: Path) -> list[Subject]:
    if file.name != _CATALOGUE:
        return read_products(file)
    try:
        rows = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, json.JSONDecodeError) as error:
        raise ConfigurationError(f"evaluate copy: wanted a JSON file, got {file}: {error}") from error
    rows = rows.get("products", []) if isinstance(rows, dict) else rows
    return [subject for row in rows if isinstance(row, dict) for subject in _of_catalogue(row)]


def _of_catalogue(row: Mapping[str, object]) -> Iterator[Subject]:
    """A row with `id`, `title` and the like; its dimensions become one attribute."""
    attributes: dict[str, object] = {
        name: row[field] for name, field in _ATTRIBUTES.items() if row.get(field)
    }
    sizes = row.get("dimensions")
    if isinstance(sizes, dict):
        attributes["dimensions"] = " x ".join(
            str(sizes[side]) for side in ("width", "height", "depth") if side in sizes
        )
    document = {
        "product_id": str(row.get("id")),
        "title": row.get("title"),
        "description": row.get("description"),
        "category": row.get("category"),
        "brand": row.get("brand"),
        "price": row.get("price"),
        "currency": "USD",
        "attributes": attributes,
        "tags": row.get("tags") or [],
        "language": "en",
        "updated_at": _UPDATED,
    }
    yield Subject.of(Product.model_validate_json(json.dumps(document)))
