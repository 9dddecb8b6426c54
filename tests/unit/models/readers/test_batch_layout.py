"""Where the tokens of a batch belong: windows, sentences with and without tokens, texts with nothing in them."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.encoders.sentence_tokeniser import SentenceTokeniser, TokenisedSentence, TokenisedText
from models.readers.batch_layout import BatchLayout
from tests.unit.models.model_files import WORDS, tiny_tokenizer

FIRST, LAST = 2, 3


def text(*sentences: int, windows: Sequence[int] | None = None) -> TokenisedText:
    """Sentences of so many tokens, numbered from 10 on, in windows of so many."""
    ids = list(range(10, 10 + sum(sentences)))
    made = []
    for count in windows or [len(ids)]:
        made.append([FIRST, *ids[:count], LAST])
        ids = ids[count:]
    starts = [sum(sentences[:number]) for number in range(len(sentences))]
    placed = [
        TokenisedSentence(start, start + count, start, count, None)  # type: ignore[arg-type]
        for start, count in zip(starts, sentences, strict=True)
    ]
    return TokenisedText("", tuple(made), tuple(placed))


def test_tokens_know_their_sentence_and_their_review() -> None:
    """The special tokens are none of them."""
    layout = BatchLayout.of([text(2, 1), text(3)])
    assert layout.content.tolist() == [1, 2, 3, 6, 7, 8]
    assert layout.ids.tolist() == [10, 11, 12, 10, 11, 12]
    assert layout.sentence_of.tolist() == [0, 0, 1, 2, 2, 2]
    assert layout.review_of.tolist() == [0, 0, 0, 1, 1, 1]
    assert layout.first_token.tolist() == [0, 2, 3]
    assert layout.sentences == 3


def test_a_long_text_in_several_windows_is_one_review() -> None:
    """Special tokens between its windows are left out, and a sentence ends where it ends."""
    layout = BatchLayout.of([text(2, 3, 2, windows=[2, 3, 2]), text(1)])
    assert layout.content.tolist() == [1, 2, 5, 6, 7, 10, 11, 14]
    assert layout.ids.tolist() == [10, 11, 12, 13, 14, 15, 16, 10]
    assert layout.sentence_of.tolist() == [0, 0, 1, 1, 1, 2, 2, 3]
    assert layout.review_of.tolist() == [0] * 7 + [1]


def test_empty_sentences_and_empty_texts_shift_nothing() -> None:
    layout = BatchLayout.of([text(), text(0, 2, 0), text(), text(1)])
    assert layout.content.tolist() == [3, 4, 9]
    assert layout.sentence_of.tolist() == [1, 1, 3]
    assert layout.review_of.tolist() == [1, 1, 3]
    assert layout.first_token.tolist() == [0, 0, 2, 2]


@pytest.mark.parametrize("batch", [[], [text()], [text(), text()]], ids=len)
def test_a_batch_may_have_no_sentence(batch: list[TokenisedText]) -> None:
    layout = BatchLayout.of(batch)
    assert (layout.sentences, layout.content.tolist(), layout.ids.tolist()) == (0, [], [])
    assert (layout.sentence_of.tolist(), layout.review_of.tolist()) == ([], [])


@given(
    st.lists(st.lists(st.sampled_from([*WORDS, ".", "!"]), max_size=30).map(" ".join), max_size=5),
    st.integers(4, 12),
)
def test_whatever_the_texts_every_token_is_of_its_sentence(texts: list[str], window: int) -> None:
    """Tokens of the layout, sentence by sentence, are those of each text alone."""
    batch = SentenceTokeniser(tiny_tokenizer(), window)(texts)
    layout = BatchLayout.of(batch)
    assert len(layout.content) == len(layout.ids) == len(layout.sentence_of) == len(layout.review_of)
    alone = [tiny_tokenizer().encode(one, add_special_tokens=False).ids for one in texts]
    for number, ids in enumerate(alone):
        assert layout.ids[layout.review_of.numpy() == number].tolist() == ids
    counts = [one.tokens for text in batch for one in text.sentences]
    assert [int((layout.sentence_of == number).sum()) for number in range(layout.sentences)] == counts
