"""Key points: what several reviews of a product say of one aspect, each with the reviews that say it.

Incremental, by leader clustering (Hartigan 1975): a sentence joins the nearest point of its aspect, polarity
and language if it is near enough, else it founds one. No review is read twice. Embeddings of another version are never
compared: where a reader's have changed, the points of a kind are given up with the first review that has the new ones.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from models.similarity.sentence_bits import SAME_POINT_BITS
from streams.rolling.product_state import Contribution, Point, PointMention, ProductState, Reference

#: Of languages without a built-in model: what does not come from an embedding differs in half of its bits.
_SAME_POINT_BITS_ELSEWHERE = min(SAME_POINT_BITS.values())
#: Points kept of one aspect and polarity, and of one product.
MAX_POINTS_OF_KIND = 8
MAX_POINTS = 64
MAX_REFERENCES = 8


class Candidate(NamedTuple):
    """A mention before it has a point: the name of its kind, quote, embedding and its version, strength 0 to 100."""

    kind: str
    quote: str
    bits: bytes
    embedding_version: str | None
    strength: int


def join(
    product: ProductState, review_id: str, contribution: Contribution, candidates: Sequence[Candidate]
) -> tuple[PointMention, ...]:
    """Count a review's candidates in their points; the points it makes, each once, are returned."""
    mentions: dict[int, PointMention] = {}
    for one in candidates:
        _give_up_other_versions(product, one)
        point = _nearest(product.points.get(one.kind, ()), one.bits, same_point_bits(contribution.language))
        if point is None:
            point = _found(product, one)
        if point.number in mentions:
            continue
        mentions[point.number] = PointMention(point.number, one.quote)
        point.count += 1
        _refer(point, Reference(review_id, contribution.created_ms, contribution.is_verified, one.strength))
    return tuple(mentions.values())


def find(
    product: ProductState, contribution: Contribution, candidates: Sequence[Candidate]
) -> tuple[PointMention, ...]:
    """The points that a review counted before makes; counts nothing."""
    mentions: dict[int, PointMention] = {}
    for one in candidates:
        points = [
            point
            for point in product.points.get(one.kind, ())
            if point.embedding_version == one.embedding_version
        ]
        point = _nearest(points, one.bits, same_point_bits(contribution.language))
        if point is not None:
            mentions.setdefault(point.number, PointMention(point.number, one.quote))
    return tuple(mentions.values())


def leave(
    product: ProductState,
    review_id: str,
    contribution: Contribution,
    look_up: Callable[[int], Sequence[Reference]],
) -> None:
    """Take a review out of the points it makes.

    `look_up` finds the reviews that make a point, when none that is known of is left.
    """
    numbers = {mention.point for mention in contribution.mentions}
    for kind, points in list(product.points.items()):
        made = [point for point in points if point.number in numbers]
        for point in made:
            point.count -= 1
            point.references = [known for known in point.references if known.review_id != review_id]
            if point.count > 0 and not point.references:
                for reference in look_up(point.number):
                    _refer(point, reference)
        if made:
            points[:] = [point for point in points if point.count > 0 and point.references]
        if not points:
            del product.points[kind]


def same_point_bits(language: str) -> int:
    """In how many bits two sentences of a kind may differ to make the same point."""
    return SAME_POINT_BITS.get(language, _SAME_POINT_BITS_ELSEWHERE)


def _nearest(points: Sequence[Point], bits: bytes, most: int) -> Point | None:
    nearest, least = None, most + 1
    wanted = int.from_bytes(bits)
    for point in points:
        differing = (int.from_bytes(point.bits) ^ wanted).bit_count()
        if differing < least:
            nearest, least = point, differing
    return nearest


def _give_up_other_versions(product: ProductState, candidate: Candidate) -> None:
    points = product.points.get(candidate.kind)
    if points and points[0].embedding_version != candidate.embedding_version:
        del product.points[candidate.kind]


def _found(product: ProductState, candidate: Candidate) -> Point:
    rivals = product.points.setdefault(candidate.kind, [])
    if len(rivals) >= MAX_POINTS_OF_KIND:
        give_up_one(rivals)
    elif sum(map(len, product.points.values())) >= MAX_POINTS:
        give_up_one(max(product.points.values(), key=len))
    point = Point(product.next_point, candidate.bits, 0, [], candidate.embedding_version)
    product.next_point += 1
    rivals.append(point)
    return point


def give_up_one(points: list[Point]) -> None:
    """Leave out the oldest of those with the fewest reviews."""
    del points[min(range(len(points)), key=lambda index: points[index].count)]


def _refer(point: Point, reference: Reference) -> None:
    references = point.references
    if len(references) < MAX_REFERENCES:
        references.append(reference)
        return
    worst = min(range(len(references)), key=lambda index: rank(references[index]))
    if rank(reference) > rank(references[worst]):
        references[worst] = reference


def rank(reference: Reference) -> tuple[bool, int]:
    """Verified purchases first, then the newest."""
    return reference.is_verified, reference.created_ms
