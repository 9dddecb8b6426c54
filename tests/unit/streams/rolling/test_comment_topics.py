"""Topics of comments that no aspect fits."""

from hashlib import sha256

from schemas.summaries import Quote
from streams.rolling.comment_topics import MAX_TOPICS, Said, discover

RAIN, SUN, SNOW = (1 << 256) - 1, 0, int("10" * 128, 2)


def said(review_id: str, text: str, bits: int, polarity: str = "neutral", language: str = "en") -> Said:
    return Said(review_id, language, polarity, text, bits)


def test_the_largest_topics_come_first_with_their_most_typical_words() -> None:
    """Largest by the number of comments; the quote nearest to the middle of all comes first."""
    topics = discover(
        [
            said("a", "It rains a lot.", RAIN ^ 0b1111, "negative"),
            said("b", "Rain again.", RAIN, "negative"),
            said("c", "Sunny.", SUN, "positive"),
            said("d", "Rain.", RAIN, "neutral"),
            said("e", "So much sun.", SUN ^ 1, "positive"),
            said("a", "Rain, I say!", RAIN ^ 0b10000, "negative"),
        ]
    )
    assert [(topic.count, topic.polarity) for topic in topics] == [(3, "negative"), (2, "positive")]
    assert topics[0].quotes[0] == Quote(review_id="b", text="Rain again.")
    assert topics[0].review_ids == ("b", "d", "a")


def test_languages_are_kept_apart_and_single_comments_fill_up() -> None:
    """The same bits in two languages are two topics; no comment gives none."""
    topics = discover(
        [said("a", "Rain.", RAIN), said("b", "下雨了。", RAIN, language="zh"), said("c", "Snow.", SNOW)]
    )
    assert sorted(topic.claim for topic in topics) == ["Rain.", "Snow.", "下雨了。"]
    assert discover([]) == []


def test_there_are_not_too_many() -> None:
    """Of more topics than may be told it is those that most comments speak of, each once and with its own."""
    comments_of = {topic: 2 + (topic * 7) % 40 for topic in range(40)}
    sentences = [
        said(f"{topic}-{copy}", f"{topic}", int.from_bytes(sha256(b"%d" % topic).digest()))
        for topic, comments in comments_of.items()
        for copy in range(comments)
    ]
    topics = discover(sentences)
    most = sorted(comments_of, key=comments_of.__getitem__, reverse=True)[:MAX_TOPICS]
    assert [(topic.claim, topic.count) for topic in topics] == [(f"{one}", comments_of[one]) for one in most]
    for topic in topics:
        assert {review_id.partition("-")[0] for review_id in topic.review_ids} == {topic.claim}
