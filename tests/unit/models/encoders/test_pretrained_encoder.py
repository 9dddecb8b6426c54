"""Encoders of transformers, six kinds of them: places are exact, nothing is cut, padding changes nothing."""

from pathlib import Path

import numpy as np
import pytest
import torch

from models.devices import ComputePlan
from models.encoders.pretrained_encoder import PretrainedEncoder
from models.encoders.pretrained_files import load_pretrained, window_tokens
from models.errors import ModelConfigurationError
from tests.unit.models.model_files import change_json
from tests.unit.models.pretrained_checkpoints import KINDS, write_encoder

# The network of DeBERTa is written so.
pytestmark = pytest.mark.filterwarnings("ignore:`torch.jit.script` is deprecated:DeprecationWarning")

PLAN = ComputePlan("cpu", torch.float32)
TEXTS = (
    "The handle broke after a week, and nobody answered 😡 twice!",
    "物流很快，但是客服态度差！😍颜色也漂亮👎",
    "𠮷野家的杯子很好用👨‍👩‍👧 OK，用了3天就坏了",
    "two  spaces,\n\na new line\tand a tab  ",
    "  It's a café in Zürich: привет, 客服 great",
)
WINDOW = {"roberta": 64, "xlm-roberta": 64}


@pytest.fixture(params=KINDS, scope="module")
def encoder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> PretrainedEncoder:
    return loaded(write_encoder(tmp_path_factory.mktemp("encoder"), request.param))


def loaded(directory: Path) -> PretrainedEncoder:
    return PretrainedEncoder(*load_pretrained(directory, "tiny"), PLAN)


@pytest.mark.parametrize("text", TEXTS)
def test_tokens_lead_back_to_the_text(encoder: PretrainedEncoder, text: str) -> None:
    """In code points: end to end they cover all that is not space, in order, each within its sentence."""
    (tokenised,) = encoder.tokenise([text])
    places = [one.place_of(token) for one in tokenised.sentences for token in range(one.tokens)]
    assert len(places) == len(tokenised) - 2 * len(tokenised.windows)
    assert [start for start, _ in places] == sorted(start for start, _ in places)
    covered = {place for start, end in places for place in range(start, end)}
    missing = {text[at] for at in range(len(text)) if at not in covered and not text[at].isspace()}
    assert missing <= {"\u200d"}, missing  # what a BERT's normaliser drops
    for sentence in tokenised.sentences:
        inside = [sentence.place_of(token) for token in range(sentence.tokens)]
        assert all(text[start:end].strip() in text[sentence.start : sentence.end] for start, end in inside)


def test_a_token_stands_where_its_word_does(encoder: PretrainedEncoder) -> None:
    """After emoji and Chinese alike: the token at a word begins and ends within it."""
    text = "😍👨‍👩‍👧𠮷 broke. 客服 broke"
    (tokenised,) = encoder.tokenise([text])
    places = [one.place_of(token) for one in tokenised.sentences for token in range(one.tokens)]
    for word, start in (
        ("broke", text.index("broke")),
        ("客服", text.index("客服")),
        ("broke", text.rindex("broke")),
    ):
        stop = start + len(word)
        of_word = [(first, last) for first, last in places if first < stop and last > start]
        read = text[of_word[0][0] : of_word[-1][1]].strip()
        assert read == word


def test_windows_begin_and_end_with_a_special_token(encoder: PretrainedEncoder) -> None:
    """Also where the tokenizer itself puts nothing around a text, as that of a decoder does not."""
    ends = {(one.windows[0][0], one.windows[0][-1]) for one in encoder.tokenise(TEXTS)}
    assert len(ends) == 1
    special = encoder._spaced._tokenizer.get_added_tokens_decoder()
    assert all(special[token].special for token in next(iter(ends)))


