"""What a request asks for: read from its path, query and body, and refused in words where it does not fit."""

import zlib
from typing import TypeVar, get_args

from aiohttp import web
from pydantic import TypeAdapter, ValidationError

from schemas.explanation import explain
from schemas.fields import Identifier, Label, SentimentLabel
from schemas.serving import BatchQuery, SortKey, SortOrder
from streams.web.failures import ApiError

#: 100 ids of 128 characters, each written as an escaped pair of surrogates, fit; compressed or not.
MAX_BODY_BYTES = 256 * 1024
#: What zlib is told of each encoding.
_WINDOW_BITS = {"gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}

Choice = TypeVar("Choice", bound=str)

_identifiers = TypeAdapter[str](Identifier)
_labels = TypeAdapter[str](Label)


def product_id_of(request: web.Request) -> str:
    """The product that the path names, decoded.

    Raises:
        ApiError: it cannot be the id of a product.
    """
    try:
        return _identifiers.validate_python(request.match_info["product_id"])
    except ValidationError as error:
        raise ApiError(400, f"product id: {error.errors()[0]['msg']}") from error


async def batch_of(request: web.Request) -> tuple[str, ...]:
    """The products that the body names, each once.

    Raises:
        ApiError: the body is no `BatchQuery`.
    """
    body = _inflated(await request.read(), request.headers.get("Content-Encoding", "identity").lower())
    try:
        query = BatchQuery.model_validate_json(body)
    except ValidationError as error:
        raise ApiError(
            400, f'wanted a body such as {{"product_ids": ["lamp-201"]}}; {explain(error)}'
        ) from error
    return tuple(dict.fromkeys(query.product_ids))


def _inflated(body: bytes, encoding: str) -> bytes:
    """A body as it was before it was compressed, of at most `MAX_BODY_BYTES`.

    Raises:
        ApiError: it is compressed otherwise, broken, or larger.
    """
    if encoding == "identity":
        return body
    if encoding not in _WINDOW_BITS:
        raise ApiError(
            415, f"Content-Encoding: wanted {', '.join(_WINDOW_BITS)} or none, got {encoding[:40]!r}"
        )
    inflater = zlib.decompressobj(_WINDOW_BITS[encoding])
    try:
        inflated = inflater.decompress(body, MAX_BODY_BYTES + 1)
    except zlib.error:
        raise ApiError(400, f"Content-Encoding: the body is no {encoding}") from None
    if len(inflated) > MAX_BODY_BYTES:
        raise ApiError(413, "the body is too large; ask for fewer products at once")
    if not inflater.eof or inflater.unused_data:
        raise ApiError(400, f"Content-Encoding: the body is no {encoding}, or not all of it")
    return inflated


def known_parameters(request: web.Request, *known: str) -> None:
    """Refuse parameters that would silently do nothing.

    Raises:
        ApiError: there is one that is not known, or one that is given twice.
    """
    for name in request.query:
        if name not in known:
            wanted = ", ".join(known) or "none"
            raise ApiError(400, f"query: unknown parameter {name[:40]!r}; there are: {wanted}")
        if len(request.query.getall(name)) > 1:
            raise ApiError(400, f"query: wanted {name} once, got it more often")


def number_of(request: web.Request, name: str, *, default: int, most: int) -> int:
    """A whole number from 1.

    Raises:
        ApiError: it is none, or too large.
    """
    given = request.query.get(name)
    if given is None:
        return default
    if given.isascii() and given.isdigit() and len(given) < 10 and 1 <= int(given) <= most:
        return int(given)
    raise ApiError(400, f"{name}: wanted a whole number from 1 to {most}, got {given[:40]!r}")


def sort_of(request: web.Request) -> tuple[SortKey, SortOrder]:
    """By what a list is sorted, and in which direction.

    Raises:
        ApiError: there is no such order.
    """
    sort: SortKey = _choice(request, "sort", get_args(SortKey), "reviews")
    order: SortOrder = _choice(request, "order", get_args(SortOrder), "desc")
    return sort, order


def aspect_of(request: web.Request) -> str | None:
    """The aspect that is asked for; None without.

    Raises:
        ApiError: it cannot be the name of one.
    """
    given = request.query.get("aspect")
    try:
        return _labels.validate_python(given) if given is not None else None
    except ValidationError as error:
        raise ApiError(400, f"aspect: {error.errors()[0]['msg']}") from error


def counter_of(request: web.Request) -> tuple[SentimentLabel | None, str | None]:
    """The polarity and the aspect of a counter; without both that of all reviews.

    Raises:
        ApiError: there is no such counter.
    """
    aspect = aspect_of(request)
    if "polarity" not in request.query:
        if aspect is not None:
            raise ApiError(400, "aspect: wanted a polarity with it, for each of them is counted; got none")
        return None, None
    return _choice(request, "polarity", get_args(SentimentLabel), "positive"), aspect


def _choice(request: web.Request, name: str, choices: tuple[Choice, ...], default: Choice) -> Choice:
    given = request.query.get(name, default)
    for choice in choices:
        if given == choice:
            return choice
    raise ApiError(400, f"{name}: wanted one of {', '.join(choices)}, got {given[:40]!r}")
