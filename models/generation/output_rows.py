"""The output matrix of a language model, of which only the rows that matter are computed."""

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import PreTrainedModel

# Above this share of the rows, gathering them costs more than it saves.
_LARGEST_SHARE = 0.5


class OutputRows(nn.Module):
    """Takes the place of a network's last linear layer, and computes the selected outputs alone.

    Args:
        layer: the one it takes the place of.
    """

    def __init__(self, layer: nn.Linear) -> None:
        super().__init__()
        self.layer = layer
        # In a pair, for a module takes a tensor of its own for a parameter.
        self._selected: tuple[Tensor, Tensor | None] = (layer.weight, layer.bias)

    @torch.inference_mode()
    def select(self, rows: Tensor | None) -> None:
        """Compute these outputs from now on, (selected,) int64, in this order; None: all of them."""
        weight, bias = self.layer.weight, self.layer.bias
        if rows is None:
            self._selected = (weight, bias)
            return
        rows = rows.to(weight.device)
        self._selected = (weight[rows], None if bias is None else bias[rows])

    def forward(self, states: Tensor) -> Tensor:
        """(..., width) to (..., selected)."""
        return functional.linear(states, *self._selected)


def install_output_rows(network: PreTrainedModel) -> OutputRows | None:
    """Put OutputRows in place; None where the network does more to its outputs than this layer."""
    layer = network.get_output_embeddings()
    final_bias = getattr(network, "final_logits_bias", None)
    if not isinstance(layer, nn.Linear) or (final_bias is not None and bool(final_bias.any())):
        return None
    if final_bias is not None:
        # A bias of all zeros, as wide as the vocabulary, that BART adds.
        network.register_buffer("final_logits_bias", torch.zeros(1, 1, device=layer.weight.device))
    rows = OutputRows(layer)
    network.set_output_embeddings(rows)
    return rows


def worth_slicing(selected: int, vocabulary: int) -> bool:
    """Whether computing the selected rows alone saves time."""
    return selected <= _LARGEST_SHARE * vocabulary
