"""Causal language models (Llama, Gemma, Qwen and so on) in the decode loop, their common prefix computed once."""

from collections.abc import Sequence
from itertools import takewhile

import torch
from torch import Tensor
from transformers import DynamicCache, PreTrainedModel

from models.generation.attention import ATTENTION_NAME, LayerStates, shared_prefix
from models.generation.key_value_cache import cache_beside, roomy_cache
from models.generation.output_rows import install_output_rows
from models.generation.steps import Prompt, batches_by_length

# A shorter one is not worth a pass of its own.
_SHORTEST_PREFIX = 8


class CausalNetwork:
    """See `models.generation.steps.Network`.

    Args:
        network: for causal language modelling, on its device.
        device: that it is on.
        shares_prefix: whether what prompts begin with is computed once; False: to compare.
    """

    def __init__(self, network: PreTrainedModel, device: str, *, shares_prefix: bool = True) -> None:
        self.device = device
        self.network = network
        config = network.config.get_text_config(decoder=True)
        self.vocabulary = int(network.get_output_embeddings().weight.shape[0])
        self.positions: int | None = getattr(config, "max_position_embeddings", None)
        self.layers = int(config.num_hidden_layers)
        self._window: int | None = getattr(config, "sliding_window", None)
        self._outputs = install_output_rows(network)
        # Another attention finds the prefix in the cache, a copy for each row.
        self.attends_beside: bool = config._attn_implementation == ATTENTION_NAME  # noqa: SLF001 - no other way
        self._shares_prefix = shares_prefix
        self._prefixes: dict[tuple[int, ...], list[LayerStates]] = {}

    def batches(self, prompts: Sequence[Prompt], most_rows: int) -> list[list[int]]:
        """Of similar lengths, for shorter ones are padded."""
        return batches_by_length(
            [len(one.tokens) for one in prompts], [one.samples for one in prompts], most_rows
        )

    def select(self, rows: Tensor | None) -> bool:
        """See `models.generation.steps.Network`."""
        if self._outputs is None:
            return rows is None
        self._outputs.select(rows)
        return True

    def begin(self, prompts: Sequence[Prompt]) -> "CausalSteps":
        """See `models.generation.steps.Network`."""
        # A batch may have more in common by chance; what its template begins with is computed once for all.
        common = common_prefix([prompt.tokens for prompt in prompts])
        places = max(len(prompt.tokens) for prompt in prompts) + max(prompt.max_tokens for prompt in prompts)
        if self._window is not None and places > self._window:
            # transformers counts the window in places of a row: padding behind the prefix would push the prefix out.
            common = ()
        known = (prefix for prefix in self._prefixes if common[: len(prefix)] == prefix)
        prefix = max(known, key=len, default=())
        return CausalSteps(self, prompts, len(prefix), self._prefixes.get(prefix, []))

    @torch.inference_mode()
    def remember_prefix(self, prefix: Sequence[int]) -> None:
        """Compute what all prompts of a template begin with, before the first of them comes."""
        if not self._shares_prefix or len(prefix) < _SHORTEST_PREFIX:
            return
        cache = DynamicCache()
        tokens = torch.tensor([list(prefix)], device=self.device)
        self.network.base_model(input_ids=tokens, past_key_values=cache, use_cache=True)
        self._prefixes[tuple(prefix)] = [(layer.keys, layer.values) for layer in cache.layers]


class CausalSteps:
    """See `models.generation.steps.Steps`; a row is the prefix, padding, its prompt, its phrase.

    Args:
        owner: the network.
        prompts: a row each until they are repeated for their samples.
        shared: tokens that all of them begin with.
        prefix: keys and values of these.
    """

    def __init__(
        self, owner: CausalNetwork, prompts: Sequence[Prompt], shared: int, prefix: Sequence[LayerStates]
    ) -> None:
        self._network = owner.network
        self._device = owner.device
        self._shared = shared
        self._own = [prompt.tokens[shared:] for prompt in prompts]
        self._samples = [prompt.samples for prompt in prompts]
        width = max(map(len, self._own))
        room = shared + width + max(prompt.max_tokens for prompt in prompts)
        self._width = width
        self._beside = prefix if owner.attends_beside else ()
        self._cache = (
            cache_beside(prefix, room, owner.layers)
            if owner.attends_beside
            else roomy_cache(prefix, len(prompts), room, owner.layers)
        )
        self._is_token = torch.ones((len(prompts), room), dtype=torch.long)
        for row, tokens in enumerate(self._own):
            self._is_token[row, shared : shared + width - len(tokens)] = 0
        self._is_token = self._is_token.to(self._device)
        self._filled = shared

    @torch.inference_mode()
    def start(self) -> Tensor:
        """See `models.generation.steps.Steps`."""
        tokens = torch.tensor([[0] * (self._width - len(own)) + list(own) for own in self._own])
        lengths = torch.tensor(list(map(len, self._own)))
        positions = self._shared + torch.arange(self._width) - (self._width - lengths)[:, None]
        outputs = self._forward(tokens.to(self._device), positions.clamp(min=0).to(self._device))
        self._next_position = (self._shared + lengths).to(self._device)
        rows = torch.repeat_interleave(
            torch.arange(len(self._own), device=self._device),
            torch.tensor(self._samples, device=self._device),
        )
        self.keep(rows)
        return outputs[rows]

    @torch.inference_mode()
    def step(self, tokens: Tensor) -> Tensor:
        """See `models.generation.steps.Steps`."""
        outputs = self._forward(tokens.to(self._device)[:, None], self._next_position[:, None])
        self._next_position = self._next_position + 1
        return outputs

    @torch.inference_mode()
    def keep(self, rows: Tensor) -> None:
        """See `models.generation.steps.Steps`."""
        rows = rows.to(self._device)
        for layer in self._cache.layers:
            layer.batch_select_indices(rows)
        self._is_token = self._is_token[rows]
        self._next_position = self._next_position[rows]

    def _forward(self, tokens: Tensor, positions: Tensor) -> Tensor:
        self._filled += tokens.shape[1]
        with shared_prefix(self._beside):
            outputs: Tensor = self._network(
                input_ids=tokens,
                attention_mask=self._is_token[:, : self._filled],
                position_ids=positions,
                past_key_values=self._cache,
                use_cache=True,
                logits_to_keep=1,
            ).logits
        return outputs[:, -1]


def common_prefix(prompts: Sequence[Sequence[int]]) -> tuple[int, ...]:
    """What all of them begin with, without the last token of the shortest: something is left to run.

    >>> common_prefix([[1, 2, 3, 4], [1, 2, 5]]), common_prefix([[1, 2], [1, 2, 3]])
    ((1, 2), (1,))
    """
    same = takewhile(lambda column: len(set(column)) == 1, zip(*prompts, strict=False))
    return tuple(column[0] for column in same)[: min(map(len, prompts)) - 1]
