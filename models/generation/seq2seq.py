"""Sequence-to-sequence models (T5, BART, Pegasus) in the decode loop: a prompt is encoded once for all its samples."""

from collections.abc import Sequence

import torch
from torch import Tensor
from transformers import DynamicCache, EncoderDecoderCache, PreTrainedModel
from transformers.modeling_outputs import BaseModelOutput

from models.generation.output_rows import install_output_rows
from models.generation.steps import Prompt, batches_by_length


class Seq2SeqNetwork:
    """See `models.generation.steps.Network`.

    Args:
        network: encoder and decoder, on its device.
        device: that it is on.
    """

    def __init__(self, network: PreTrainedModel, device: str) -> None:
        self.device = device
        self.network = network
        config = network.config
        self.vocabulary = int(network.get_output_embeddings().weight.shape[0])
        self.positions: int | None = getattr(config, "max_position_embeddings", None)
        start = config.decoder_start_token_id
        self.start_token = int(config.pad_token_id if start is None else start)
        self._outputs = install_output_rows(network)

    def batches(self, prompts: Sequence[Prompt], most_rows: int) -> list[list[int]]:
        """Of openings of one length, for a decoder is not padded; of similar lengths of the prompts."""
        found: list[list[int]] = []
        for length in sorted({len(prompt.opening) for prompt in prompts}):
            places = [place for place, prompt in enumerate(prompts) if len(prompt.opening) == length]
            batches = batches_by_length(
                [len(prompts[place].tokens) for place in places],
                [prompts[place].samples for place in places],
                most_rows,
            )
            found += [[places[index] for index in batch] for batch in batches]
        return found

    def select(self, rows: Tensor | None) -> bool:
        """See `models.generation.steps.Network`."""
        if self._outputs is None:
            return rows is None
        self._outputs.select(rows)
        return True

    def begin(self, prompts: Sequence[Prompt]) -> "Seq2SeqSteps":
        """See `models.generation.steps.Network`."""
        return Seq2SeqSteps(self, prompts)


class Seq2SeqSteps:
    """See `models.generation.steps.Steps`.

    Args:
        owner: the network.
        prompts: with openings of one length.
    """

    def __init__(self, owner: Seq2SeqNetwork, prompts: Sequence[Prompt]) -> None:
        self._network = owner.network
        self._device = owner.device
        self._prompts = prompts
        self._start_token = owner.start_token
        self._cache = EncoderDecoderCache(DynamicCache(), DynamicCache())

    @torch.inference_mode()
    def start(self) -> Tensor:
        """See `models.generation.steps.Steps`."""
        width = max(len(prompt.tokens) for prompt in self._prompts)
        tokens = torch.zeros((len(self._prompts), width), dtype=torch.long)
        is_token = torch.zeros_like(tokens)
        for row, prompt in enumerate(self._prompts):
            tokens[row, : len(prompt.tokens)] = torch.tensor(prompt.tokens)
            is_token[row, : len(prompt.tokens)] = 1
        is_token = is_token.to(self._device)
        encoded = self._network.get_encoder()(input_ids=tokens.to(self._device), attention_mask=is_token)
        rows = torch.repeat_interleave(
            torch.arange(len(self._prompts)), torch.tensor([prompt.samples for prompt in self._prompts])
        )
        self._states = encoded.last_hidden_state[rows.to(self._device)]
        self._is_token = is_token[rows.to(self._device)]
        begun = torch.tensor([(self._start_token, *prompt.opening) for prompt in self._prompts])
        return self._forward(begun[rows])

    @torch.inference_mode()
    def step(self, tokens: Tensor) -> Tensor:
        """See `models.generation.steps.Steps`."""
        return self._forward(tokens[:, None])

    @torch.inference_mode()
    def keep(self, rows: Tensor) -> None:
        """See `models.generation.steps.Steps`."""
        rows = rows.to(self._device)
        self._states, self._is_token = self._states[rows], self._is_token[rows]
        for layer in (*self._cache.self_attention_cache.layers, *self._cache.cross_attention_cache.layers):
            layer.batch_select_indices(rows)

    def _forward(self, tokens: Tensor) -> Tensor:
        outputs: Tensor = self._network(
            encoder_outputs=BaseModelOutput(last_hidden_state=self._states),
            attention_mask=self._is_token,
            decoder_input_ids=tokens.to(self._device),
            past_key_values=self._cache,
            use_cache=True,
        ).logits
        return outputs[:, -1]
