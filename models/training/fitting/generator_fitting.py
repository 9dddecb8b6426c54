"""Fine-tune a generator: a low-rank adapter of all its linear layers, stopped where validation is best."""

import copy
import math
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from models.encoders.low_rank import adapter_weights, add_adapter
from models.generation.adapters import write_adapter
from models.generation.prompts import PromptForm
from models.training.corpora.phrase_examples import PhraseExample, batches_of, phrase_loss
from models.training.corpora.phrase_pairs import PhrasePair


@dataclass(frozen=True, slots=True)
class Recipe:
    """How it is trained.

    Attributes:
        rank: of the updates.
        learning_rate: its highest.
        epochs: at most.
        batch: pairs of a step.
        warm_up: share of the steps in which the rate rises.
        clip: largest norm of the gradient.
        weight_decay: of AdamW.
        patience: epochs without a better validation loss after which training ends.
    """

    rank: int = 16
    learning_rate: float = 4e-4
    epochs: int = 3
    batch: int = 8
    warm_up: float = 0.1
    clip: float = 1.0
    weight_decay: float = 0.01
    patience: int = 1


@dataclass(frozen=True, slots=True)
class GeneratorFit:
    """An adapter and how it came about.

    Attributes:
        weights: see `models.encoders.low_rank.adapter_weights`.
        epochs: after which the validation loss was lowest.
        losses: of validation, nats a token: before training, and after each epoch.
    """

    weights: dict[str, Tensor]
    epochs: int
    losses: tuple[float, ...]


def write_fit(made: GeneratorFit, out: Path, recipe: Recipe, prompt: PromptForm) -> None:
    """Write an adapter's weights and configuration; as learnt, an update is what its factors give."""
    halves = {name: tensor.half() for name, tensor in made.weights.items()}
    write_adapter(out, halves, rank=recipe.rank, alpha=recipe.rank, prompt=prompt)


def fit_facts(
    made: GeneratorFit, recipe: Recipe, seed: int, pairs: Sequence[PhrasePair], prompt: PromptForm
) -> dict[str, object]:
    """For a report: what was trained on, how, and how it went."""
    return {
        "seed": seed,
        "pairs": Counter(pair.source for pair in pairs),
        "prompt": prompt,
        "epochs": made.epochs,
        "validation_losses": made.losses,
        "recipe": asdict(recipe),
    }


def fit_generator(
    network: PreTrainedModel,
    training: Sequence[PhraseExample],
    validation: Sequence[PhraseExample],
    recipe: Recipe,
    *,
    seed: int,
    progress: Callable[[str], None],
) -> GeneratorFit:
    """Train, and keep the best epoch. The same examples, seed and machine give the same weights.

    AdamW (Loshchilov and Hutter 2019), linear warm-up and decay. The loss is that of the phrases' tokens alone. The
    output matrix gets no update: it is often the table of the words too.

    Args:
        network: as it was loaded, in float32 or bfloat16; left changed.
        training: at least one.
        validation: at least one.
        recipe: see there.
        seed: of everything random.
        progress: told how it goes.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network.requires_grad_(requires_grad=False)
        parameters = add_adapter(network, recipe.rank, leave_out=network.get_output_embeddings())
        return _optimise(network, parameters, training, validation, recipe, progress=progress)


def _optimise(
    network: PreTrainedModel,
    parameters: list[nn.Parameter],
    training: Sequence[PhraseExample],
    validation: Sequence[PhraseExample],
    recipe: Recipe,
    *,
    progress: Callable[[str], None],
) -> GeneratorFit:
    optimizer = torch.optim.AdamW(parameters, lr=recipe.learning_rate, weight_decay=recipe.weight_decay)
    total = recipe.epochs * math.ceil(len(training) / recipe.batch)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min((step + 1) / max(1.0, recipe.warm_up * total), 1.0) * (1.0 - step / total)
    )
    losses = [_validation_loss(network, validation, recipe.batch)]
    progress(f"{sum(map(torch.numel, parameters))} weights to train; validation loss {losses[0]:.4f}")
    best, weights = 0, adapter_weights(network)
    for epoch in range(1, recipe.epochs + 1):
        began = time.monotonic()
        network.train()
        batches = batches_of([training[at] for at in torch.randperm(len(training)).tolist()], recipe.batch)
        for number in torch.randperm(len(batches)).tolist():
            with _autocast(network):
                loss, tokens = phrase_loss(network, batches[number])
            optimizer.zero_grad()
            (loss / tokens).backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(parameters, recipe.clip)
            optimizer.step()
            schedule.step()
        losses.append(_validation_loss(network, validation, recipe.batch))
        took = time.monotonic() - began
        progress(f"epoch {epoch} of {recipe.epochs}: validation loss {losses[-1]:.4f}, {took:.0f} s")
        if losses[-1] < losses[best]:
            best, weights = epoch, copy.deepcopy(adapter_weights(network))
        elif epoch - best >= recipe.patience:
            break
    return GeneratorFit(weights, best, tuple(losses))


@torch.no_grad()
def _validation_loss(network: PreTrainedModel, examples: Sequence[PhraseExample], size: int) -> float:
    """Nats a token."""
    network.eval()
    with _autocast(network):
        found = [phrase_loss(network, batch) for batch in batches_of(examples, size)]
    return sum(float(loss) for loss, _ in found) / sum(tokens for _, tokens in found)


def _autocast(network: PreTrainedModel) -> torch.autocast:
    """A network in bfloat16 multiplies the float32 update so too."""
    return torch.autocast("cpu", torch.bfloat16, enabled=network.dtype == torch.bfloat16)
