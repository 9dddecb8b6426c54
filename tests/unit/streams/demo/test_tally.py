import pytest
from output_records import OutputRecord, dead, enriched

from schemas import dead_letters
from streams.demo.tally import Tally


@pytest.fixture
def tally() -> Tally:
    return Tally("new-review")


def test_each_record_meets_one_fate(tally: Tally) -> None:
    """Enriched, skipped and dead-lettered, by position; a language without a model counts as enriched."""
    tally.add(enriched((0, 0)))
    tally.add(enriched((0, 1), status="unsupported_language", language="zh"))
    tally.add(enriched((1, 0), status="removed"))
    tally.add(dead((1, 1)))
    assert tally.fates == {(0, 0): "enriched", (0, 1): "enriched", (1, 0): "skipped", (1, 1): "dead_lettered"}
    assert set(tally.enriched) == {(0, 0), (0, 1)}
    assert tally.reasons == {(1, 1): "null_value"}
    assert tally.counts([(0, 0), (0, 1), (1, 0), (1, 1)]) == {"enriched": 2, "skipped": 1, "dead_lettered": 1}


def test_repeats_are_counted_apart(tally: Tally) -> None:
    """What is delivered twice is one fate and one repeat; the first one stands."""
    for record in (
        enriched((0, 0)),
        enriched((0, 0), label="negative"),
        dead((0, 1)),
        dead((0, 1)),
        dead((0, 0)),
    ):
        tally.add(record)
    assert tally.repeats == 3
    assert tally.fates == {(0, 0): "enriched", (0, 1): "dead_lettered"}
    assert tally.reasons == {(0, 1): "null_value"}
    assert tally.enriched[0, 0].sentiment.label == "positive"


def test_outputs_of_other_topics_are_strangers(tally: Tally) -> None:
    """Two sources may share an output topic; only ours counts."""
    tally.add(enriched((0, 0), topic="old-review"))
    tally.add(dead((0, 0), topic="old-review"))
    assert tally == Tally("new-review")


def test_positions_nobody_published_do_not_count(tally: Tally) -> None:
    """Another publisher's records on the same topic are in no sum; what is still open is missing."""
    tally.add(enriched((0, 0)))
    tally.add(enriched((0, 1)))
    assert tally.counts([(0, 1), (0, 2)]) == {"enriched": 1}
    assert tally.counts([]) == {}


def test_samples_differ_from_each_other(tally: Tally) -> None:
    """Each label and each language is shown once before anything is shown twice."""
    for offset in range(4):
        tally.add(enriched((0, offset)))
    tally.add(enriched((0, 4), label="negative"))
    tally.add(enriched((0, 5), status="unsupported_language", language="zh"))
    samples = tally.samples(tally.fates, 4)
    assert [sample.source.offset for sample in samples] == [0, 4, 5, 1]


def test_there_are_never_more_samples_than_wanted_or_enriched(tally: Tally) -> None:
    """Few events give few samples, each once; removals and dead letters give none."""
    assert tally.samples(tally.fates) == []
    tally.add(enriched((0, 0)))
    tally.add(enriched((0, 1)))
    tally.add(enriched((0, 2), status="removed"))
    tally.add(dead((0, 3)))
    assert [sample.source.offset for sample in tally.samples(tally.fates)] == [0, 1]
    assert len(tally.samples(tally.fates, 1)) == 1


def test_headers_are_those_of_the_contract(tally: Tally) -> None:
    """The tally reads a dead letter by the documented headers alone, not by its payload."""
    headers = {
        dead_letters.REASON: b"too_large",
        dead_letters.SOURCE_TOPIC: b"new-review",
        dead_letters.SOURCE_PARTITION: b"3",
        dead_letters.SOURCE_OFFSET: b"12",
    }
    tally.add(OutputRecord("new-review.dlq", None, tuple(headers.items())))
    assert tally.fates == {(3, 12): "dead_lettered"}
    assert tally.reasons == {(3, 12): "too_large"}
