"""The packed forward pass against transformers' own."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import BertModel

from models.encoders.packed_bert import BertShape, PackedBert, PaddedAttention, SequenceAttention
from models.errors import ModelConfigurationError
from tests.unit.models.model_files import tiny_bert_config


@pytest.fixture(scope="module")
def reference() -> BertModel:
    torch.manual_seed(1)
    return BertModel(tiny_bert_config()).eval()


@pytest.fixture(scope="module")
def packed(reference: BertModel) -> PackedBert:
    shape = BertShape.from_config(reference.config.to_dict())
    return PackedBert(shape, reference.state_dict()).eval()


def sequences(lengths: list[int], seed: int = 0) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return [torch.randint(0, 17, (length,), generator=generator) for length in lengths]


@torch.inference_mode()
def test_equals_the_reference_at_every_layer(reference: BertModel, packed: PackedBert) -> None:
    """Each sequence of a packed row has the hidden states it has alone in transformers, within 1e-5."""
    batch = sequences([1, 7, 40, 7, 23])
    states = packed(torch.cat(batch), [len(sequence) for sequence in batch])
    assert len(states) == 4
    start = 0
    for sequence in batch:
        wanted = reference(sequence[None], output_hidden_states=True).hidden_states
        for layer, expected in zip(states, wanted, strict=True):
            torch.testing.assert_close(layer[start : start + len(sequence)], expected[0], atol=1e-5, rtol=0)
        start += len(sequence)


@given(
    lengths=st.lists(st.integers(1, 30), min_size=1, max_size=8), seed=st.integers(0, 1000), data=st.data()
)
@settings(max_examples=40, deadline=None)
def test_company_and_order_change_nothing(
    packed: PackedBert, lengths: list[int], seed: int, data: st.DataObject
) -> None:
    """A sequence's hidden states do not depend on which others share the row, or where it stands, but for rounding.

    Kernels of other shapes add in another order: up to 2e-5 was seen.
    """
    batch = sequences(lengths, seed)
    order = data.draw(st.permutations(range(len(batch))))
    with torch.inference_mode():
        shuffled = packed(torch.cat([batch[i] for i in order]), [lengths[i] for i in order])[-1]
        for position, index in enumerate(order):
            start = sum(lengths[i] for i in order[:position])
            alone = packed(batch[index], [lengths[index]])[-1]
            torch.testing.assert_close(shuffled[start : start + lengths[index]], alone, atol=5e-5, rtol=0)


@given(lengths=st.lists(st.integers(1, 30), min_size=1, max_size=8), seed=st.integers(0, 1000))
@settings(max_examples=40, deadline=None)
def test_padded_attention_is_that_of_each_sequence(lengths: list[int], seed: int) -> None:
    """What an accelerator computes in one call is what a CPU computes sequence by sequence."""
    generator = torch.Generator().manual_seed(seed)
    packed = torch.randn((sum(lengths), 3, 2, 8), generator=generator)
    with torch.inference_mode():
        expected = SequenceAttention(lengths)(packed)
        found = PaddedAttention(lengths, torch.device("cpu"))(packed)
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=0)


@pytest.mark.parametrize("change", [{"model_type": "roberta"}, {"hidden_act": "relu"}])
def test_other_networks_are_refused(change: dict[str, str]) -> None:
    """A network that computes differently is named, not computed wrongly."""
    with pytest.raises(ModelConfigurationError, match=next(iter(change))):
        BertShape.from_config(tiny_bert_config().to_dict() | change)
