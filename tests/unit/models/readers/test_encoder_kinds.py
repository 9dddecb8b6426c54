"""Encoders by name: what is served is what was trained, and nothing that was new is left at random."""

import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers

from models.devices import ComputePlan
from models.encoders.differences import difference_of
from models.errors import ModelConfigurationError
from models.readers import encoder_kinds
from models.readers.encoder_kinds import encoder_kind
from tests.unit.models.universal_network_files import PIECES, tiny_table, tiny_weights

PLAN = ComputePlan("cpu", torch.float32)


def test_an_unknown_encoder_is_named() -> None:
    with pytest.raises(
        ModelConfigurationError, match=r"encoder: wanted minilm, universal, path:.*, got 'bert'"
    ):
        encoder_kind("bert")


def test_a_hub_model_needs_a_revision() -> None:
    """Else its weights could change between training and serving."""
    with pytest.raises(ModelConfigurationError, match="needs a revision"):
        encoder_kind("hf:organisation/encoder")


@pytest.fixture
def _tiny_package(monkeypatch: pytest.MonkeyPatch) -> None:
    pieces = ["<unk>", "<s>", "</s>", "▁", *(chr(ord("a") + number) for number in range(26))]
    pieces += ["▁" + "a" * number for number in range(1, 1 + PIECES - len(pieces))]
    tokenizer = Tokenizer(models.Unigram([(piece, -1.0) for piece in pieces], unk_id=0))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
    monkeypatch.setattr(encoder_kinds, "universal_directory", lambda: None)
    monkeypatch.setattr(encoder_kinds, "load_weights", lambda _: (tiny_table(), tiny_weights()))
    monkeypatch.setattr(encoder_kinds, "load_tokenizer", lambda _: tokenizer)


@pytest.mark.usefixtures("_tiny_package")
def test_the_universal_encoder_is_served_as_it_was_trained() -> None:
    """Pretrained and new parameters alike; of the new ones nothing is left at random."""
    kind = encoder_kind("universal")
    encoder = kind.to_train(PLAN)
    network = encoder.network.eval()
    names = dict(network.named_parameters())
    before = {name: one.detach().clone() for name, one in names.items() if not kind.is_new(name)}
    assert {name.partition(".")[0] for name in before} == {"windows", "norm"}
    with torch.no_grad():
        for name, parameter in names.items():
            if name.endswith(("first.weight", "norm.bias")):
                parameter.add_(0.05 * torch.randn_like(parameter))
    difference = difference_of(before, network)
    served = kind.to_serve(difference, PLAN)
    windows = [list(one.windows[0]) for one in encoder.tokenise(["a cab", "aa", "feed a bee"])]
    with torch.inference_mode():
        wanted, got = encoder.states(windows), served.states(windows)
    assert (got - wanted).abs().max() < 0.05 * wanted.abs().max()
    assert torch.equal(served.states(windows), served.states(windows))


@pytest.mark.usefixtures("_tiny_package")
def test_a_reader_of_another_number_format_is_nearly_the_same() -> None:
    """The table is read as exactly as in single precision: only what is computed from it is rounded."""
    kind = encoder_kind("universal")
    difference = difference_of({}, kind.to_train(PLAN).network)
    exact, rounded = (
        kind.to_serve(difference, ComputePlan("cpu", dtype))  # type: ignore[attr-defined]
        for dtype in (torch.float32, torch.bfloat16)
    )
    ids = torch.arange(PIECES)[None]
    wanted = exact.network._vectors(ids)
    got = rounded.network._vectors(ids)
    assert got.dtype == torch.bfloat16
    assert torch.equal(got, wanted.to(torch.bfloat16))
