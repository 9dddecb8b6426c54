from output_records import OutputRecord, dead, enriched, flag, mask, opinion

from streams.demo.product_watch import ProductWatch
from streams.demo.report import report_of
from streams.demo.tally import Position, Tally
from streams.kafka.publishing import Published
from streams.settings import TopicNames


def tallied(*records: OutputRecord) -> Tally:
    tally = Tally("new-review")
    for record in records:
        tally.add(record)
    return tally


def published(*positions: Position) -> Published:
    return Published(frozenset(positions), 1.0)


def test_the_sums_agree() -> None:
    """`published` is the sum of the three fates, and each breakdown sums to its fate."""
    tally = tallied(
        enriched((0, 0)),
        enriched((0, 1), label="negative"),
        enriched((0, 2), status="unsupported_language", language="zh"),
        enriched((0, 3), status="removed"),
        dead((0, 4)),
    )
    report = report_of(
        published(*((0, offset) for offset in range(5))), tally, ProductWatch(TopicNames()), 2.0
    )
    assert (report.published, report.enriched, report.skipped, report.dead_lettered) == (5, 3, 1, 1)
    assert report.by_label == {"positive": 1, "negative": 1, "unsupported_language": 1}
    assert report.by_language == {"en": 2, "zh": 1}
    assert report.by_reason == {"null_value": 1}
    assert report.reviews_per_second == 1.5


def test_aspects_flags_and_masks_are_counted() -> None:
    """A review counts once for each aspect and polarity it speaks of, however often it does."""
    good, bad = (opinion("taste_and_smell", label) for label in ("positive", "negative"))
    tally = tallied(
        enriched((0, 0), aspects=[good, good, bad], flags=[flag("spam")]),
        enriched((0, 1), aspects=[good], masked=[mask("email"), mask("email")]),
    )
    report = report_of(published((0, 0), (0, 1)), tally, ProductWatch(TopicNames()), 1.0)
    assert report.by_aspect == {"taste_and_smell": {"positive": 2, "negative": 1}}
    assert (report.by_flag, report.by_mask) == ({"spam": 1}, {"email": 2})


def test_opinions_that_are_not_counted_are_in_no_figure() -> None:
    """Those of earlier events, which do not say, are."""
    told, untold = opinion("design", "positive"), opinion("design", "negative") | {"counted": False}
    tally = tallied(
        enriched((0, 0), aspects=[told | {"counted": True}, untold]), enriched((0, 1), aspects=[told])
    )
    report = report_of(published((0, 0), (0, 1)), tally, ProductWatch(TopicNames()), 1.0)
    assert report.by_aspect == {"design": {"positive": 2}}


def test_strangers_are_in_no_figure() -> None:
    """On a shared broker, outputs of records that somebody else published appear nowhere in the report."""
    tally = tallied(enriched((0, 7), language="de"), dead((0, 8)), enriched((0, 0)), dead((0, 1)))
    report = report_of(published((0, 0), (0, 1)), tally, ProductWatch(TopicNames()), 1.0)
    assert sum(report.by_reason.values()) == report.dead_lettered == 1
    assert sum(report.by_language.values()) == report.enriched == 1
    assert [sample.source.offset for sample in report.samples] == [0]


def test_no_time_is_no_division() -> None:
    """A demonstration of nothing ends with zeros."""
    report = report_of(published(), tallied(), ProductWatch(TopicNames()), 0.0)
    assert (report.published, report.reviews_per_second) == (0, 0.0)
