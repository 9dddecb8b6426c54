"""Key points: what several reviews of a product say of one aspect, each with the reviews that say it.

Incremental, by leader clustering (Hartigan 1975): a sentence joins the nearest point of its aspect, polarity
and language if it is near enough, else it founds one. No review is read twice.
"""

from collections.abc import Callable, Sequence

from streams.rolling.values import Contribution, Point, PointMention, ProductState, Reference

#: Of 256 bits, how many may differ for two sentences of one aspect and polarity to make the same point.
SAME_POINT_BITS = 72
#: Points kept of one aspect and polarity, and of one product.
MAX_POINTS_OF_KIND = 8
MAX_POINTS = 64
MAX_REFERENCES = 8

#: A mention before it has a point: aspect, polarity, quote, embedding, strength 0 to 100.
Candidate = tuple[str, int, str, bytes, int]


def join(
    product: ProductState, review_id: str, one: Contribution, candidates: Sequence[Candidate]
) -> tuple[PointMention, ...]:
    """Count a review's candidates in their points; the points it makes, each once, are returned."""
    mentions: dict[int, PointMention] = {}
    for aspect, polarity, quote, bits, strength in candidates:
        point = _nearest(product.points, aspect, polarity, one.language, bits)
        if point is None:
            point = _found(product, aspect, polarity, one.language, bits)
        if point.number in mentions:
            continue
        mentions[point.number] = PointMention(point.number, quote)
        point.count += 1
        _refer(point, Reference(review_id, one.created_ms, one.is_verified, strength))
    return tuple(mentions.values())


def find(
    product: ProductState, one: Contribution, candidates: Sequence[Candidate]
) -> tuple[PointMention, ...]:
    """The points that a review counted before makes; counts nothing."""
    mentions: dict[int, PointMention] = {}
    for aspect, polarity, quote, bits, _strength in candidates:
        point = _nearest(product.points, aspect, polarity, one.language, bits)
        if point is not None:
            mentions.setdefault(point.number, PointMention(point.number, quote))
    return tuple(mentions.values())


def leave(
    product: ProductState, review_id: str, one: Contribution, look_up: Callable[[int], Sequence[Reference]]
) -> None:
    """Take a review out of the points it makes.

    `look_up` finds the reviews that make a point, when none that is known of is left.
    """
    numbers = {mention.point for mention in one.mentions}
    if not numbers:
        return
    for point in [point for point in product.points if point.number in numbers]:
        point.count -= 1
        point.references = [known for known in point.references if known.review_id != review_id]
        if point.count > 0 and not point.references:
            for reference in look_up(point.number):
                _refer(point, reference)
        if point.count <= 0 or not point.references:
            product.points.remove(point)


def _nearest(points: Sequence[Point], aspect: str, polarity: int, language: str, bits: bytes) -> Point | None:
    nearest, least = None, SAME_POINT_BITS + 1
    wanted = int.from_bytes(bits)
    for point in points:
        if point.aspect == aspect and point.polarity == polarity and point.language == language:
            differing = (int.from_bytes(point.bits) ^ wanted).bit_count()
            if differing < least:
                nearest, least = point, differing
    return nearest


def _found(product: ProductState, aspect: str, polarity: int, language: str, bits: bytes) -> Point:
    rivals = [point for point in product.points if point.aspect == aspect and point.polarity == polarity]
    if len(rivals) >= MAX_POINTS_OF_KIND:
        product.points.remove(min(rivals, key=_weight))
    elif len(product.points) >= MAX_POINTS:
        product.points.remove(min(product.points, key=_weight))
    point = Point(product.next_point, aspect, polarity, language, bits, 0, [])
    product.next_point += 1
    product.points.append(point)
    return point


def _weight(point: Point) -> tuple[int, int]:
    """What is given up first has the fewest reviews, and of these the oldest."""
    return point.count, max((known.created_ms for known in point.references), default=0)


def _refer(point: Point, reference: Reference) -> None:
    references = point.references
    if len(references) < MAX_REFERENCES:
        references.append(reference)
        return
    worst = min(range(len(references)), key=lambda place: rank(references[place]))
    if rank(reference) > rank(references[worst]):
        references[worst] = reference


def rank(reference: Reference) -> tuple[bool, int]:
    """Verified purchases first, then the newest."""
    return reference.is_verified, reference.created_ms
