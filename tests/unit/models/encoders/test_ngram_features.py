"""Clauses and their n-grams: exact places, the same numbers everywhere, linear time."""

import subprocess
import sys
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.encoders.ngram_features import HASH_BITS, KnownNgrams, ngram_hashes
from models.text.chinese_sentences import split_sentences, without_punctuation

ANYTHING = st.text(alphabet=st.sampled_from("好坏很 快ａB1９.。，,！？…\n\t但是不过😀\ud800()”"), max_size=60)


def clauses_of(text: str) -> list[str]:
    return [text[start:end] for sentence in split_sentences(text) for start, end in sentence.clauses]


@given(ANYTHING)
def test_no_text_is_lost(text: str) -> None:
    """Clauses lie in order, do not overlap, and hold everything but space; sentences span their clauses."""
    at = 0
    for sentence in split_sentences(text):
        assert (sentence.start, sentence.end) == (sentence.clauses[0][0], sentence.clauses[-1][1])
        for start, end in sentence.clauses:
            assert at <= start < end
            assert not text[at:start].strip()
            at = end
    assert not text[at:].strip()


@pytest.mark.parametrize(
    ("text", "clauses"),
    [
        ("物流很快，但是客服态度差", ["物流很快，", "但是客服态度差"]),
        ("物流很快但是客服态度差", ["物流很快", "但是客服态度差"]),
        ("好，很好", ["好，很好"]),
        ("再好不过了！不但好用而且便宜", ["再好不过了！", "不但好用而且便宜"]),
        ("iPhone 15 Pro 屏幕清晰 手感也不错", ["iPhone 15 Pro 屏幕清晰", "手感也不错"]),
        ("价格1,000元，很值得", ["价格1,000元，", "很值得"]),
        ("手机 很 好 用", ["手机 很 好 用"]),
    ],
)
def test_clauses_are_cut_where_a_reader_would(text: str, clauses: list[str]) -> None:
    """At punctuation, at a turn without it, at a space that stands for it; not inside a number or a short cry."""
    assert clauses_of(text) == clauses


def test_a_span_is_trimmed_to_what_is_said() -> None:
    """Punctuation around goes; what is nothing else stays."""
    assert without_punctuation("，物流快！", 0, 5) == (1, 4)
    assert without_punctuation("！！", 0, 2) == (0, 2)


@given(st.lists(ANYTHING, max_size=6))
def test_company_makes_no_difference(clauses: list[str]) -> None:
    """A clause has the n-grams that it has alone."""
    hashes, counts = ngram_hashes(clauses)
    alone = [ngram_hashes([clause]) for clause in clauses]
    assert counts.tolist() == [count for _, of_one in alone for count in of_one.tolist()]
    assert hashes.tolist() == [number for of_one, _ in alone for number in of_one.tolist()]
    assert counts.sum() == len(hashes)
    assert ((hashes >= 0) & (hashes < 1 << HASH_BITS)).all()


def test_the_same_in_every_process() -> None:
    """Whatever the seed of Python's own hashes is."""
    module = "models.encoders.ngram_features"
    program = f"from {module} import ngram_hashes; print(ngram_hashes(['物流很快', 'OK'])[0].tolist())"
    printed = {
        subprocess.run(
            [sys.executable, "-c", program], env={"PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    assert printed == {f"{ngram_hashes(['物流很快', 'OK'])[0].tolist()}\n".encode()}


def test_unknown_ngrams_are_left_out() -> None:
    """Rows are the places among the known hashes; counts are of known n-grams only."""
    hashes = np.unique(ngram_hashes(["很快"])[0])
    rows, counts = KnownNgrams(hashes).rows(["慢", "很快", ""])
    assert counts.tolist() == [0, len(ngram_hashes(["很快"])[0]), 0]
    assert sorted(set(rows.tolist())) == list(range(len(hashes)))


@pytest.mark.parametrize("piece", ["好", "好，", " ", "物流很快，客服差。", "很 好", "但", "1.", "…"])
def test_long_texts_take_linear_time(piece: str) -> None:
    """Twenty thousand characters of anything take less than a second."""
    text = (piece * 20_000)[:20_000]
    begun = time.perf_counter()
    ngram_hashes(clauses_of(text))
    assert time.perf_counter() - begun < 1.0
