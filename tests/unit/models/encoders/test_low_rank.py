"""The adapter: nothing at first, the same when merged."""

import torch
from torch import nn

from models.encoders.low_rank import adapter_weights, add_adapter, merge_adapter


def network() -> nn.Sequential:
    torch.manual_seed(3)
    return nn.Sequential(nn.Linear(6, 8), nn.GELU(), nn.Linear(8, 4))


def test_a_new_adapter_changes_nothing() -> None:
    """Before training the adapted network is the network."""
    inputs = torch.randn(5, 6)
    adapted = network()
    assert len(add_adapter(adapted, rank=2)) == 4
    assert torch.equal(adapted(inputs), network()(inputs))


def test_merging_gives_what_was_trained() -> None:
    """A plain network with the saved updates merged answers like the one that learnt them, and nothing else moved."""
    inputs = torch.randn(5, 6)
    adapted = network().requires_grad_(requires_grad=False)
    parameters = add_adapter(adapted, rank=2)
    optimizer = torch.optim.SGD(parameters, lr=0.5)
    for _ in range(3):
        optimizer.zero_grad()
        adapted(inputs).square().sum().backward()
        optimizer.step()
    weights = adapter_weights(adapted)
    assert sorted(weights) == ["0.down", "0.up", "2.down", "2.up"]
    plain = network()
    before = plain(inputs)
    merge_adapter(plain, weights)
    assert torch.allclose(plain(inputs), adapted(inputs), atol=1e-5)
    assert not torch.allclose(plain(inputs), before, atol=1e-3)
    assert torch.equal(plain[0].bias, network()[0].bias)
