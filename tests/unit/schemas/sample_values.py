"""Strategies that draw the values of which samples of contracts are made."""

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import strategies as st

from schemas.events import ModelVersion, SourcePosition, Timings
from schemas.fields import MAX_INTEGER

characters = st.characters(codec="utf-8")
texts = st.text(characters, min_size=1, max_size=60).map(lambda text: text + "字")
identifiers = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Z"]), min_size=1, max_size=40)
ratings = st.floats(0, 5)
fractions = st.floats(0, 1)
counts = st.integers(0, MAX_INTEGER)
small_counts = st.integers(0, 1_000)
languages = st.sampled_from(["en", "zh-Hans", "pt_BR", "EN-gb"])
labels = st.sampled_from(["negative", "neutral", "positive"])
timestamps = st.datetimes(
    datetime(1990, 1, 2),
    datetime(2199, 12, 30),
    timezones=st.sampled_from(
        [UTC, timezone(timedelta(hours=8)), timezone(timedelta(hours=-9, minutes=-30))]
    ),
)


def maybe(strategy: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    return st.none() | strategy


def several(strategy: st.SearchStrategy[object], least: int = 0) -> st.SearchStrategy[tuple[object, ...]]:
    return st.lists(strategy, min_size=least, max_size=3).map(tuple)


positions = st.builds(
    SourcePosition, topic=st.just("new-review"), partition=counts, offset=counts, timestamp_ms=counts
)
models = st.builds(ModelVersion, name=texts, version=texts)
timings = st.builds(
    Timings, queue_ms=st.floats(0, 1e9), tokenise_ms=st.floats(0, 1e9), forward_ms=st.floats(0, 1e9)
)
lineage = {
    "source": positions,
    "made_at": timestamps,
    "model": maybe(models),
    "replay_id": maybe(identifiers),
}
attributes = st.dictionaries(
    texts, texts | st.integers(-MAX_INTEGER, MAX_INTEGER) | st.floats(-1e9, 1e9) | st.booleans(), max_size=3
)
