"""Chinese phrases are stretches of clauses: in order, and what negates or compares stays with what it is said of."""

import random

import pytest
from generator_files import byte_tokenizer, scored_fields, unigram_tokenizer
from hypothesis import given, settings
from hypothesis import strategies as st

from models.generation.clause_trie import ClauseTrie
from models.generation.han_clauses import clauses_of
from models.generation.scored_pieces import scored_tokenizer
from models.generation.spelling import Speller
from models.generation.words import FUNCTION_WORDS

SPELLERS = {
    "pieces": (Speller(scored_tokenizer(scored_fields())), 1),
    "bytes": (Speller(byte_tokenizer()), 2),
}
SPELLER, END = SPELLERS["pieces"]
PARTS = ["电池", "屏幕", "很", "好用", "不", "没有", "比", "旧款", "才", "3.5", "小时", "USB", "的", "了", "，",
         "。", "？", "但是", "如果", "就好了", "打不开", "不错",
         "一", "两", "、", " ", "😀", "龘", "有点", "贵"]  # fmt: skip
evidence_texts = st.lists(st.sampled_from(PARTS), min_size=1, max_size=14).map("".join)


def trie(*evidence: str, begun: bool = False, kind: str = "pieces") -> ClauseTrie:
    speller, end = SPELLERS[kind]
    return ClauseTrie(speller, evidence, "zh", blocked=frozenset(), begun=begun, end_tokens=frozenset({end}))


def walk(phrases: ClauseTrie, seed: int, speller: Speller = SPELLER, most: int = 2_000) -> str:
    """A text by tokens chosen at random up to an end; empty where nothing can be written."""
    chooser = random.Random(seed)
    state, tokens = phrases.start, []
    while state is not None and (tokens or phrases.allowed(state)):
        allowed = phrases.allowed(state)
        assert allowed, "a dead end"
        assert allowed <= phrases.tokens
        tokens.append(chooser.choice(sorted(allowed)))
        state = phrases.next(state, tokens[-1])
        assert len(tokens) < most
    return speller.text(tokens)


def texts(*evidence: str) -> set[str]:
    """What is written, without marks at the end, pauses written as commas."""
    phrases = trie(*evidence)
    return {walk(phrases, seed).rstrip("。！").replace("、", "，") for seed in range(300)}


def accepts(phrases: ClauseTrie, text: str) -> bool:
    """Whether a text can be written, and end there."""
    state = phrases.start
    for token in SPELLER.at_start(text) or ():
        if token not in phrases.allowed(state):
            return False
        state = phrases.next(state, token)
    return END in phrases.allowed(state)


def cuts(sentence: str) -> list[set[str]]:
    """All stretches of each clause."""
    return [
        {clause.text(start, end) for start in clause.starts for end in clause.ends if start < end}
        for clause in clauses_of(sentence)
    ]


@pytest.mark.parametrize("kind", SPELLERS)
@given(
    evidence=st.lists(evidence_texts, min_size=1, max_size=2), seed=st.integers(0, 2**32), begun=st.booleans()
)
@settings(max_examples=200, deadline=None)
def test_every_path_ends_and_says_what_the_evidence_says(
    kind: str, evidence: list[str], seed: int, begun: bool
) -> None:
    """Nothing but its characters and function words; a negation wherever what it governs is said."""
    text = walk(trie(*evidence, begun=begun, kind=kind), seed, SPELLERS[kind][0])
    function_words = set("".join(FUNCTION_WORDS["zh"]))
    assert set(text) <= set("".join(evidence)) | function_words | set("。！，、")
    for number in ("3.5", "USB"):
        assert text.count(number) <= "".join(evidence).count(number)


@given(evidence=st.text(min_size=1, max_size=60), seed=st.integers(0, 2**32))
@settings(max_examples=150, deadline=None)
def test_any_text_is_evidence_in_chinese_too(evidence: str, seed: int) -> None:
    """Scripts, marks and control characters of any kind do not break it."""
    text = walk(trie(evidence), seed)
    assert set(text) <= set(evidence) | set("".join(FUNCTION_WORDS["zh"])) | set("。！，、�")


