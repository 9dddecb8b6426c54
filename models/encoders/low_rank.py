"""Low-rank adaptation of linear layers (LoRA, Hu et al. 2021), to be trained, saved, and merged for serving."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional


class LowRankLinear(nn.Module):
    """A frozen linear layer with an update to learn: `layer(x) + up(down(x))`. The update is zero at first.

    Args:
        layer: the frozen one.
        rank: of the update.
    """

    def __init__(self, layer: nn.Linear, rank: int) -> None:
        super().__init__()
        self.layer = layer
        self.down = nn.Parameter(torch.randn(rank, layer.in_features) / layer.in_features**0.5)
        self.up = nn.Parameter(torch.zeros(layer.out_features, rank))

    @property
    def weight(self) -> Tensor:
        """The frozen one, of which some networks ask the type."""
        return self.layer.weight

    def forward(self, inputs: Tensor) -> Tensor:
        """(..., inputs) to (..., outputs)."""
        # Beside the layer and not within its weight, whose gradient nobody needs: a third of the time.
        update = functional.linear(functional.linear(inputs, self.down), self.up)
        outputs: Tensor = self.layer(inputs) + update
        return outputs


def add_adapter(network: nn.Module, rank: int, leave_out: nn.Module | None = None) -> list[nn.Parameter]:
    """Let every linear layer of a frozen network but one learn an update; returns the parameters to train."""
    linear = [
        name
        for name, module in network.named_modules()
        if isinstance(module, nn.Linear) and module is not leave_out
    ]
    parameters: list[nn.Parameter] = []
    for name in linear:
        parent, _, child = name.rpartition(".")
        adapted = LowRankLinear(network.get_submodule(name), rank)  # type: ignore[arg-type]
        setattr(network.get_submodule(parent), child, adapted)
        parameters += [adapted.down, adapted.up]
    return parameters


def adapter_weights(network: nn.Module) -> dict[str, Tensor]:
    """What was learnt: `LAYER.down` (rank, inputs) and `LAYER.up` (outputs, rank) of each adapted layer."""
    return {
        f"{name}.{part}": getattr(module, part).detach().clone()
        for name, module in network.named_modules()
        if isinstance(module, LowRankLinear)
        for part in ("down", "up")
    }


def is_factor(name: str) -> bool:
    """Whether a parameter of this name is part of an update that is learnt.

    >>> is_factor("layers.0.widen.up"), is_factor("layers.0.widen.layer.weight")
    (True, False)
    """
    return name.endswith((".down", ".up"))


@torch.no_grad()
def merge_adapter(network: nn.Module, weights: Mapping[str, Tensor]) -> None:
    """Add saved updates to the weights of a plain network, which then costs what it cost before.

    Raises:
        AttributeError, RuntimeError: they belong to another network.
    """
    for name in sorted({name.rpartition(".")[0] for name in weights}):
        weight: Tensor = network.get_submodule(name).weight  # type: ignore[assignment]
        weight.add_((weights[f"{name}.up"].float() @ weights[f"{name}.down"].float()).to(weight.dtype))