@pytest.mark.parametrize("text", ["这个杯子很好用" * 60, "the blanket is warm " * 60, "It works. " * 60])
def test_a_long_text_is_read_in_windows_that_have_positions(encoder: PretrainedEncoder, text: str) -> None:
    """Nothing is cut, however long a sentence is."""
    (tokenised,) = encoder.tokenise([text])
    longest = WINDOW.get(encoder.network.config.model_type, 66)
    assert len(tokenised.windows) > 1
    assert longest // 2 < max(map(len, tokenised.windows)) <= longest
    with torch.inference_mode():
        states = encoder.states(tokenised.windows)
    assert states.shape == (len(tokenised), encoder.width)
    last = tokenised.sentences[-1]
    assert last.place_of(last.tokens - 1)[1] >= len(text.rstrip())


def test_states_stand_in_the_order_of_the_tokens(encoder: PretrainedEncoder) -> None:
    """End to end, without padding, the same whatever else is in the batch."""
    windows = [window for one in encoder.tokenise(TEXTS) for window in one.windows]
    with torch.inference_mode():
        together = encoder.states(windows)
        apart = torch.cat([encoder.states([window]) for window in windows])
    assert (encoder.packs, together.dtype) == (False, torch.float32)
    assert torch.allclose(together, apart, atol=1e-4)
    assert together.std() > 0.01


def test_letters_within_a_word_continue_it(encoder: PretrainedEncoder) -> None:
    """Words in Latin letters are whole, whatever pieces they are in; a Chinese word may begin anywhere."""
    text = "The blankets zigzagging handle，客服差！"
    (tokenised,) = encoder.tokenise([text])
    ids = np.array([token for window in tokenised.windows for token in window[1:-1]])
    places = [one.place_of(token) for one in tokenised.sentences for token in range(one.tokens)]
    begin = {
        start + len(text[start:end]) - len(text[start:end].lstrip())
        for (start, end), goes_on in zip(places, encoder.continues_word[ids], strict=True)
        if not goes_on
    }
    words = {text.index(word) for word in ("The", "blankets", "zigzagging", "handle")}
    assert {place for place in begin if text[place].isascii()} - {0} == words - {0}
    assert text.index("客服") in begin
    assert text.index("差") in begin


def test_the_hidden_token_has_a_vector(encoder: PretrainedEncoder) -> None:
    assert 0 <= encoder.masked_token < encoder.network.get_input_embeddings().num_embeddings


@pytest.mark.parametrize(
    ("name", "changes", "message"),
    [
        ("config.json", {"max_position_embeddings": 12}, "positions for at least 16 tokens, got 12"),
        ("config.json", {"model_type": "none-such"}, "is not a checkpoint of transformers"),
        ("config.json", {"num_hidden_layers": 3}, "wanted all of its weights, got none of .*layer.2"),
    ],
)
def test_what_cannot_be_used_is_named(
    tmp_path: Path, name: str, changes: dict[str, object], message: str
) -> None:
    directory = write_encoder(tmp_path, "bert")
    if "max_position_embeddings" in changes:
        directory = write_encoder(tmp_path, "bert", **changes)
    else:
        change_json(directory / name, **changes)
    with pytest.raises(ModelConfigurationError, match=message):
        load_pretrained(directory, "path:/tiny")


def test_a_tokenizer_of_another_network_is_named(tmp_path: Path) -> None:
    directory = write_encoder(tmp_path, "bert", vocab_size=50)
    with pytest.raises(
        ModelConfigurationError, match=r"wanted a vector for each of the tokenizer's .* got 50"
    ):
        load_pretrained(directory, "path:/tiny")


def test_pickled_weights_are_not_loaded(tmp_path: Path) -> None:
    directory = write_encoder(tmp_path, "bert")
    (directory / "model.safetensors").rename(directory / "pytorch_model.bin")
    with pytest.raises(ModelConfigurationError, match=r"no \*.safetensors"):
        load_pretrained(directory, "path:/tiny")


def test_offset_positions_are_not_counted() -> None:
    """RoBERTa has 514 positions and takes 512 tokens; a missing limit falls back to 512."""
    assert window_tokens("roberta", 514, 10**30, 1) == 512
    assert window_tokens("bert", 512, 128, 0) == 128
    assert window_tokens("t5", None, 10**30, 0) == 512
