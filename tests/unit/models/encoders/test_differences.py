"""What fine-tuning changed: small, and added to the network from before it gives the network from after."""

import copy

import pytest
import torch
from torch import nn

from models.encoders.differences import add_difference, difference_of


def network() -> nn.Sequential:
    torch.manual_seed(1)
    return nn.Sequential(nn.Linear(6, 5), nn.LayerNorm(5), nn.Linear(5, 3))


def tuned(before: nn.Module, size: float) -> nn.Module:
    """A copy whose parameters were moved by about `size`."""
    after = copy.deepcopy(before)
    with torch.no_grad():
        for parameter in after.parameters():
            parameter.add_(size * torch.randn_like(parameter))
    return after


@pytest.mark.parametrize("size", [1e-3, 0.1, 10.0])
def test_the_difference_leads_to_the_tuned_network(size: float) -> None:
    """A matrix is off by at most half a step of 1/127 of its row's largest change, and what half precision rounds."""
    before = network()
    after = tuned(before, size)
    difference = difference_of(dict(before.named_parameters()), after)
    restored = copy.deepcopy(before)
    add_difference(restored, difference)
    for name, wanted in after.named_parameters():
        change = wanted - dict(before.named_parameters())[name]
        largest = change.abs().amax(dim=-1, keepdim=True)
        bound = largest * (0.5 / 127 + 1e-2 * (change.ndim > 1) + 1e-3) + 1e-6
        error = (restored.get_parameter(name) - wanted).abs()
        assert (error <= bound).all(), name
        assert error.max() < 0.02 * change.abs().max()


def test_only_what_changed_is_kept_in_eight_bits() -> None:
    """Untouched parameters take no room; a matrix takes a byte a weight and two a row."""
    before = network()
    after = copy.deepcopy(before)
    with torch.no_grad():
        after[0].weight[1, 2] += 0.5
        after[1].bias += 0.25
    difference = difference_of(dict(before.named_parameters()), after)
    assert {name: (tensor.dtype, tuple(tensor.shape)) for name, tensor in difference.items()} == {
        "0.weight.codes": (torch.int8, (5, 6)),
        "0.weight.scales": (torch.float16, (5,)),
        "1.bias": (torch.float16, (5,)),
    }


def test_a_parameter_that_was_not_there_before_was_zero() -> None:
    """What was new in training comes back whole on a network in which it is zero."""
    after = network()
    difference = difference_of({}, after)
    empty = copy.deepcopy(after)
    with torch.no_grad():
        for parameter in empty.parameters():
            parameter.zero_()
    add_difference(empty, difference)
    for name, wanted in after.named_parameters():
        assert torch.allclose(
            empty.get_parameter(name), wanted, atol=float(wanted.detach().abs().max()) / 100
        )


def test_a_difference_is_added_in_the_number_format_of_the_network() -> None:
    before = network()
    difference = difference_of(dict(before.named_parameters()), tuned(before, 0.1))
    half = copy.deepcopy(before).to(torch.bfloat16)
    add_difference(half, difference)
    assert {parameter.dtype for parameter in half.parameters()} == {torch.bfloat16}


def test_the_difference_of_another_network_does_not_fit() -> None:
    before = network()
    difference = difference_of(dict(before.named_parameters()), tuned(before, 0.1))
    with pytest.raises(KeyError):
        add_difference(nn.Linear(6, 5), difference)
    with pytest.raises(RuntimeError):
        add_difference(nn.Sequential(nn.Linear(7, 5), nn.LayerNorm(5), nn.Linear(5, 3)), difference)
