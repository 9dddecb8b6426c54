import json
from datetime import UTC, datetime, timedelta

import msgspec
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.dead_letters import DeadLetterReason
from schemas.events import SCHEMA_VERSION
from schemas.reviews import Review
from schemas.topics import TOPICS
from streams.errors import RejectedEventError
from streams.serde import (
    MAX_EVENT_BYTES,
    decode,
    decode_shape,
    encode,
    recorded_ms,
    require_key,
    require_not_ahead,
)

GOOD: dict[str, object] = {
    "schema_version": "1.0",
    "review_id": "r1",
    "product_id": "p1",
    "version": 1,
    "text": "Bright enough to read by. 够亮",
    "title": "Lamp",
    "rating": 4.5,
    "language": "en",
    "verified_purchase": True,
    "created_at": "2025-06-01T12:00:00+08:00",
    "removed": False,
}
GOOD_BYTES = json.dumps(GOOD, ensure_ascii=False).encode()
contracts = st.sampled_from([topic.contract for topic in TOPICS])
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters())
    | st.sampled_from(["", "2.0", "1.7", "NaN", "2025-06-01T12:00:00Z"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def reason(value: bytes | None) -> str:
    """Why a review is refused; `accepted` if it is not. Any other exception than a rejection is a bug."""
    try:
        decode(Review, value)
    except RejectedEventError as rejected:
        refusal = rejected
    else:
        return "accepted"
    assert 0 < len(str(refusal)) <= 1_000
    assert str(refusal).splitlines() == [str(refusal)]
    return str(refusal.reason)


def changed(**changes: object) -> bytes:
    return json.dumps({**GOOD, **changes}).encode()


def spliced(raw: bytes) -> bytes:
    """A good review with one more field whose value is these bytes."""
    return GOOD_BYTES[:-1] + b', "extra": ' + raw + b"}"


REFUSED: list[tuple[str, bytes | None, str]] = [
    ("null", None, "null_value"),
    ("empty", b"", "malformed_json"),
    ("blank", b" \n", "malformed_json"),
    ("cut off", GOOD_BYTES[:-1], "malformed_json"),
    ("something behind it", GOOD_BYTES + b"{}", "malformed_json"),
    ("byte order mark", b"\xef\xbb\xbf" + GOOD_BYTES, "malformed_json"),
    ("UTF-16", GOOD_BYTES.decode().encode("utf-16"), "malformed_json"),
    ("Latin-1", GOOD_BYTES.replace("够亮".encode(), b"tr\xe8s"), "malformed_json"),
    ("overlong UTF-8", GOOD_BYTES.replace("够亮".encode(), b"\xc0\xaf"), "malformed_json"),
    ("surrogate in UTF-8", GOOD_BYTES.replace("够亮".encode(), b"\xed\xa0\x80"), "malformed_json"),
    ("lone surrogate escape", spliced(b'"\\ud800"'), "malformed_json"),
    ("lone low surrogate escape", GOOD_BYTES.replace(b"Lamp", b"\\udc00"), "malformed_json"),
    ("raw control character", GOOD_BYTES.replace(b"Lamp", b"La\x00mp"), "malformed_json"),
    ("NaN in a field", GOOD_BYTES.replace(b"4.5", b"NaN"), "malformed_json"),
    ("NaN in an ignored field", spliced(b"NaN"), "malformed_json"),
    ("NaN deep in an ignored field", spliced(b'[{"a": [NaN]}]'), "malformed_json"),
    ("Infinity", spliced(b"Infinity"), "malformed_json"),
    ("negative Infinity", GOOD_BYTES.replace(b"4.5", b"-Infinity"), "malformed_json"),
    ("a number too large for a float", GOOD_BYTES.replace(b"4.5", b"1e999"), "invalid_event"),
    ("half a million digits", spliced(b"9" * 500_000), "malformed_json"),
    ("a hundred thousand brackets", spliced(b"[" * 100_000 + b"]" * 100_000), "malformed_json"),
    ("a hundred thousand open brackets", b"[" * 100_000, "malformed_json"),
    ("comment", spliced(b"1 /* one */"), "malformed_json"),
    ("trailing comma", GOOD_BYTES[:-1] + b",}", "malformed_json"),
    ("single quotes", GOOD_BYTES.replace(b'"', b"'"), "malformed_json"),
    ("JSON null", b"null", "invalid_event"),
    ("array", b"[" + GOOD_BYTES + b"]", "invalid_event"),
    ("number", b"1", "invalid_event"),
    ("text", b'"review"', "invalid_event"),
    ("empty object", b"{}", "invalid_event"),
    ("number as text", changed(rating="4"), "invalid_event"),
    ("text as number", changed(review_id=1), "invalid_event"),
    ("boolean as number", changed(rating=True), "invalid_event"),
    ("float as version", changed(version=1.0), "invalid_event"),
    ("version beyond 64 bits", changed(version=2**63), "invalid_event"),
    ("version of 4,000 digits", GOOD_BYTES.replace(b'"version": 1', b'"version": ' + b"9" * 4_000), "invalid_event"),
    ("neither text nor rating", changed(text=None, rating=None), "invalid_event"),
    ("blank text without rating", changed(text=" \t\n", rating=None), "invalid_event"),
    ("text as list", changed(text=["Fine"]), "invalid_event"),
    ("text too long", changed(text="x" * 20_001), "invalid_event"),
    ("naive timestamp", changed(created_at="2025-06-01T12:00:00"), "invalid_event"),
    ("timestamp as number", changed(created_at=1_700_000_000), "invalid_event"),
    ("timestamp of the year 9999", changed(created_at="9999-12-31T23:59:59Z"), "invalid_event"),
    ("schema version as number", changed(schema_version=1.0), "invalid_event"),
    ("schema version null", changed(schema_version=None), "invalid_event"),
    ("schema version no version", changed(schema_version="new"), "invalid_event"),
    ("newer major version", changed(schema_version="2.0"), "unsupported_version"),
    ("older major version", changed(schema_version="0.9"), "unsupported_version"),
    ("newer major version, otherwise wrong", changed(schema_version="2.0", rating="five"), "unsupported_version"),
    ("too large", GOOD_BYTES + b" " * MAX_EVENT_BYTES, "too_large"),
    ("too large and no JSON", b"x" * (MAX_EVENT_BYTES + 1), "too_large"),
]  # fmt: skip


@pytest.mark.parametrize(("value", "wanted"), [case[1:] for case in REFUSED], ids=[c[0] for c in REFUSED])
def test_what_cannot_be_read_is_refused_with_its_reason(value: bytes | None, wanted: str) -> None:
    """Each kind of hostile payload has one reason, with a text of one bounded line."""
    assert reason(value) == wanted


@pytest.mark.parametrize(
    "value",
    [
        GOOD_BYTES,
        b"  " + GOOD_BYTES + b"\n",
        changed(title="NaN, Infinity and -Infinity are words here"),
        changed(text="\\u0041"),
        changed(schema_version="1.7", unknown={"deep": [[[1]]]}),
        spliced(b"[" * 50 + b"]" * 50),
        GOOD_BYTES + b" " * (MAX_EVENT_BYTES - len(GOOD_BYTES)),
        json.dumps({**GOOD, "text": "😀" * 20_000}).encode(),
        changed(rating=5, language=None, title=""),
        changed(removed=True, text=None),
        changed(text=None),
    ],
    ids=lambda value: value[:20].decode(),
)
def test_what_can_be_read_is_accepted(value: bytes) -> None:
    """Unknown fields, minor versions, white space, escapes and payloads at the limits are no reason to refuse."""
    assert reason(value) == "accepted"


@given(contracts, st.binary(max_size=200))
def test_random_bytes_raise_a_rejection_or_nothing(contract: type[Review], value: bytes) -> None:
    """No bytes make a decoder raise anything but a rejection."""
    with pytest.raises(RejectedEventError):
        decode(contract, value)


@given(st.data())
def test_a_damaged_review_raises_a_rejection_or_nothing(data: st.DataObject) -> None:
    """A valid payload with bytes cut out, put in or flipped is read or refused, never more."""
    value = bytearray(GOOD_BYTES)
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(value)))
        end = data.draw(st.integers(start, min(len(value), start + 20)))
        inserted = data.draw(
            st.binary(max_size=4)
            | st.sampled_from([b"NaN", b"Infinity", b"\\ud800", b"1e999", b"null", b"{", b"]", b'"', b"\xff"])
        )
        value[start:end] = inserted
    assert reason(bytes(value)) in {"accepted", *DeadLetterReason}


