"""What raises an alert, in the time in which reviews were written: windows, back-fills, stars, safety, look-alikes."""

import datetime as dt
import random
from base64 import b64encode
from typing import Any

import orjson
import pytest

from models.similarity.signatures import signature_of
from schemas.alerts import ProductAlert
from streams.rolling.alerts import AlertChange, alert_event, look_at_newest
from streams.rolling.applying import apply_review
from streams.rolling.events import read_review
from streams.rolling.memory_tables import MemoryTables
from streams.rolling.newest import MAX_RECENT
from streams.rolling.surges import DAY_MS, AlertState
from streams.rolling_state import PRODUCT_CODEC
from tests.histories import NOW_MS, enriched

HOUR = 1 / 24
SOURCE = {"topic": "enriched-review", "partition": 0, "offset": 0, "timestamp_ms": NOW_MS}
NOW = dt.datetime.fromtimestamp(NOW_MS / 1000, dt.UTC)
Review = dict[str, Any]


def moment(days_ago: float) -> str:
    return (NOW - dt.timedelta(days=days_ago)).isoformat()


def review(
    review_id: str, days_ago: float, rating: float, *, came_after_days: float | None = None, **more: Any
) -> Review:
    """A review of so many days ago; it comes now, or so many days after it was written."""
    label = "negative" if rating <= 2 else "positive"
    came_ms = NOW_MS if came_after_days is None else NOW_MS - int((days_ago - came_after_days) * DAY_MS)
    source = SOURCE | {"timestamp_ms": came_ms}
    more = {"sentiment": {"label": label}} | more
    return enriched(review_id, 1, created_at=moment(days_ago), rating=rating, source=source, **more)


def usual(
    count: int = 40, *, first_days_ago: float = 60, last_days_ago: float = 11, **more: Any
) -> list[Review]:
    """Good reviews at even distances, oldest first, every fourteenth one a bad one."""
    step = (first_days_ago - last_days_ago) / (count - 1)
    return [
        review(f"b{at}", first_days_ago - at * step, 1 if at % 14 == 5 else 5, **more) for at in range(count)
    ]


def bad(
    count: int = 12, *, first_days_ago: float = 0.5, apart_days: float = HOUR, **more: Any
) -> list[Review]:
    """Reviews with one star, oldest first."""
    return [review(f"x{at}", first_days_ago - at * apart_days, 1, **more) for at in range(count)]


def alerts(
    history: list[Review], tables: MemoryTables | None = None, first_offset: int = 0
) -> list[ProductAlert]:
    """Every alert that a history raises or resolves, as it is published."""
    tables = tables or MemoryTables()
    told = []
    for offset, event in enumerate(history, start=first_offset):
        product = apply_review(tables, read_review(orjson.dumps(event)), offset)
        if product is not None:
            told += [_published(tables, change) for change in look_at_newest(product)]
    return told


def _published(tables: MemoryTables, change: AlertChange) -> ProductAlert:
    product = tables.product("p")
    event = alert_event(product, change, lambda known: tables.review("p", known), source=SOURCE, now=NOW)
    return ProductAlert.model_validate_json(orjson.dumps(event))


def kinds(told: list[ProductAlert]) -> set[str]:
    return {alert.kind for alert in told if alert.state == "raised"}


def in_order(history: list[Review], order: str) -> list[Review]:
    if order == "newest first":
        return sorted(history, key=lambda one: one["created_at"], reverse=True)
    if order == "shuffled":
        return random.Random(5).sample(history, len(history))
    return history


ORDERS = ("oldest first", "newest first", "shuffled")


