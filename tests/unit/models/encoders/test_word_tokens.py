"""Token ids word by word: the same ids at the same places as the tokenizer's of the whole text."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

from models.encoders import word_tokens
from models.encoders.sentence_tokeniser import SentenceTokeniser
from models.encoders.word_tokens import WordTokens, is_word_by_word
from tests.unit.models.model_files import tiny_tokenizer

_SPECIAL = ["[UNK]", "[CLS]", "[SEP]"]
_LETTERS = string.ascii_lowercase + string.digits
_MARKS = ".,!?'\"()[]-_$@’“”–…"


def _bert_tokenizer() -> Tokenizer:
    pieces = [*_SPECIAL, *_LETTERS, *_MARKS, "good", "bad", "##ly", *(f"##{letter}" for letter in _LETTERS)]
    vocabulary = {piece: number for number, piece in enumerate(pieces)}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]", max_input_chars_per_word=40))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.add_special_tokens(_SPECIAL)
    return tokenizer


texts = st.lists(
    st.sampled_from(
        [*_SPECIAL, *_MARKS, " ", " ", "\n", "\t", "Good", "badly", "GOODLY", "so", "e.g.", "3.50", "[email]", "...",
         "é", "ﬁ", "好", "\0", "\x7f", "\u200b", "x" * 50, "😍", "[sep]", "#"]
    ) | st.text(string.printable, max_size=6),
    max_size=30,
).map("".join)  # fmt: skip


@given(texts)
def test_a_text_it_can_read_has_the_tokens_of_the_whole(text: str) -> None:
    """Special tokens, what normalisation drops and what it changes never reach it."""
    tokenizer = _bert_tokenizer()
    words = WordTokens(tokenizer)
    if not words.can_read(text):
        return
    encoding = tokenizer.encode(text, add_special_tokens=False)
    assert words.of(text, 0, len(text)) == encoding.ids
    places = [words.place_of(token, text, 0, len(text)) for token in range(len(encoding.ids))]
    assert places == encoding.offsets
    assert words.place_of(len(encoding.ids), text, 0, len(text)) is None


@given(texts, st.integers(6, 60))
def test_sentences_have_the_tokens_of_the_whole_text(text: str, window: int) -> None:
    """Read by words or not, and whatever the window: all tokens once, each at its place."""
    tokenizer = _bert_tokenizer()
    (tokenised,) = SentenceTokeniser(tokenizer, window)([text.replace("😍", "")])
    encoding = tokenizer.encode(tokenised.text, add_special_tokens=False)
    assert [token for one in tokenised.windows for token in one[1:-1]] == encoding.ids
    places = [one.place_of(number) for one in tokenised.sentences for number in range(one.tokens)]
    assert places == encoding.offsets


@pytest.mark.parametrize("text", ["a[CLS]b", "café", "好", "\0", "a\x7fb", "a\u200bb"])
def test_what_it_cannot_read(text: str) -> None:
    """Words of such texts are not what they look like."""
    assert not WordTokens(_bert_tokenizer()).can_read(text)


def test_only_a_bert_reads_word_by_word() -> None:
    """Any other may let neighbours change a word's tokens."""
    assert is_word_by_word(_bert_tokenizer())
    assert not is_word_by_word(tiny_tokenizer())


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither many words nor long ones are kept."""
    monkeypatch.setattr(word_tokens, "_MOST_WORDS", 3)
    words = WordTokens(_bert_tokenizer())
    text = "a b c d e " + "x" * 100
    assert words.of(text, 0, len(text)) == _bert_tokenizer().encode(text, add_special_tokens=False).ids
    assert sorted(words) == ["d", "e"]