@given(st.dictionaries(st.sampled_from(sorted(GOOD)), json_values, max_size=4))
def test_wrong_values_raise_a_rejection_or_nothing(changes: dict[str, object]) -> None:
    """Whatever stands in a field, the review is read or refused; what is not JSON is never read."""
    value = json.dumps({**GOOD, **changes}).encode()
    told = reason(value)
    try:
        strict = orjson.loads(value)
    except orjson.JSONDecodeError:
        assert told != "accepted"
    else:
        assert told in {"accepted", "invalid_event", "unsupported_version"}
        if strict["schema_version"] == "2.0":
            assert told == "unsupported_version"


@pytest.mark.parametrize(
    ("key", "wanted"),
    [
        (None, "p1"),
        (b"", "p1"),
        (b"p2", "p1"),
        (b"p1 ", "p1"),
        (b'"p1"', "p1"),
        (b"\xff", "p1"),
        (b"P1", "p1"),
    ],
)
def test_a_record_under_another_key_is_refused(key: bytes | None, wanted: str) -> None:
    """Only the very bytes of the product_id are its key; everything else may lie on the wrong partition."""
    with pytest.raises(RejectedEventError, match="wanted the product_id 'p1'") as caught:
        require_key(key, wanted)
    assert caught.value.reason is DeadLetterReason.KEY_MISMATCH


