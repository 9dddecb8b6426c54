"""What is flagged in reviews, what is not, and what the flags never say."""

import json
import random
import re
import time
from collections import Counter
from importlib import resources
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from models.quality import FlagKind, QualityFlag, rating_mismatch, text_flags

_CASES = [
    json.loads(line)
    for line in Path(__file__).with_name("quality_cases.jsonl").read_text(encoding="utf-8").splitlines()
]

# Pieces of what is flagged, so that random texts come near to it.
_FRAGMENTS = st.sampled_from(
    [
        "use my ", "code ", "www.", "http://", "deals", ".shop", ".com", "/", "call me ", "[phone]", "加", "微信",
        "好评", "返现", "代购", "f", "u", "c", "k", "*", ".", " ", "$", "sh1t ", "you are ", "idiot ", "傻", "逼", "sb",
        "去死", "皮", "ok", "哈", "好", "6", "/10", "👍", "\ud800", "\0", "\n", "。", "Ｆ", "ﬁ", "İ", "ß", "٣", "Ω",
    ]
)  # fmt: skip
_TEXTS = st.one_of(
    st.text(st.characters(codec=None, exclude_categories=())),
    st.lists(_FRAGMENTS, max_size=40).map("".join),
)

_CLEAN = (
    "I bought this kettle three weeks ago for my mother and it has worked without any trouble since. It boils a "
    "litre in about three minutes, the handle stays cool and the lid opens with one hand. The only thing that I do "
    "not like is the short cable, which barely reaches the socket behind our toaster. Otherwise a good buy."
)


def _kinds(text: str, *, has_contact: bool = False) -> list[FlagKind]:
    return [flag.kind for flag in text_flags(text, has_contact=has_contact)]


def _flag(kind: FlagKind, text: str, *, has_contact: bool = False) -> QualityFlag:
    return next(flag for flag in text_flags(text, has_contact=has_contact) if flag.kind == kind)


@pytest.mark.parametrize("case", _CASES, ids=lambda case: case["text"][:30])
def test_each_case_has_its_flags_and_no_others(case: dict[str, object]) -> None:
    """Innocent words that look like offence or promotion have none."""
    assert _kinds(str(case["text"]), has_contact=bool(case.get("has_contact"))) == case["flags"]


def test_the_cases_are_many_in_both_languages() -> None:
    """At least 60 flagged and 100 clean, a third of each with Han characters."""
    flagged = [case["text"] for case in _CASES if case["flags"]]
    clean = [case["text"] for case in _CASES if not case["flags"]]
    assert len(flagged) >= 60
    assert len(clean) >= 100
    assert len(set(flagged + clean)) == len(_CASES)
    for texts in (flagged, clean):
        assert sum(bool(re.search("[\u4e00-\u9fff]", text)) for text in texts) >= len(texts) / 3


@pytest.mark.parametrize("text", ["Call me, [phone]", "有需要的联系我，[phone]"])
def test_a_call_to_contact_counts_only_with_a_contact(text: str) -> None:
    """What was masked makes the difference."""
    assert _kinds(text, has_contact=True) == ["spam"]
    assert _kinds(text) == []


@pytest.mark.parametrize("text", ["My phone was printed on the parcel: [phone]", "快递单上印着[phone]"])
def test_a_contact_alone_is_no_spam(text: str) -> None:
    """Personal data of a careless buyer."""
    assert _kinds(text, has_contact=True) == []


def test_more_signs_are_surer() -> None:
    """A link with a code scores above the code alone, and the reason names both."""
    one = _flag("spam", "Use my code LENA15")
    both = _flag("spam", "Use my code LENA15 at www.lamps.example")
    assert one.score < both.score < 1
    assert "link" in both.reason
    assert "advertises" in both.reason


def test_a_text_said_twice_is_no_spam_and_three_times_is() -> None:
    """A title repeats the text at times."""
    sentence = "The strap broke on the second day and the buckle is sharp.\n"
    assert _kinds(sentence * 2) == []
    assert _kinds(sentence * 3) == ["spam"]
    assert _flag("spam", sentence * 9).score > _flag("spam", sentence * 3).score
    assert _kinds("表带第二天就断了，扣子也刮手。" * 2) == []
    assert _kinds("表带第二天就断了，扣子也刮手。" * 3) == ["spam"]


def test_a_long_review_is_not_repetitive_for_its_length() -> None:
    """In a long text words come back, and their share of all falls; phrases do not."""
    draw = random.Random(2)
    words = ["".join(draw.choices("abdegiklmnoprstu", k=5)) for _ in range(300)]
    characters = [chr(0x5000 + index) for index in range(300)]
    assert _kinds(" ".join(draw.choices(words, k=2_000))) == []
    assert _kinds("".join(draw.choices(characters, k=2_000))) == []


@pytest.mark.parametrize(("word", "nothing"), [("Great!", "ok"), ("很好", "无"), ("10/10", "12")])
def test_an_opinion_of_one_word_is_less_surely_too_short(word: str, nothing: str) -> None:
    """It says little, but something."""
    assert _flag("too_short", word).score == 0.5
    assert _flag("too_short", nothing).score > 0.9


@pytest.mark.parametrize("text", ["Love it!", "质量好", "Очень хорошо", "良いです", "แบตหมดเร็วมาก"])
def test_two_words_say_something(text: str) -> None:
    """In every script."""
    assert _kinds(text) == []


