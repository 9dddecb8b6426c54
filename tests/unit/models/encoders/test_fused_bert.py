"""The forward pass for a CPU against the plain one."""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from transformers import BertModel

from models.encoders.fused_bert import AttentionGroups, FusedBert, can_fuse, grouped_attention
from models.encoders.packed_bert import BertShape, PackedBert, SequenceAttention
from tests.unit.models.model_files import tiny_bert_config

LENGTHS = [1, 7, 40, 16, 23, 33, 40]


def network(dtype: torch.dtype, sharpened: float = 5) -> PackedBert:
    torch.manual_seed(1)
    reference = BertModel(tiny_bert_config()).eval()
    for (
        name,
        weight,
    ) in reference.named_parameters():  # what training gives: attention that prefers some tokens
        if name.endswith(("query.weight", "key.weight")):
            weight.data *= sharpened
    return (
        PackedBert(BertShape.from_config(reference.config.to_dict()), reference.state_dict()).to(dtype).eval()
    )


def token_ids(lengths: list[int]) -> Tensor:
    return torch.randint(0, 17, (sum(lengths),), generator=torch.Generator().manual_seed(3))


def attend(packed: Tensor, lengths: list[int]) -> Tensor:
    """Grouped attention of (tokens, 3, heads, head width)."""
    tokens, _, heads, _ = packed.shape
    return grouped_attention(packed.flatten(1), heads, *AttentionGroups.of(lengths, packed.dtype))[:tokens]


@torch.inference_mode()
def test_as_near_to_float32_as_the_plain_pass() -> None:
    """Layer by layer it is off no more than bfloat16 is in any case."""
    exact = network(torch.float32)(token_ids(LENGTHS), LENGTHS)
    plain = network(torch.bfloat16)(token_ids(LENGTHS), LENGTHS)
    fused = FusedBert(network(torch.bfloat16))(token_ids(LENGTHS), LENGTHS)
    assert [state.shape for state in fused] == [state.shape for state in exact]
    for wanted, unfused, found in zip(exact, plain, fused, strict=True):
        off, unavoidable = ((state.float() - wanted).abs() for state in (found, unfused))
        assert off.mean() <= 1.3 * unavoidable.mean()
        assert off.max() <= 2 * unavoidable.max()


@given(lengths=st.lists(st.integers(1, 200), min_size=1, max_size=20), seed=st.integers(0, 1000))
@settings(max_examples=40, deadline=None)
def test_grouped_attention_is_that_of_each_sequence(lengths: list[int], seed: int) -> None:
    """Whatever lengths come together, padding adds nothing, and every token gets its own result."""
    heads, width = 2, 8
    packed = torch.randn((sum(lengths), 3, heads, width), generator=torch.Generator().manual_seed(seed))
    packed = packed.bfloat16()
    scaled = packed.clone()
    scaled[:, 0] = (scaled[:, 0].float() * width**-0.5).bfloat16()
    with torch.inference_mode():
        expected = SequenceAttention(lengths)(packed.float())
        found = attend(scaled, lengths)
    torch.testing.assert_close(found.float(), expected, atol=0.05, rtol=0)


@torch.inference_mode()
def test_scores_beyond_all_measure_give_numbers() -> None:
    """Where exp would overflow, the result is still an average of values."""
    packed = torch.full((20, 3, 2, 8), 1e4, dtype=torch.bfloat16)
    packed[:, 2] = 1.0
    found = attend(packed, [13, 7])
    torch.testing.assert_close(found, torch.ones_like(found), atol=0.02, rtol=0)


@torch.inference_mode()
def test_in_float32_it_is_the_plain_pass() -> None:
    """What is done another way is only done another way: up to rounding the same vectors."""
    exact = network(torch.float32, sharpened=1)(token_ids(LENGTHS), LENGTHS)
    fused = FusedBert(network(torch.float32, sharpened=1))(token_ids(LENGTHS), LENGTHS)
    for wanted, found in zip(exact, fused, strict=True):
        torch.testing.assert_close(found, wanted, atol=2e-5, rtol=0)


def test_where_it_is_used() -> None:
    """On a CPU whose torch has oneDNN, and nowhere else."""
    assert can_fuse("cpu") is torch.backends.mkldnn.is_available()
    assert not can_fuse("cuda")
