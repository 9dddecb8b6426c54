"""Pieces with scores become a tokenizer that merges the best pair first, as SentencePiece does."""

import pytest
from generator_files import scored_fields
from hypothesis import given
from hypothesis import strategies as st

from models.generation.scored_pieces import merges_of, scored_tokenizer

FIELDS = scored_fields()
TOKENIZER = scored_tokenizer(FIELDS)
PIECES = FIELDS["tokenizer.ggml.tokens"]
SCORES = dict(zip(PIECES, FIELDS["tokenizer.ggml.scores"], strict=True))
NORMAL = {piece for piece, kind in zip(PIECES, FIELDS["tokenizer.ggml.token_type"], strict=True) if kind == 1}


def pieces_of(text: str) -> list[str]:
    return TOKENIZER.encode(text, add_special_tokens=False).tokens


def merged(text: str) -> list[str]:
    """Merge the two neighbours that make the piece with the best score, the first of equals, until none do."""
    found = list(text.replace(" ", "▁"))
    while True:
        pairs = [
            (-SCORES[found[place] + found[place + 1]], place)
            for place in range(len(found) - 1)
            if found[place] + found[place + 1] in NORMAL
        ]
        if not pairs:
            return found
        _, place = min(pairs)
        found[place : place + 2] = [found[place] + found[place + 1]]


@given(text=st.text(alphabet="电池好用不，但the ab", max_size=12).filter(lambda text: "  " not in text))
def test_the_best_piece_is_merged_first(text: str) -> None:
    """Whatever stands around it, and without a space before the text."""
    assert pieces_of(text) == merged(text)


@pytest.mark.parametrize(
    "text", ["电池不好用，但 the  ab\n\nb", "龘 😀👍🏽 é", "<b>3.5</b>\t", "电\x00池", " 电", "电 "]
)
def test_any_text_comes_back(text: str) -> None:
    """Rare characters, emoji and control characters as their bytes; runs of spaces as they are."""
    assert TOKENIZER.decode(TOKENIZER.encode(text).ids) == text


@given(text=st.text(max_size=30).filter(lambda text: "▁" not in text and "<" not in text))
def test_any_text_at_all_comes_back(text: str) -> None:
    assert TOKENIZER.decode(TOKENIZER.encode(text).ids) == text


def test_what_stands_before_and_alone() -> None:
    """The bos token comes first; what a user defined is one token; what is a special one is not said."""
    encoding = TOKENIZER.encode("ab  <b>\n\n")
    assert encoding.tokens == ["<bos>", "ab", "  ", "<b>", "\n\n"]
    assert TOKENIZER.decode(TOKENIZER.encode("ab<eos>").ids) == "ab"
    assert pieces_of("龘") == ["<0xE9>", "<0xBE>", "<0x98>"]


def test_every_split_of_a_piece_makes_it() -> None:
    """A piece whose halves have worse scores than it is still made."""
    assert list(merges_of({"a": -1.0, "aa": -2.0, "aaa": -3.0})) == [("a", "a"), ("a", "aa"), ("aa", "a")]
