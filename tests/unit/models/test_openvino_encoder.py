"""The encoder on OpenVINO: another engine, the same answers."""

import pytest
import torch

from models.devices import ComputePlan, choose_engine
from models.errors import ModelConfigurationError
from models.loading import LoadOptions, load_reader
from models.minilm_encoder import MiniLmEncoder, encoder_directory, encoder_tokeniser, load_packed_bert
from tests.unit.models.review_sentences import ENGLISH

pytest.importorskip("openvino", reason="the extra openvino is not installed")
from models.openvino_encoder import OpenVinoEncoder

pytestmark = pytest.mark.model
PLAN = ComputePlan("cpu", torch.float32, streams=2)


def test_vectors_are_those_of_torch() -> None:
    """Short and long reviews, one of several windows, in one batch: the same token vectors up to rounding."""
    texts = ["Fine.", "It broke after a week and nobody answered my letters.", "A long story. " * 200]
    files = encoder_directory()
    windows = [window for text in encoder_tokeniser(files)(texts) for window in text.windows]
    expected = MiniLmEncoder(load_packed_bert(files), PLAN).states(windows)
    found = OpenVinoEncoder(load_packed_bert(files), PLAN).states(windows)
    assert found.shape == expected.shape
    assert torch.allclose(found, expected, atol=2e-3)


def test_labels_are_those_of_torch() -> None:
    """In the dtype that serves here, nearly every review gets the same label from both engines."""
    texts = list(ENGLISH)
    ours = load_reader("builtin:minilm-reviews-en", LoadOptions(device="cpu"))
    other = load_reader("builtin:minilm-reviews-en", LoadOptions(device="cpu", engine="openvino"))
    assert not other.packs
    assert other.version == ours.version
    pairs = zip(ours.forward(ours.tokenise(texts)), other.forward(other.tokenise(texts)), strict=True)
    assert sum(a.sentiment.label == b.sentiment.label for a, b in pairs) / len(texts) >= 0.97


@pytest.mark.parametrize(
    ("requested", "device", "has_openvino"),
    [("openvino", "cpu", False), ("openvino", "cuda", True), ("tensorrt", "cpu", True)],
)
def test_an_engine_that_cannot_be_had_is_an_error(requested: str, device: str, has_openvino: bool) -> None:
    """It says what was wanted, what is there, and what to do; nothing else is silently taken instead."""
    with pytest.raises(ModelConfigurationError, match="engine"):
        choose_engine(requested, device, has_openvino=has_openvino)
