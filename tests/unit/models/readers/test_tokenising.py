"""Windows: long texts go on in the next one and lose nothing."""

from hypothesis import given
from hypothesis import strategies as st

from models.readers.tokenising import WindowedTokeniser
from tests.unit.models.model_files import WORDS, tiny_tokenizer

CLS, SEP = 2, 3


@given(words=st.lists(st.sampled_from(WORDS), max_size=60), window=st.integers(4, 20))
def test_windows_lose_no_token(words: list[str], window: int) -> None:
    """The windows without their special tokens, joined, are the whole text; each fits and is framed."""
    tokenizer = tiny_tokenizer()
    whole = tokenizer.encode(" ".join(words), add_special_tokens=False).ids
    [review] = WindowedTokeniser(tokenizer, window)([" ".join(words)])
    assert [token for part in review.windows for token in part[1:-1]] == whole
    assert all(len(part) <= window and (part[0], part[-1]) == (CLS, SEP) for part in review.windows)
    assert len(review) == len(whole) + 2 * len(review.windows)


def test_the_tokenizer_given_is_left_alone() -> None:
    """Windowing copies the tokenizer: the caller's own does not start to cut."""
    tokenizer = tiny_tokenizer()
    WindowedTokeniser(tokenizer, 5)
    assert tokenizer.truncation is None


def test_an_empty_text_is_one_window_of_special_tokens() -> None:
    """Nothing to say is still a review that can be forwarded."""
    [review] = WindowedTokeniser(tiny_tokenizer(), 8)([""])
    assert review.windows == ([CLS, SEP],)
