"""Snapshots of products that differ, made of drawn reviews: read, counted and clustered as the stream does it."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import orjson

from models.readers.preparation import PreparedReview, ReviewPreparer
from streams.offline.asking import ask
from streams.rolling.applying import apply_review
from streams.rolling.memory_tables import MemoryTables
from streams.rolling.product_state import ReviewState
from streams.rolling.readings import as_event
from streams.rolling.summaries import SummaryWriter
from streams.settings import Settings

_REVIEWS_OF_PRODUCT = 14
_WRITTEN = datetime(2026, 10, 1, tzinfo=UTC)
_THINGS = [
    "kettle",
    "lamp",
    "drill",
    "backpack",
    "keyboard",
    "blender",
    "tent",
    "heater",
    "fan",
    "toaster",
]
#: Of each claim three wordings, so that reviews that mean the same do not say it with the same words.
_PRAISE = (
    ("The {thing} feels solid after {n} weeks.", "Solid build, nothing is loose after {n} weeks.",
     "After {n} weeks everything on this {thing} is still solid."),
    ("It looks lovely in {colour} on the {place}.", "The {colour} finish looks lovely.",
     "Lovely design, the {colour} one suits our {place}."),
    ("Delivery took only {n} days.", "It was delivered in {n} days and well packed.",
     "Fast delivery, here after {n} days."),
    ("At {price} dollars it is great value.", "Great value for {price} dollars.",
     "Worth every one of the {price} dollars."),
    ("It was easy to set up in {n} minutes.", "Setting it up took {n} minutes and was easy.",
     "Easy to use, I had the {thing} running in {n} minutes."),
    ("The {thing} is quick and very quiet.", "Very quiet, even at night in the {place}.",
     "It works quickly and stays quiet in the {place}."),
    ("The battery lasts {n} hours.", "I get {n} hours out of the battery.",
     "Battery life is excellent, {n} hours a charge."),
    ("Support answered within {n} hours and helped.", "Friendly support, they answered in {n} hours.",
     "The support team helped me within {n} hours."),
)  # fmt: skip
_CRITICISM = (
    ("The {part} broke after {n} weeks.", "After {n} weeks the {part} was broken.",
     "Poor quality, the {part} broke within {n} weeks."),
    ("The {colour} paint looks cheap and scratches.", "The {colour} paint was scratched within {n} days.",
     "It looks cheap in {colour} and scratches easily."),
    ("Delivery took {n} weeks and the box was torn.", "It arrived {n} weeks late.",
     "Slow delivery, I waited {n} weeks."),
    ("Far too expensive at {price} dollars.", "{price} dollars is too much for this {thing}.",
     "Overpriced, not worth {price} dollars."),
    ("The {part} is hard to clean.", "Cleaning the {part} takes {n} minutes and is a nuisance.",
     "It is awkward to clean around the {part}."),
    ("The {thing} is loud, I hear it in the {place}.", "Too loud for the {place}.",
     "It makes a loud noise after {n} minutes."),
)  # fmt: skip
_SLOTS = {
    "part": ["handle", "lid", "switch", "hinge", "strap", "cable", "button", "latch", "wheel", "zip"],
    "colour": ["red", "green", "black", "white", "copper", "blue", "grey", "yellow"],
    "place": ["kitchen", "bedroom", "office", "hallway", "garden", "garage"],
}


@dataclass(frozen=True, slots=True)
class _Drawn:
    product_id: str
    review_id: str
    text: str
    rating: float


def make_snapshots(
    products: int, settings: Settings, say: Callable[[str], None], *, seed: int = 11
) -> list[tuple[bytes, bytes]]:
    """English snapshots (RefreshRequested) by product id, read with the configured models.

    Args:
        products: how many; each has its own reviews.
        settings: of the models.
        say: told what happens.
        seed: the same one gives the same snapshots.
    """
    drawn = [one for number in range(products) for one in draw_reviews(number, seed=seed)]
    say(f"reading {len(drawn):,} reviews of {products:,} products")
    preparer = ReviewPreparer(masks_personal_data=True)
    prepared = [preparer.prepare(text=one.text, hint="en") for one in drawn]
    return _snapshots(drawn, prepared, settings, say)


def draw_reviews(product: int, *, seed: int = 11) -> list[_Drawn]:
    """Reviews of one product, of two or three sentences, three quarters of them praise."""
    numbers = random.Random(f"{seed} {product}")
    thing = numbers.choice(_THINGS)
    praise, criticism = numbers.sample(_PRAISE, 5), numbers.sample(_CRITICISM, 3)
    facts = {name: numbers.choice(words) for name, words in _SLOTS.items()}
    facts |= {"thing": thing, "n": str(numbers.randint(2, 30)), "price": str(numbers.randint(11, 180))}
    reviews = []
    for number in range(_REVIEWS_OF_PRODUCT):
        is_praise = numbers.random() < 0.72
        claims = numbers.sample(praise if is_praise else criticism, numbers.choice((2, 2, 3)))
        text = " ".join(numbers.choice(claim).format(**facts) for claim in claims)
        reviews.append(_Drawn(f"product-{product}", f"{product}-{number}", text, 5.0 if is_praise else 2.0))
    return reviews


def multiplied(snapshots: Sequence[tuple[bytes, bytes]], times: int) -> list[tuple[bytes, bytes]]:
    """The same snapshots over and over, each time of other products."""
    made = []
    for turn in range(times):
        for key, value in snapshots:
            product_id = f"{key.decode()}-{turn}"
            made.append((product_id.encode(), orjson.dumps(orjson.loads(value) | {"product_id": product_id})))
    return made


def _snapshots(
    drawn: Sequence[_Drawn],
    prepared: Sequence[PreparedReview],
    settings: Settings,
    say: Callable[[str], None],
) -> list[tuple[bytes, bytes]]:
    readings = ask(settings, [one.asked for one in prepared], language="en", progress=say).readings
    tables = MemoryTables()
    for offset, (one, made, reading) in enumerate(zip(drawn, prepared, readings, strict=True)):
        written = _WRITTEN + timedelta(minutes=offset)
        event = as_event(
            one.product_id,
            one.review_id,
            made,
            reading,
            written,
            least_confidence=settings.model.least_confidence,
            rating=one.rating,
        )
        apply_review(tables, event, offset)
    return [
        (product_id.encode(), _snapshot(tables, product_id))
        for product_id in dict.fromkeys(one.product_id for one in drawn)
    ]


def _snapshot(tables: MemoryTables, product_id: str) -> bytes:
    def look_up(review_id: str) -> ReviewState | None:
        return tables.review(product_id, review_id)

    source = {"topic": "enriched-review", "partition": 0, "offset": 0, "timestamp_ms": 0}
    writer = SummaryWriter(tables.product(product_id), look_up, source, _WRITTEN)
    return orjson.dumps(writer.refresh(1, "requested"), option=orjson.OPT_UTC_Z)
