"""The English encoder on OpenVINO (extra `openvino`): the same weights and vectors, on a CPU faster than torch."""

import threading
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from models.devices import ComputePlan
from models.minilm_encoder import FEATURE_LAYERS
from models.packed_bert import PackedBert


class OpenVinoEncoder:
    """See `models.minilm_encoder.Encoder`. Rows are padded, so batches of similar lengths are cheaper.

    Args:
        bert: the network, adapter merged.
        plan: dtype and streams; the device is the CPU.
    """

    packs = False

    def __init__(self, bert: PackedBert, plan: ComputePlan) -> None:
        import openvino  # noqa: PLC0415 - an extra

        example = torch.ones((2, 8), dtype=torch.long)
        any_shape = openvino.PartialShape([-1, -1])
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore"
            )  # its converter calls what torch has deprecated, and traces shapes
            network = openvino.convert_model(
                _PaddedStates(bert).eval(), example_input=(example, example), input=[any_shape, any_shape]
            )
        precision = "bf16" if plan.dtype is torch.bfloat16 else "f32"
        self._compiled = openvino.Core().compile_model(
            network,
            "CPU",
            {
                "INFERENCE_PRECISION_HINT": precision,
                "NUM_STREAMS": str(plan.streams),
                "INFERENCE_NUM_THREADS": plan.streams,
            },
        )
        self._of_thread = threading.local()

    def states(self, windows: Sequence[Sequence[int]]) -> Tensor:
        """The windows' token vectors end to end: (tokens, width) float32."""
        lengths = np.array([len(window) for window in windows])
        token_ids = np.zeros((len(windows), lengths.max()), dtype=np.int64)
        for row, window in zip(token_ids, windows, strict=True):
            row[: len(window)] = window
        is_token = np.arange(token_ids.shape[1]) < lengths[:, None]
        states = self._request().infer([token_ids, is_token.astype(np.int64)])[0]
        return torch.from_numpy(states[is_token])

    def _request(self) -> Any:
        """An inference request of this thread's own: one takes one call at a time."""
        if not hasattr(self._of_thread, "request"):
            self._of_thread.request = self._compiled.create_infer_request()
        return self._of_thread.request


class _PaddedStates(nn.Module):
    """The encoder over padded rows: (rows, tokens) ids and mask to (rows, tokens, width) of FEATURE_LAYERS."""

    def __init__(self, bert: PackedBert) -> None:
        super().__init__()
        self.bert = bert

    def forward(self, token_ids: Tensor, is_token: Tensor) -> Tensor:
        bert = self.bert
        places = bert.positions(torch.arange(token_ids.shape[1]))
        hidden = bert.norm(bert.words(token_ids) + places + bert.segments.weight[0])
        mask = is_token.bool()[:, None, None, :]
        states = []
        for number, layer in enumerate(bert.layers, start=1):
            hidden = _layer(layer, hidden, mask)
            if number in FEATURE_LAYERS:
                states.append(hidden)
        return torch.cat(states, dim=2)


def _layer(layer: Any, hidden: Tensor, mask: Tensor) -> Tensor:
    """One layer of `models.packed_bert`, with its weights, over padded rows."""
    rows, tokens, width = hidden.shape
    weight, bias = layer.query_key_value.weight, layer.query_key_value.bias
    # Three products, not one: OpenVINO fuses attention only where it finds query, key and value apart.
    query, key, value = (
        functional.linear(hidden, weight[begin : begin + width], bias[begin : begin + width])
        .view(rows, tokens, layer.heads, width // layer.heads)
        .transpose(1, 2)
        for begin in (0, width, 2 * width)
    )
    attended = functional.scaled_dot_product_attention(query, key, value, attn_mask=mask)
    attended = attended.transpose(1, 2).reshape(rows, tokens, width)
    hidden = layer.attention_norm(layer.attention_output(attended) + hidden)
    output: Tensor = layer.output_norm(layer.narrow(functional.gelu(layer.widen(hidden))) + hidden)
    return output
