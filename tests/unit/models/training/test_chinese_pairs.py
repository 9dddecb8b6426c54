"""Pairs in Chinese: the shipped ones can be written as the generator may write, and comparing counts what it says."""

from pathlib import Path

import pytest

from models.errors import TrainingDataError
from models.generation.han_clauses import clauses_of
from models.generation.ranking import support
from models.training.corpora.chinese_pairs import (
    HELD_OUT_FILE,
    TRAINING_FILE,
    ChinesePair,
    compare,
    read_chinese_pairs,
)


@pytest.mark.parametrize("path", [TRAINING_FILE, HELD_OUT_FILE], ids=lambda path: path.stem)
def test_phrases_say_what_their_evidence_says(path: Path) -> None:
    """Each consists of parts of clauses of its evidence; nothing is on both sides."""
    pairs = read_chinese_pairs(path)
    assert len(pairs) == len(set(pairs)) >= 30
    for pair in pairs:
        assert support(pair.phrase, pair.evidence, "zh") == 1.0
        whole = "".join(
            clause.text(0, len(clause.pieces))
            for sentence in pair.evidence
            for clause in clauses_of(sentence)
        )
        assert set(pair.phrase) <= set(whole) | set("但是可不过就而且，。"), pair
        assert pair.request(samples=2).language == "zh"


def test_held_out_pairs_are_not_trained_on() -> None:
    training, held_out = read_chinese_pairs(TRAINING_FILE), read_chinese_pairs(HELD_OUT_FILE)
    texts = {text for pair in training for text in (pair.phrase, *pair.evidence)}
    assert not any(text in texts for pair in held_out for text in (pair.phrase, *pair.evidence))


@pytest.mark.parametrize("line", ["灯很亮\t灯\t好", "灯很亮\t\t好\t灯很亮。", ""])
def test_another_line_is_named(tmp_path: Path, line: str) -> None:
    """A column too few, or an empty one."""
    path = tmp_path / "pairs.tsv"
    path.write_text(f"灯很亮\t灯\t好\t灯很亮。\n{line}\n", encoding="utf-8")
    with pytest.raises(TrainingDataError, match=r"pairs\.tsv:2: wanted evidence"):
        read_chinese_pairs(path)


def test_comparing_counts_pairs_of_characters() -> None:
    """Of what is said, of what a person said, and of what the evidence holds."""
    pair = ChinesePair(("灯很亮，线太短。",), "灯很亮。", "灯", "好", "written")
    same, more, other = (
        compare([pair], ["灯很亮。"]),
        compare([pair], ["灯很亮，线太短。"]),
        compare([pair], ["灯泡。"]),
    )
    assert (same.alike, same.gold_words, same.only_gold_words, same.unsupported) == (1, 1.0, 1.0, 0.0)
    assert (more.alike, more.gold_words, more.only_gold_words, more.length) == (0, 1.0, 0.5, 2.0)
    assert (other.gold_words, other.unsupported) == (0.0, 1.0)
    assert compare([pair], [None]).written == 0