@pytest.mark.parametrize("order", ORDERS)
def test_bad_reviews_of_today_are_a_surge_in_whatever_order_they_come(order: str) -> None:
    """The window is the hours in which they were written, and the share before is that of all earlier ones."""
    told = alerts(in_order([*usual(), *bad()], order))
    assert kinds(told) == {"negative_surge", "one_star_surge"}
    for alert in told:
        assert moment(0.55) < alert.window.starts_at.isoformat()
        assert alert.window.ends_at <= NOW
        assert alert.observed.matching == alert.observed.reviews
        assert set(alert.review_ids) <= {f"x{at}" for at in range(12)}


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("first_days_ago", [9, 21, 60, 200, 800, 2_500])
def test_bad_reviews_of_the_past_that_come_today_are_no_surge(first_days_ago: float, order: str) -> None:
    """A week or years ago, in an afternoon: among the others, before all of them, or in the middle."""
    assert alerts(in_order([*usual(), *bad(first_days_ago=first_days_ago)], order)) == []


@pytest.mark.parametrize("apart_days", [7, 3, 1, 30])
def test_weekly_bad_reviews_of_years_ago_are_no_surge(apart_days: float) -> None:
    """They come all at once, after the good ones of this year."""
    assert alerts([*usual(), *bad(first_days_ago=800, apart_days=apart_days)]) == []


@pytest.mark.parametrize("order", ORDERS)
def test_a_history_whose_beginning_was_bad_raises_nothing(order: str) -> None:
    """One a day for sixty days up to yesterday, the first half bad: whatever order it is imported in."""
    history = [review(f"r{day}", 61 - day, 1 if day < 30 else 5) for day in range(60)]
    assert alerts(in_order(history, order)) == []


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("first_days_ago", [9, 14, 20, 30, 45])
def test_a_bad_review_of_today_brings_no_past_back(first_days_ago: float, order: str) -> None:
    """After a surge that is over, a few good reviews and a bad one of this week are no surge of their own."""
    week = [review(f"g{day}", day, 5) for day in (3, 2, 1)]
    history = [*usual(last_days_ago=46), *bad(first_days_ago=first_days_ago), *week, review("x99", 0.1, 1)]
    assert alerts(in_order(history, order)) == []


def test_the_good_reviews_before_an_alert_do_not_end_it() -> None:
    """Only those written since speak for its end."""
    told = alerts([*usual(came_after_days=0), *bad(20, first_days_ago=0.9, came_after_days=0)])
    assert kinds(told) == {"negative_surge", "one_star_surge"}
    assert {alert.state for alert in told} == {"raised"}


def test_an_alert_that_is_over_does_not_come_again_of_its_own_reviews() -> None:
    """A bad review after the week of quiet stands alone; those of before the end are in no window any more."""
    in_time = {"came_after_days": 0.0}
    history = [*usual(last_days_ago=25, **in_time), *bad(18, first_days_ago=20, **in_time)]
    history += [review(f"g{at}", 18 - at * HOUR, 5, **in_time) for at in range(20)]
    told = alerts([*history, *(review(f"y{at}", 1 - at * HOUR, 1, **in_time) for at in range(2))])
    assert [alert.state for alert in told] == ["raised", "raised", "resolved", "resolved"]


def test_a_back_fill_hides_no_surge_of_today() -> None:
    """A hundred old reviews come between those of a surge: it is raised, and its window holds none of them."""
    old = [review(f"o{at}", 400 - at, 5) for at in range(100)]
    surge = bad()
    mixed = usual(last_days_ago=1, came_after_days=0)
    for at, one in enumerate(surge):
        mixed += [*old[at * 8 : at * 8 + 8], one]
    (raised, *_) = [alert for alert in alerts(mixed) if alert.kind == "negative_surge"]
    assert set(raised.review_ids) <= {f"x{at}" for at in range(12)}
    assert raised.window.starts_at >= NOW - dt.timedelta(days=1)


def test_a_history_that_comes_late_ends_no_alert_and_raises_no_second_one() -> None:
    """Good reviews of last year speak for last year: the alert of today stands."""
    tables = MemoryTables()
    history = [*usual(), *bad()]
    assert alerts(history, tables)
    late = [review(f"o{at}", 400 - at, 5) for at in range(60)]
    assert alerts(late, tables, len(history)) == []
    good = [review(f"g{at}", -at * HOUR / 4, 5, came_after_days=0) for at in range(1, 30)]
    ended = alerts(good, tables, len(history) + len(late))
    assert {(alert.kind, alert.state) for alert in ended} == {
        ("negative_surge", "resolved"),
        ("one_star_surge", "resolved"),
    }