def test_other_tokenizers_write_what_they_can() -> None:
    """Pieces that cannot spell the evidence leave nothing to say."""
    phrases = ClauseTrie(
        Speller(unigram_tokenizer()),
        ["很好"],
        "zh",
        blocked=frozenset(),
        begun=False,
        end_tokens=frozenset({1}),
    )
    assert not phrases.allowed(phrases.start)


@pytest.mark.parametrize(
    ("sentence", "kept", "lost"),
    [
        ("充电器不太好用", "充电器不太好用", {"好用", "太好用", "充电器好用"}),
        ("盖子打不开", "打不开", {"不开", "盖子打", "开"}),
        ("没有想象中那么重", "没有想象中那么重", {"那么重", "想象中那么重", "重"}),
        ("只能用两小时", "只能用两小时", {"能用两小时", "两小时", "用两小时"}),
        ("除了颜色都满意", "除了颜色都满意", {"颜色都满意", "都满意"}),
        ("新款比旧款快", "新款比旧款快", {"旧款快", "新款快", "旧款比新款快"}),
        ("以为会很吵", "以为会很吵", {"会很吵", "很吵"}),
        ("等了四十分钟", "四十分钟", {"十分钟", "等了四", "四"}),
        ("电池2天一充", "2天一充", {"电池2", "电池一", "电池2天一"}),
        ("客服说这是正常的", "客服说这是正常的", {"这是正常的", "是正常的", "正常的"}),
        ("以前味道很好", "以前味道很好", {"味道很好", "很好"}),
        ("有的房间很干净", "有的房间很干净", {"房间很干净", "很干净"}),
        ("担心会漏水", "担心会漏水", {"会漏水", "漏水"}),
        ("充电器可以不带", "充电器可以不带", {"充电器不带", "不带"}),
        ("朋友的手机很快", "朋友的手机很快", {"手机很快", "朋友很快", "朋友的很快"}),
        ("和图片不一样", "和图片不一样", {"和图片", "一样", "图片"}),
    ],
)
def test_what_governs_stays_with_what_it_governs(sentence: str, kept: str, lost: set[str]) -> None:
    """Neither a stretch nor any text says the opposite, the whole of it, or half of a number."""
    [stretches] = cuts(sentence)
    assert kept in stretches
    assert not stretches & lost
    written = texts(sentence)
    assert accepts(trie(sentence), kept)
    assert not {clause for text in written for clause in text.split("，")} & lost


def test_words_with_a_negation_in_them_do_not_negate() -> None:
    """非常 and 不错 neither negate nor are cut."""
    [stretches] = cuts("质量不错价格非常实惠")
    assert {"质量不错价格非常实惠", "价格非常实惠"} <= stretches
    assert not {"错", "质量不"} & stretches


def test_a_condition_stays_with_what_it_is_the_condition_of() -> None:
    """So does its comma, and a question asserts nothing."""
    sentence = "如果能再轻一点，就完美了。值这个价吗？"
    assert texts(sentence) <= {"如果能再轻一点，就完美了", "如果能再轻一点，就完美"}
    assert accepts(trie(sentence), "如果能再轻一点，就完美了")


def test_clauses_keep_what_is_said_of_what() -> None:
    """What one clause says of a thing is said of no other; each is said once at most."""
    for text in texts("屏幕很亮，电池很差"):
        parts = [
            part.removeprefix("但是").removeprefix("但").removeprefix("而且") for part in text.split("，")
        ]
        assert not any(("屏" in part and "差" in part) or ("电" in part and "亮" in part) for part in parts)
        assert text.count("很亮") <= 1


def test_a_clause_without_its_beginning_says_enough() -> None:
    """What was bought without that it was bought says nothing; a subject may be left out."""
    assert not accepts(trie("送了一盘花生"), "花生")
    assert accepts(trie("送了一盘花生"), "一盘花生")
    assert accepts(trie("早餐种类不多"), "种类不多")


def test_spaces_and_links_part_clauses() -> None:
    """As many write who use no marks; a space beside a word of another script parts nothing."""
    assert [clause.text(0, 99) for clause in clauses_of("质量很好 物流也快但是贵")] == [
        "质量很好",
        "物流也快",
        "贵",
    ]
    assert [clause.text(0, 99) for clause in clauses_of("用 iPhone 15 很顺")] == ["用 iPhone 15 很顺"]
