"""What fine-tuning changed in a network: eight bits a weight and a scale a row, or the factors of low-rank updates."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from models.encoders.low_rank import adapter_weights, is_factor, merge_adapter

_HIGHEST_CODE = 127
_CODES, _SCALES = ".codes", ".scales"


def difference_of(before: Mapping[str, Tensor], after: nn.Module) -> dict[str, Tensor]:
    """What has to be added to `before` for `after`, of the parameters that differ.

    Args:
        before: parameters by name, as `after` names them; one that is missing was zero.
        after: the fine-tuned network, perhaps with updates of `models.encoders.low_rank`.

    Returns:
        `NAME.codes`, int8, and `NAME.scales`, float16, of each matrix; `NAME`, float16, of each vector; `LAYER.down`
        and `LAYER.up`, float16, of each low-rank update.
    """
    difference = {name: factor.half() for name, factor in adapter_weights(after).items()}
    for name, parameter in after.named_parameters():
        if name in difference:
            continue
        change = parameter.detach().float()
        if name in before:
            change = change - before[name].float()
        if not change.any():
            continue
        if change.ndim <= 1:
            difference[name] = change.half()
            continue
        scales = (change.flatten(1).abs().amax(dim=1) / _HIGHEST_CODE).half().clamp(min=1e-7)
        difference[name + _CODES] = (
            torch.round(change / _by_row(scales, change)).clamp(-127, 127).to(torch.int8)
        )
        difference[name + _SCALES] = scales
    return difference


@torch.no_grad()
def add_difference(network: nn.Module, difference: Mapping[str, Tensor]) -> None:
    """Turn a network into the fine-tuned one, up to rounding. Low-rank updates end in its weights, and cost nothing.

    Raises:
        AttributeError, KeyError, RuntimeError: it belongs to another network.
    """
    parameters = dict(network.named_parameters())
    merge_adapter(network, {name: tensor for name, tensor in difference.items() if is_factor(name)})
    for key, tensor in difference.items():
        if key.endswith(_SCALES) or is_factor(key):
            continue
        name = key.removesuffix(_CODES)
        change = (
            tensor.float() * _by_row(difference[name + _SCALES], tensor) if key.endswith(_CODES) else tensor
        )
        parameters[name].add_(change.to(parameters[name].dtype))


def _by_row(scales: Tensor, matrix: Tensor) -> Tensor:
    """(rows,), so that it can be multiplied with a matrix, or with the filters of a convolution."""
    return scales.float().view(-1, *[1] * (matrix.ndim - 1))