@pytest.mark.parametrize("key", ["p1", "两 灯"])
def test_the_right_key_passes(key: str) -> None:
    """Keys are UTF-8, and nothing else is the same key."""
    require_key(key.encode(), key)
    for other in (key.encode("utf-16"), key.encode() + b"\n", key.upper().encode() + b"2"):
        with pytest.raises(RejectedEventError):
            require_key(other, key)


def test_a_huge_key_is_not_echoed() -> None:
    """The text of a refused key is bounded."""
    with pytest.raises(RejectedEventError) as caught:
        require_key(b"\xff\n" * 100_000, "p1")
    assert len(str(caught.value)) < 1_000
    assert "\n" not in str(caught.value)


@given(
    st.datetimes(datetime(1990, 1, 2), datetime(2026, 1, 1)),
    st.integers(-23 * 60 - 59, 23 * 60 + 59),
)
def test_a_moment_survives_its_way_through_the_pipeline(naive: datetime, offset_minutes: int) -> None:
    """Encoded again, a timestamp with any offset is the same moment, to the microsecond."""
    sign, minutes = ("-" if offset_minutes < 0 else "+"), abs(offset_minutes)
    written = f"{naive.isoformat()}{sign}{minutes // 60:02}:{minutes % 60:02}"
    review = decode(Review, changed(created_at=written))
    again = orjson.loads(encode({"created_at": review.created_at}))["created_at"]
    assert datetime.fromisoformat(again) == datetime.fromisoformat(written)
    assert decode(Review, changed(created_at=again)).created_at == review.created_at


def test_utc_is_written_with_a_z() -> None:
    """Timestamps in UTC are written as platforms write them."""
    assert encode({"at": datetime(2025, 6, 1, tzinfo=UTC)}) == b'{"at":"2025-06-01T00:00:00Z"}'


RECORD_MS = 1_750_000_000_000


@pytest.mark.parametrize("ahead", [timedelta(days=-9_000), timedelta(), timedelta(days=2)])
def test_a_review_may_be_as_old_as_it_is_and_a_little_newer_than_its_record(ahead: timedelta) -> None:
    """Clocks differ by up to two days, and time zones are mistaken; a past review is always taken."""
    require_not_ahead(datetime.fromtimestamp(RECORD_MS / 1000, UTC) + ahead, RECORD_MS)


def test_a_review_from_after_its_record_is_refused_with_what_was_wanted_and_got() -> None:
    """The dead letter tells the record's time and the review's."""
    with pytest.raises(RejectedEventError) as refused:
        require_not_ahead(datetime(2025, 6, 18, tzinfo=UTC), RECORD_MS)

    assert refused.value.reason == "invalid_event"
    assert str(refused.value) == (
        "created_at: wanted at most 2 days after the record was published (2025-06-15T15:06:40+00:00), "
        "got 2025-06-18T00:00:00+00:00"
    )


NOW = datetime.fromtimestamp(RECORD_MS / 1000, UTC)
WRITTEN = datetime(2025, 6, 1, tzinfo=UTC)
EDGE_MS = RECORD_MS + 2 * 86_400_000


