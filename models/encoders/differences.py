"""What fine-tuning changed in a network, in a quarter of the bytes: eight bits a weight, a scale a row."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

_HIGHEST_CODE = 127
_CODES, _SCALES = ".codes", ".scales"


def difference_of(before: Mapping[str, Tensor], after: nn.Module) -> dict[str, Tensor]:
    """What has to be added to `before` for `after`, of the parameters that differ.

    Args:
        before: parameters by name, as `after` names them; one that is missing was zero.
        after: the fine-tuned network.

    Returns:
        `NAME.codes`, int8, and `NAME.scales`, float16, of each matrix; `NAME`, float16, of each vector.
    """
    difference: dict[str, Tensor] = {}
    for name, parameter in after.named_parameters():
        change = parameter.detach().float()
        if name in before:
            change = change - before[name].float()
        if not change.any():
            continue
        if change.ndim == 1:
            difference[name] = change.half()
            continue
        scales = (change.abs().amax(dim=1) / _HIGHEST_CODE).half().clamp(min=1e-7)
        difference[name + _CODES] = (
            torch.round(change / scales.float()[:, None]).clamp(-127, 127).to(torch.int8)
        )
        difference[name + _SCALES] = scales
    return difference


@torch.no_grad()
def add_difference(network: nn.Module, difference: Mapping[str, Tensor]) -> None:
    """Turn a network into the fine-tuned one, up to rounding.

    Raises:
        KeyError, RuntimeError: it belongs to another network.
    """
    parameters = dict(network.named_parameters())
    for key, tensor in difference.items():
        if key.endswith(_SCALES):
            continue
        name = key.removesuffix(_CODES)
        change = (
            tensor.float() * difference[name + _SCALES].float()[:, None] if key.endswith(_CODES) else tensor
        )
        parameters[name].add_(change.to(parameters[name].dtype))