def test_a_slow_products_window_may_be_weeks_long() -> None:
    """Reviews that came when they were written are judged as they came, two a week over a month."""
    history = usual(first_days_ago=200, last_days_ago=40, came_after_days=1)
    told = alerts([*history, *bad(first_days_ago=38, apart_days=3, came_after_days=1)])
    assert "negative_surge" in kinds(told)


def test_reviews_of_a_past_that_nobody_followed_are_not_told_of_now() -> None:
    """They came in time, when the product was too young for an alert; the history that comes later is no news."""
    tables = MemoryTables()
    young = bad(first_days_ago=60, came_after_days=0)
    assert alerts(young, tables) == []
    assert alerts([review(f"o{at}", 400 - at, 5) for at in range(80)], tables, len(young)) == []


def test_an_edit_stays_where_its_review_was() -> None:
    """However late it comes; the recent reviews are in the order of writing, and no more than are looked at."""
    tables = MemoryTables()
    history = usual(60, first_days_ago=90, last_days_ago=20, came_after_days=0)
    alerts(history, tables)
    edited = review("b50", 0, 3) | {"review_version": 2, "created_at": history[50]["created_at"]}
    alerts([edited], tables, 100)
    recent = tables.product("p").recent
    assert len(recent) == MAX_RECENT
    assert [one.review_id for one in recent] == [f"b{at}" for at in range(20, 60)]
    alerts([enriched("b55", 2, removed=True)], tables, 101)
    assert "b55" not in {one.review_id for one in tables.product("p").recent}


FOREIGN = {
    "es": "Se rompió al segundo día.", "de": "Nach zwei Tagen kaputt.", "fr": "Cassé au bout de deux jours.",
    "it": "Rotto dopo due giorni.", "ja": "二日で壊れました。", "ru": "Сломалась на второй день.", "zz": "?!",
}  # fmt: skip


@pytest.mark.parametrize("language", FOREIGN)
def test_one_star_bombing_is_seen_in_a_language_that_nobody_reads(language: str) -> None:
    """The stars are enough; the alert names the reviews and quotes them."""
    unread = {
        "status": "unsupported_language", "sentiment": None, "text": FOREIGN[language],
        "language": {"code": language, "confidence": 1.0},
    }  # fmt: skip
    (alert,) = alerts([*usual(), *bad(**unread)])
    assert (alert.kind, alert.aspect, alert.state) == ("one_star_surge", None, "raised")
    assert alert.baseline.matching == 3
    assert {quote.text for quote in alert.quotes} == {FOREIGN[language]}


@pytest.mark.parametrize("rating", [0, 0.5, 1, 1.4])
def test_one_star_bombing_without_words_is_seen(rating: float) -> None:
    """Stars alone count as negative, too, so both are told; there is nothing to quote."""
    stars = {"status": "rating_only", "text": None, "sentiment": {"label": "negative", "basis": "stars"}}
    told = alerts([*usual(), *[one | {"rating": rating} for one in bad(**stars)]])
    assert kinds(told) == {"negative_surge", "one_star_surge"}
    assert all(alert.review_ids and not alert.quotes for alert in told)


def test_one_star_under_words_of_praise_is_seen() -> None:
    """A bombing may praise, so that a reader of words takes it for praise."""
    assert kinds(alerts([*usual(), *bad(sentiment={"label": "positive"})])) == {"one_star_surge"}


@pytest.mark.parametrize("rating", [2, 2.5, 3, None])
def test_two_stars_are_not_the_worst(rating: float | None) -> None:
    """They are for the reader of words; a review without a rating has no stars."""
    history = [*usual(), *[one | {"rating": rating} for one in bad(sentiment={"label": "neutral"})]]
    assert alerts(history) == []


