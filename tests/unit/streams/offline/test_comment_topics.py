"""Topics of comments that no aspect fits."""

from hashlib import sha256
from pathlib import Path

import pytest

from streams.composing.publishable import problems
from streams.offline.comment_topics import MAX_TOPICS, UNNAMED, Said, discover
from streams.offline.summarising import Summarised, summarise
from streams.settings import Settings

COMMENTS = Path(__file__).parents[3] / "comments"


def said(review_id: str, text: str, bits: str | None = None, language: str = "en") -> Said:
    """Sentences with the same `bits` have one meaning, as have equal sentences."""
    return Said(review_id, language, text, sha256((bits or text).encode()).digest())


def test_a_topic_is_named_by_words_that_several_use_and_counts_all_who_use_them() -> None:
    """Also those whose sentences mean something else; once each, whatever they say."""
    topics = discover(
        [
            said("a", "They want to cut the night bus?", "cut"),
            said("b", "Please do not cut the night bus.", "cut"),
            said("b", "The night bus is all we have.", "cut"),
            said("c", "Is there a night bus on Sundays?", "asked"),
            said("d", "The mayor takes no bus.", "mayor"),
            said("e", "Nothing to say about this."),
        ]
    )
    assert [(topic.aspect, topic.count, topic.polarity) for topic in topics] == [
        ("the night bus", 3, "neutral")
    ]
    assert set(topics[0].review_ids) == {"a", "b", "c"}
    assert topics[0].quotes[0].review_id in {"a", "b"}


def test_a_chinese_topic_is_named_by_a_word() -> None:
    topics = discover(
        [
            said("a", "夜班公交不能取消。", "bus", "zh"),
            said("b", "取消夜班公交太过分了。", "bus", "zh"),
            said("c", "今天天气不错。", None, "zh"),
        ]
    )
    assert [(topic.count, topic.language) for topic in topics] == [(2, "zh")]
    assert topics[0].aspect in {"夜班", "公交", "取消"}


def test_what_is_alike_in_meaning_alone_has_no_name() -> None:
    """It is told as what several say alike."""
    topics = discover([said("a", "Loud.", "loud"), said("b", "Deafening.", "loud"), said("c", "Lovely cat.")])
    assert [(topic.aspect, topic.count) for topic in topics] == [(UNNAMED, 2)]


def test_languages_are_kept_apart_and_one_comment_is_no_topic() -> None:
    assert (
        discover([said("a", "Rain."), said("b", "下雨了。", "Rain.", "zh"), said("a", "Rain!", "Rain.")])
        == []
    )
    assert discover([]) == []


def test_common_words_name_nothing() -> None:
    (topic,) = discover([said("a", "Less of this every day.", "x"), said("b", "Every day less.", "x")])
    assert topic.aspect == UNNAMED


def test_there_are_not_too_many() -> None:
    """Of more topics than may be told it is those that most comments speak of."""
    names = ("tram", "parking", "mayor", "bridge", "library", "museum", "stadium", "harbour", "market", "cinema",
             "airport", "tunnel", "fountain", "orchestra")  # fmt: skip
    sentences = [
        said(f"{name}-{copy}", f"The {name}.", name)
        for size, name in enumerate(names, start=2)
        for copy in range(size)
    ]
    topics = discover(sentences)
    assert [topic.aspect for topic in topics] == [f"the {name}" for name in reversed(names)][:MAX_TOPICS]


def test_many_comments_are_clustered_from_a_part_of_them() -> None:
    sentences = [said(str(number), f"The {('tram', 'mayor')[number % 2]}.") for number in range(4_001)]
    assert [(topic.aspect, topic.count) for topic in discover(sentences)] == [
        ("the tram", 2_001),
        ("the mayor", 2_000),
    ]


@pytest.mark.model
@pytest.mark.parametrize(
    ("file", "wanted"), [("news.txt", {"the bus", "the tram"}), ("video.txt", {"the cat", "a dutch oven"})]
)
def test_comments_on_news_and_videos(file: str, wanted: set[str]) -> None:
    """Every topic's words stand in each of its comments, and its number is that of these."""
    found = summarised(COMMENTS / file)
    assert found.has_topics
    claims = found.composition.claims[1:]
    assert len(claims) >= 4
    assert wanted <= {claim.aspect for claim in claims}
    lines = (COMMENTS / file).read_text(encoding="utf-8").splitlines()
    for claim in claims:
        rows = {evidence["row"] for evidence in found.evidence(claim)}
        assert claim.count == len(rows) > 1
        assert claim.method == "template"
        assert "commenters" in claim.text
        assert "review" not in found.composition.text
        assert problems(claim.text) == []
        if claim.aspect != UNNAMED:
            for row in rows:
                assert row is not None
                last = str(claim.aspect).split()[-1]
                assert last.removesuffix("s") in lines[row - 1].lower()


@pytest.mark.model
@pytest.mark.parametrize("file", ["air_fryer.txt", "rice_cooker.txt"])
def test_comments_on_products_are_told_by_aspect(file: str) -> None:
    found = summarised(COMMENTS / file)
    assert not found.has_topics
    for claim in found.composition.claims[1:]:
        assert claim.count == len(found.evidence(claim))
    # "Less noise" and "uses far less electricity" are praise.
    for claim in found.composition.claims:
        assert claim.polarity != "negative" or "less" not in claim.text.lower()


def summarised(file: Path) -> Summarised:
    return summarise(Settings(), file, columns={}, progress=lambda _line: None)