@pytest.mark.parametrize("time", [631_152_000_000, RECORD_MS, EDGE_MS])
def test_a_records_time_counts_from_1990_to_two_days_from_now(time: int) -> None:
    """Clocks differ; a producer that re-publishes the past may say so."""
    assert recorded_ms(time, WRITTEN, NOW) == time


@pytest.mark.parametrize(
    "time",
    [
        -(2**63),
        -1,
        0,
        1_750_000_000,
        631_151_999_999,
        EDGE_MS + 1,
        RECORD_MS * 1_000,
        RECORD_MS * 10**6,
        2**63 - 1,
    ],
)
def test_what_is_no_time_of_a_record_is_replaced_by_the_events_own(time: int) -> None:
    """Never later than now, so that nothing is the newest for years."""
    assert recorded_ms(time, WRITTEN, NOW) == WRITTEN.timestamp() * 1000
    assert recorded_ms(time, datetime(2199, 12, 31, tzinfo=UTC), NOW) == RECORD_MS


@pytest.mark.parametrize("event", [{"a": "\ud800"}, {"a": 2**64}, {"\udfff": 1}])
def test_what_cannot_be_written_as_json_is_a_rejection(event: dict[str, object]) -> None:
    """So a handler sets the event aside that it came from, and lives."""
    with pytest.raises(RejectedEventError, match="written as JSON"):
        encode(event)


@pytest.mark.parametrize("depth", [300, 1_000, 5_000, 50_000])
def test_deep_nesting_is_no_json_for_either_reader(depth: int) -> None:
    """Neither runs out of stack, and both say the same."""
    for value in (
        b"[" * depth,
        spliced(b"[" * depth + b"]" * depth),
        spliced(b'{"a":' * depth + b"1" + b"}" * depth),
    ):
        with pytest.raises(RejectedEventError) as refused:
            decode(Review, value)
        assert refused.value.reason == "malformed_json"
        if depth >= 1_000:
            with pytest.raises(RejectedEventError) as refused:
                decode_shape(named, Review, value)
            assert refused.value.reason in {"malformed_json", "too_large"}


def test_a_shape_takes_no_more_bytes_than_the_contract() -> None:
    """A megabyte in a field that is not asked for is refused all the same."""
    with pytest.raises(RejectedEventError) as refused:
        decode_shape(named, Review, changed(title="x" * 2**20))
    assert refused.value.reason == "too_large"


@pytest.mark.parametrize("version", ["1", "1.", "1.x", "1.0\n", "01.0"])
def test_a_shape_refuses_a_version_that_is_none(version: str) -> None:
    """As the contract does."""
    with pytest.raises(RejectedEventError) as refused:
        decode_shape(named, Review, changed(schema_version=version))
    assert refused.value.reason == reason(changed(schema_version=version))


class Named(msgspec.Struct):
    """What a reader may need of a review."""

    review_id: str
    version: int = 1
    schema_version: str = SCHEMA_VERSION


named = msgspec.json.Decoder(Named)


def test_a_shape_is_read_without_the_rest_of_its_contract() -> None:
    """That is what it is for: fields that are not asked for are not looked at."""
    read = decode_shape(
        named, Review, json.dumps({**GOOD, "rating": "five", "schema_version": "1.7"}).encode()
    )
    assert (read.review_id, read.version) == ("r1", 1)


@pytest.mark.parametrize(
    ("value", "reason", "told"),
    [
        (None, "null_value", "wanted a Review, got a null value"),
        (b"{", "malformed_json", "JSON"),
        (
            changed(version="1"),
            "invalid_event",
            "version: wanted a whole number of at least 1, got '1' (str)",
        ),
        (changed(schema_version="2.0"), "unsupported_version", "wanted 1.x, got '2.0'"),
        (b'{"schema_version": "2.0", "id": 7}', "unsupported_version", "wanted a version 1.x"),
    ],
)
def test_what_has_not_the_shape_is_told_in_the_contracts_words(
    value: bytes | None, reason: str, told: str
) -> None:
    """With the same reasons as by the contract itself; an event of another major version is known by that alone."""
    with pytest.raises(RejectedEventError) as refused:
        decode_shape(named, Review, value)

    assert refused.value.reason == reason
    assert told in str(refused.value)
