"""Whole words only: whatever tokens are chosen among the allowed ones, the text consists of allowed words."""

import random
from itertools import pairwise

import pytest
from generator_files import byte_tokenizer, unigram_tokenizer
from hypothesis import given, settings
from hypothesis import strategies as st

from models.generation.spelling import Speller
from models.generation.word_trie import WordTrie
from models.generation.words import FUNCTION_WORDS, allowed_words, content_words, is_blocked, words_of

SPELLERS = {"bytes": (Speller(byte_tokenizer()), 2), "unigram": (Speller(unigram_tokenizer()), 1)}

words = st.one_of(
    st.sampled_from(["battery", "Battery", "bat", "it's", "3", "3.5", "35", "$1,299.50", "2-in-1", "USB", "100%"]),
    st.from_regex(r"[A-Za-z]{1,8}", fullmatch=True),
    st.from_regex(r"[0-9]{1,4}", fullmatch=True),
)  # fmt: skip
sentences = st.lists(words, min_size=1, max_size=10).map(" ".join)


def walk(trie: WordTrie, seed: int, most: int = 400) -> list[int] | None:
    """Tokens chosen at random up to an end; None where there is none within so many."""
    chooser = random.Random(seed)
    state, tokens = trie.start, []
    while state is not None:
        allowed = trie.allowed(state)
        assert allowed, "a dead end"
        assert allowed <= trie.tokens
        tokens.append(chooser.choice(sorted(allowed)))
        state = trie.next(state, tokens[-1])
        if len(tokens) > most:
            return None
    return tokens


def bare(text: str) -> list[str]:
    """The words of a written sentence, by its spaces and its punctuation alone."""
    return [word.rstrip(",").casefold() for word in text.strip().rstrip(".!").split(" ")]


@pytest.mark.parametrize("kind", SPELLERS)
@given(evidence=sentences, seed=st.integers(0, 2**32), begun=st.booleans())
@settings(max_examples=150, deadline=None)
def test_every_path_spells_allowed_words(kind: str, evidence: str, seed: int, begun: bool) -> None:
    """Words, and numbers above all, are those of the evidence; each of content is said at most once."""
    speller, end = SPELLERS[kind]
    trie = WordTrie(
        speller, allowed_words([evidence], "en", frozenset()), "en", begun=begun, end_tokens=frozenset({end})
    )
    tokens = walk(trie, seed)
    if tokens is None:
        return
    said = bare(speller.text(tokens))
    known = {word.casefold() for word in evidence.split()} | FUNCTION_WORDS["en"]
    assert set(said) <= known
    of_content = [word for word in said if word not in FUNCTION_WORDS["en"]]
    assert len(of_content) == len(set(of_content))
    assert not any(one == other for one, other in pairwise(said))


@given(evidence=st.text(min_size=1, max_size=60), seed=st.integers(0, 2**32))
@settings(max_examples=150, deadline=None)
def test_any_text_is_evidence(evidence: str, seed: int) -> None:
    """Scripts, marks and control characters of any kind neither break it nor add words."""
    speller, end = SPELLERS["bytes"]
    known = allowed_words([evidence], "en", frozenset())
    trie = WordTrie(speller, known, "en", begun=True, end_tokens=frozenset({end}))
    tokens = walk(trie, seed)
    if tokens is not None:
        folded = {word.casefold() for word in known} | {word.lower().casefold() for word in known}
        assert set(bare(speller.text(tokens))) <= folded


@given(seed=st.integers(0, 2**32))
@settings(max_examples=50, deadline=None)
def test_blocked_words_are_not_written(seed: int) -> None:
    """A word on the list is not said though the evidence says it, alone, capitalised or within another."""
    speller, end = SPELLERS["bytes"]
    blocked = frozenset({"damn"})
    known = allowed_words(["Damn good lamp, DAMN-fine and damned bright"], "en", blocked)
    assert "damned" in known
    trie = WordTrie(speller, known, "en", begun=False, end_tokens=frozenset({end}))
    tokens = walk(trie, seed)
    assert tokens is None or not is_blocked(speller.text(tokens), blocked)


def test_a_word_that_begins_with_another() -> None:
    """3 may end a sentence only where no 3.5 goes on from it; both are written."""
    speller, end = SPELLERS["bytes"]
    texts = set()
    trie = WordTrie(speller, {"3.5", "3", "hours"}, "en", begun=True, end_tokens=frozenset({end}))
    for seed in range(200):
        tokens = walk(trie, seed)
        texts.add(speller.text(tokens or []))
    assert any(text.endswith("3.5.") for text in texts)
    assert any(" 3 hours" in text for text in texts)
    assert all(word in {"3", "3.5", "hours"} for text in texts if text for word in bare(text))


def test_words_and_content() -> None:
    """What a word is, and which of them say something."""
    assert words_of("It's a 2-in-1 (really): $1,299.50!") == ["It's", "a", "2-in-1", "really", "$1,299.50"]
    assert content_words("The battery is not good", "en") == ["battery", "not", "good"]
    assert content_words("电池好用 USB", "zh") == ["电池", "池好", "好用", "usb"]