PRAISE = {
    "en": "The best kettle in the whole wide world, my family loves it and so will yours, buy it now",
    "es": "La mejor tetera del mundo entero, a mi familia le encanta y a la tuya también, cómprala ya",
    "de": "Der beste Wasserkocher der Welt, meine Familie liebt ihn und deine wird es auch, jetzt kaufen",
    "ru": "Лучший чайник на свете, вся моя семья в восторге, и ваша тоже будет, берите не думая",
    "ja": "世界で一番のケトルです。家族全員が気に入っています。迷わず今すぐ買ってください。",
    "zh": "全世界最好的水壶，我们全家都喜欢，你们家也一定会喜欢，赶紧下单吧，不要犹豫",
}  # fmt: skip


@pytest.mark.parametrize("language", PRAISE)
def test_five_stars_that_look_alike_are_seen_in_any_language(language: str) -> None:
    """Whether a model reads it or not; those of last year that come today are not told of."""
    rng = random.Random(1)

    def alike(days_ago: float) -> list[Review]:
        texts = [f"{PRAISE[language]} {rng.choice('abcdef')}" for _ in range(12)]
        return [
            review(
                f"x{at}", days_ago - at * HOUR, 5, status="unsupported_language", sentiment=None, text=text,
                signature=b64encode(signature_of(text)).decode(),
            )
            for at, text in enumerate(texts)
        ]  # fmt: skip

    assert kinds(alerts([*usual(), *alike(0.5)])) == {"lookalike_surge"}
    assert kinds(alerts([*usual(), *alike(365)])) == set()


def unsafe(aspect: str = "safety") -> list[dict[str, Any]]:
    return [
        {
            "aspect": aspect, "sentiment": "negative", "score": 0.9, "confidence": 0.9, "field": "text",
            "start": 0, "end": 20, "quote": "It sparks at the plug.",
        }
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("aspect", "count", "is_raised"),
    [
        ("safety", 2, False), ("safety", 3, True), ("safety", 4, True), ("safety", 6, True),
        ("design", 3, False), ("packaging", 4, False), ("quality", 3, False), ("delivery", 4, False),
    ],
)  # fmt: skip
def test_safety_takes_fewer_reviews_than_other_aspects(aspect: str, count: int, is_raised: bool) -> None:
    """Three that speak of danger within a day, after a hundred that do not."""
    history = usual(100, first_days_ago=100, last_days_ago=2)
    neutral = {"label": "neutral"}
    dangerous = [one | {"rating": 3} for one in bad(count, aspects=unsafe(aspect), sentiment=neutral)]
    told = alerts([*history, *dangerous])
    assert [(alert.kind, alert.aspect) for alert in told] == [("aspect_surge", aspect)] * is_raised


@pytest.mark.parametrize("days_ago", [9, 30, 365])
def test_danger_of_the_past_is_no_surge_of_today(days_ago: float) -> None:
    """The lower bar is for what happens now."""
    history = usual(100, first_days_ago=100, last_days_ago=2)
    assert alerts([*history, *bad(6, first_days_ago=days_ago, aspects=unsafe())]) == []


def test_a_product_of_before_counts_on_in_the_order_of_writing() -> None:
    """Bytes of the form before: the last to arrive are taken for written then, and an alert that stands ends once."""
    tables = MemoryTables()
    alerts([*usual(came_after_days=0), *bad(came_after_days=0)], tables)
    product = tables.product("p")
    assert product.alerts
    kept = PRODUCT_CODEC.encode(product)
    old = PRODUCT_CODEC.decode(b"\x02" + kept[1:])
    assert old.arrived == [one.review_id for one in old.recent]
    for name, state in old.alerts.items():
        assert state == AlertState(
            *product.alerts[name][:3], state.resolved_at_ms or state.raised_at_ms, *product.alerts[name][4:]
        )
