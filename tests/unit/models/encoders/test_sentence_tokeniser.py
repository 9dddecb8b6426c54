"""Tokenising by sentence: nothing lost, offsets exact, windows that fit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, pre_tokenizers

from models.encoders.sentence_tokeniser import SentenceTokeniser
from models.text.emoji import emoji_tokenizer
from tests.unit.models.model_files import WORDS, tiny_tokenizer

sentences = st.lists(
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=14).map(lambda words: " ".join(words) + "."),
    max_size=12,
)


@given(sentences, st.integers(6, 20))
def test_windows_lose_no_token(texts: list[str], window: int) -> None:
    """Whatever the window, all tokens are there once, in order, and each window fits."""
    text = " ".join(texts)
    whole = tiny_tokenizer().encode(text, add_special_tokens=False).ids
    (tokenised,) = SentenceTokeniser(tiny_tokenizer(), window)([text])
    assert all(len(one) <= window and (one[0], one[-1]) == (2, 3) for one in tokenised.windows)
    assert [token for one in tokenised.windows for token in one[1:-1]] == whole
    assert sum(sentence.tokens for sentence in tokenised.sentences) == len(whole)
    assert len(tokenised) == len(whole) + 2 * len(tokenised.windows)


@given(sentences, st.integers(6, 20))
def test_every_token_knows_its_place(texts: list[str], window: int) -> None:
    """A token's offsets are those of its word in the whole text, in whichever window it came to lie."""
    text = " ".join(texts)
    (tokenised,) = SentenceTokeniser(tiny_tokenizer(), window)([text])
    encoding = tiny_tokenizer().encode(text, add_special_tokens=False)
    places = [one.place_of(number) for one in tokenised.sentences for number in range(one.tokens)]
    assert places == list(encoding.offsets)
    for sentence in tokenised.sentences:
        assert sentence.start <= sentence.place_of(0)[0]
        assert sentence.place_of(sentence.tokens - 1)[1] <= sentence.end
        with pytest.raises(IndexError, match="wanted a token below"):
            sentence.place_of(10_000)


def test_an_empty_text_is_one_window_of_special_tokens() -> None:
    """There is always something for the network to read."""
    (tokenised,) = SentenceTokeniser(tiny_tokenizer(), 10)([""])
    assert (list(map(list, tokenised.windows)), tokenised.sentences) == ([[2, 3]], ())


def test_emoji_are_words_at_their_place() -> None:
    """An emoji that is stuck to a word is read as a word of its own, and stands where it stood."""
    vocabulary = {
        word: number for number, word in enumerate(["[UNK]", "[CLS]", "[SEP]", "it", "love", "terrible"])
    }
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = tiny_tokenizer().pre_tokenizer
    (tokenised,) = SentenceTokeniser(tokenizer, 20)(["it😍 it👎"])
    assert list(tokenised.windows[0]) == [1, 3, 4, 3, 5, 2]
    (sentence,) = tokenised.sentences
    assert [sentence.place_of(number) for number in range(4)] == [(0, 2), (2, 3), (4, 6), (6, 7)]
    assert emoji_tokenizer(tokenizer).encode("it").ids == [3]


def test_a_tokenizer_without_special_tokens_is_refused() -> None:
    """It would not be a BERT's."""
    with pytest.raises(ValueError, match=r"has no \[CLS\] and \[SEP\]"):
        SentenceTokeniser(Tokenizer(models.WordLevel({"[UNK]": 0}, unk_token="[UNK]")), 10)


def spaced_pieces() -> Tokenizer:
    """Pieces of words that keep the space before them, as sentencepiece has them."""
    pieces = ["<unk>", "[CLS]", "[SEP]", "▁", "▁it", "it", "▁works", ".", "\x1c"]
    tokenizer = Tokenizer(models.Unigram([(piece, -1.0) for piece in pieces], unk_id=0))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
    return tokenizer


@given(
    st.lists(st.sampled_from([" ", "it", "works", ".", "\n", "\x1c", "\u3000"]), max_size=12).map("".join),
    st.integers(4, 20),
)
def test_tokens_of_space_belong_to_a_sentence(text: str, window: int) -> None:
    """A token that is nothing but space, before, between or behind sentences, shifts none of the others."""
    (tokenised,) = SentenceTokeniser(spaced_pieces(), window)([text])
    content = [token for one in tokenised.windows for token in one[1:-1]]
    assert sum(one.tokens for one in tokenised.sentences) == len(content)
    places = [one.place_of(token) for one in tokenised.sentences for token in range(one.tokens)]
    covered = {place for start, end in places for place in range(start, end)}
    assert {place for place, character in enumerate(text) if not character.isspace()} <= covered
    assert bool(content) >= bool(text.strip())
