"""Pairs as tokens, in batches, and the loss of a batch: of causal and of sequence-to-sequence models."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional
from transformers import PreTrainedModel

from models.generation.prompts import PromptForm, prompt_tokens
from models.training.corpora.phrase_pairs import PhrasePair

_IGNORED = -100


class PhraseExample(NamedTuple):
    """One pair.

    Attributes:
        prompt: tokens that are read.
        phrase: tokens that are to be written, up to the end of the text.
        outputs: the network's outputs that stand for these, where it has not one for each token; else empty.
    """

    prompt: tuple[int, ...]
    phrase: tuple[int, ...]
    outputs: tuple[int, ...] = ()


def examples_of(
    tokenizer: Any, pairs: Iterable[PhrasePair], form: PromptForm, *, encoder: bool
) -> list[PhraseExample]:
    """The pairs as a model reads and writes them when it serves.

    Args:
        tokenizer: of transformers, a fast one.
        pairs: in order.
        form: of the prompt.
        encoder: whether the model is a sequence-to-sequence one.
    """
    end = () if tokenizer.eos_token_id is None else (int(tokenizer.eos_token_id),)
    backend = tokenizer.backend_tokenizer
    return [
        PhraseExample(
            tuple(prompt_tokens(tokenizer, pair.request(), form, encoder=encoder)),
            (*backend.encode(pair.phrase, add_special_tokens=False).ids, *end),
        )
        for pair in pairs
    ]


def batches_of(examples: Sequence[PhraseExample], size: int) -> list[list[PhraseExample]]:
    """Batches of similar lengths, short ones first; of one length in the order given."""
    ordered = sorted(examples, key=lambda one: len(one.prompt) + len(one.phrase))
    return [ordered[first : first + size] for first in range(0, len(ordered), size)]


def phrase_loss(network: PreTrainedModel, batch: Sequence[PhraseExample]) -> tuple[Tensor, int]:
    """The sum of the cross-entropies of the phrases' tokens, nats, and how many they are."""
    logits, wanted = (
        _of_decoder(network, batch) if network.config.is_encoder_decoder else _of_causal(network, batch)
    )
    loss = functional.cross_entropy(
        logits.float().flatten(0, 1), wanted.flatten(), ignore_index=_IGNORED, reduction="sum"
    )
    return loss, sum(len(one.phrase) for one in batch)


def _of_causal(network: PreTrainedModel, batch: Sequence[PhraseExample]) -> tuple[Tensor, Tensor]:
    """Outputs at the phrases' positions alone, (rows, longest phrase, vocabulary), and the tokens there.

    Prompts are padded on the left and phrases on the right, so that the phrases stand below each other.
    """
    width, longest = max(len(one.prompt) for one in batch), max(len(one.phrase) for one in batch)
    # What is behind a phrase's last token is not run.
    tokens = torch.zeros((len(batch), width + longest - 1), dtype=torch.long)
    is_token = torch.zeros_like(tokens)
    for row, (prompt, phrase, _) in enumerate(batch):
        begin, end = width - len(prompt), width + len(phrase) - 1
        tokens[row, begin:end] = torch.tensor([*prompt, *phrase[:-1]])
        is_token[row, begin:end] = 1
    positions = (is_token.cumsum(dim=1) - 1).clamp(min=0)
    logits: Tensor = network(
        input_ids=tokens,
        attention_mask=is_token,
        position_ids=positions,
        use_cache=False,
        logits_to_keep=longest,
    ).logits
    return logits, _wanted(batch, longest)


def _of_decoder(network: PreTrainedModel, batch: Sequence[PhraseExample]) -> tuple[Tensor, Tensor]:
    width, longest = max(len(one.prompt) for one in batch), max(len(one.phrase) for one in batch)
    tokens = torch.zeros((len(batch), width), dtype=torch.long)
    is_token = torch.zeros_like(tokens)
    start = network.config.decoder_start_token_id
    begun = torch.full((len(batch), longest), network.config.pad_token_id if start is None else start)
    for row, (prompt, phrase, _) in enumerate(batch):
        tokens[row, : len(prompt)] = torch.tensor(prompt)
        is_token[row, : len(prompt)] = 1
        begun[row, 1 : len(phrase)] = torch.tensor(phrase[:-1])
    logits: Tensor = network(
        input_ids=tokens, attention_mask=is_token, decoder_input_ids=begun, use_cache=False
    ).logits
    return logits, _wanted(batch, longest)


def _wanted(batch: Sequence[PhraseExample], longest: int) -> Tensor:
    wanted = torch.full((len(batch), longest), _IGNORED)
    for row, one in enumerate(batch):
        wanted[row, : len(one.phrase)] = torch.tensor(one.outputs or one.phrase)
    return wanted