def test_worse_words_score_higher() -> None:
    """The score of an offence is how bad it is."""
    mild, bad, worst = (
        _flag("offensive", text).score
        for text in ("They are idiots, these sellers", "The seller is an asshole", "Seller, kill yourself")
    )
    assert mild < bad < worst


@pytest.mark.parametrize(
    ("person", "thing"),
    [
        ("The seller is a prick", "It will prick your finger"),
        ("You are a loser", "The loser of the game drinks"),
        ("these pigs never answer", "My guinea pigs love it"),
    ],
)
def test_some_words_are_offensive_only_when_said_of_a_person(person: str, thing: str) -> None:
    """The list marks them."""
    assert _kinds(person) == ["offensive"]
    assert _kinds(thing) == []


@pytest.mark.parametrize("text", ["sb", "tmd", "the SB model, TMD brand"])
def test_chinese_initials_count_only_beside_han_characters(text: str) -> None:
    """Elsewhere they are names."""
    assert "offensive" not in _kinds(text)


@pytest.mark.parametrize("name", ["offensive_en.txt", "offensive_zh.txt"])
def test_word_lists_are_well_formed(name: str) -> None:
    """Lower case, no word twice, severities from 0 to 1; every word that has one is found."""
    lines = (resources.files("models") / "wordlists" / name).read_text(encoding="utf-8").splitlines()
    rows = [line.split() for line in lines if line and not line.startswith("#")]
    counts = Counter(word for word, *_ in rows)
    assert max(counts.values()) == 1
    for word, severity, *_ in rows:
        assert word == word.lower()
        assert 0 <= float(severity) <= 1
        plain = word.replace("_", " ")
        said = f"东西不行，{plain}，" if name.endswith("zh.txt") else f"You {plain}"
        assert ("offensive" in _kinds(said)) == (float(severity) > 0), word


@pytest.mark.parametrize(
    "case", [case for case in _CASES if case["flags"]], ids=lambda case: case["text"][:30]
)
def test_reasons_quote_nothing(case: dict[str, str]) -> None:
    """A reason is an English sentence, the same for every text with the same signs."""
    for flag in text_flags(case["text"], has_contact=True):
        assert re.fullmatch(r"It [a-z ;]+\.", flag.reason)


@given(_TEXTS, st.booleans())
@example("\ud800" * 70, True)
@settings(deadline=None, max_examples=300)
def test_every_text_has_at_most_one_flag_of_a_kind(text: str, has_contact: bool) -> None:
    """No text raises; scores are above 0 and at most 1."""
    flags = text_flags(text, has_contact=has_contact)
    assert len({flag.kind for flag in flags}) == len(flags)
    assert all(0 < flag.score <= 1 for flag in flags)


@pytest.mark.parametrize(
    ("rating", "opposite", "score"),
    [(5, 0.96, 0.96), (4.5, 0.8, 0.8), (4, 0.95, 0.57), (4, 0.8, None), (5, 0.7, None)],
)
def test_good_stars_with_a_complaint_mismatch(rating: float, opposite: float, score: float | None) -> None:
    """And the mirror image of it does; the further from the middle, the surer."""
    rest = 1 - opposite
    high = rating_mismatch(rating, negative=opposite, neutral=rest, positive=0)
    low = rating_mismatch(6 - rating, negative=0, neutral=rest, positive=opposite)
    for flag in (high, low):
        assert (flag and flag.score) == (score and pytest.approx(score))


@pytest.mark.parametrize("rating", [None, 2.5, 3, 3.5, float("nan")])
def test_middling_and_missing_ratings_mismatch_nothing(rating: float | None) -> None:
    """Three stars go with any words."""
    for negative in (0.0, 1.0):
        assert rating_mismatch(rating, negative=negative, neutral=0, positive=1 - negative) is None


@pytest.mark.parametrize("rating", [0, 1, 2, 4, 5])
def test_words_that_agree_or_are_neutral_mismatch_nothing(rating: float) -> None:
    """Nor does a model that answers with no number."""
    good = float(rating > 3)
    assert rating_mismatch(rating, negative=1 - good, neutral=0, positive=good) is None
    assert rating_mismatch(rating, negative=0, neutral=1, positive=0) is None
    nothing = float("nan")
    assert rating_mismatch(rating, negative=nothing, neutral=nothing, positive=nothing) is None


@given(st.floats(0, 5), st.floats(0, 1), st.floats(0, 1))
def test_a_mismatch_scores_within_0_and_1(rating: float, first: float, second: float) -> None:
    """Whatever the probabilities."""
    low, high = sorted((first, second))
    flag = rating_mismatch(rating, negative=low, neutral=high - low, positive=1 - high)
    assert flag is None or 0 < flag.score <= 1


def test_a_clean_review_takes_microseconds() -> None:
    """30 µs for 60 words on an idle core; ten times that fails, for machines are busy."""
    text_flags(_CLEAN)
    best = min(_seconds(_CLEAN, 100) for _ in range(10))
    assert best < 300e-6


@pytest.mark.parametrize(
    "unit",
    [
        "a.b-c ",
        "f*",
        "you a ",
        "http://www.",
        "加我好评招",
        "earn the call ",
        "ha",
        "f u c ",
        "好",
        "www",
        "傻*",
    ],
)
def test_time_grows_linearly_with_the_text(unit: str) -> None:
    """The longest text that a contract lets in, made of what patterns begin with, takes less than 0.2 s."""
    assert _seconds(unit * (20_000 // len(unit)), 1) < 0.2


def _seconds(text: str, times: int) -> float:
    start = time.perf_counter()
    for _ in range(times):
        text_flags(text)
    return (time.perf_counter() - start) / times
