"""Directories of LoRA adapters (Hu et al. 2021) for a generator: written by training, merged when it is loaded."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from models.errors import DamagedModelError, ModelConfigurationError
from models.generation.prompts import PROMPT_FORMS, PromptForm
from models.registry.manifest import verify_manifest, write_manifest

CONFIG_NAME: Final = "adapter.json"
WEIGHTS_NAME: Final = "adapter.safetensors"


def write_adapter(
    directory: Path,
    weights: Mapping[str, Tensor],
    *,
    rank: int,
    alpha: float,
    prompt: PromptForm = "examples",
) -> None:
    """Write an adapter; its manifest comes last.

    Args:
        directory: made if it is not there.
        weights: `LAYER.down` (rank, inputs) and `LAYER.up` (outputs, rank) of each adapted linear layer, as
            `models.encoders.low_rank.adapter_weights` gives them.
        rank: of the updates.
        alpha: an update is `up @ down`, times alpha / rank.
        prompt: how a key point was put to the model in training, and so is to be put to it.
    """
    directory.mkdir(parents=True, exist_ok=True)
    save_file({name: tensor.contiguous() for name, tensor in weights.items()}, directory / WEIGHTS_NAME)
    config = {"rank": rank, "alpha": alpha, "prompt": prompt}
    (directory / CONFIG_NAME).write_text(json.dumps(config) + "\n", encoding="utf-8")
    write_manifest(directory)


@torch.no_grad()
def merge_adapter_directory(network: nn.Module, directory: Path) -> PromptForm:
    """Add an adapter's updates to the weights of a network, which then costs what it cost before.

    Returns:
        How a key point is to be put to the network from now on.

    Raises:
        ModelConfigurationError: there is no adapter, or it was trained for another network.
        DamagedModelError: its files are not those that were written.
    """
    if not (directory / CONFIG_NAME).is_file():
        raise ModelConfigurationError(f"adapter {directory}: wanted a directory with {CONFIG_NAME}, got none")
    verify_manifest(directory)
    rank, scale, prompt = _read_config(directory)
    try:
        weights = load_file(directory / WEIGHTS_NAME)
    except (OSError, SafetensorError) as error:
        raise DamagedModelError(f"adapter {directory}: {WEIGHTS_NAME} cannot be read ({error})") from error
    for name in sorted({name.rpartition(".")[0] for name in weights}):
        down, up = weights.get(f"{name}.down"), weights.get(f"{name}.up")
        weight = _weight_of(network, name)
        if down is None or up is None or weight is None or down.shape[0] != rank or up.shape[1] != rank:
            raise _stranger(directory, name)
        if (up.shape[0], down.shape[1]) != tuple(weight.shape):
            raise _stranger(directory, name)
        update = scale * (up.float() @ down.float())
        # Rounded once, after the sum.
        weight.copy_((weight.float() + update.to(weight.device)).to(weight.dtype))
    return prompt


def _read_config(directory: Path) -> tuple[int, float, PromptForm]:
    """The rank, what an update is multiplied by, and the form of the prompt."""
    try:
        config = json.loads((directory / CONFIG_NAME).read_text(encoding="utf-8"))
        return int(config["rank"]), float(config["alpha"]) / int(config["rank"]), _prompt_of(config)
    except (ValueError, KeyError, TypeError, ZeroDivisionError) as error:
        raise ModelConfigurationError(
            f'adapter {directory}: {CONFIG_NAME} wants {{"rank": 16, "alpha": 16, "prompt": "short"}} or the like '
            f"({error!r})"
        ) from error


def _prompt_of(config: dict[str, Any]) -> PromptForm:
    name = config.get("prompt", "examples")
    for form in PROMPT_FORMS:
        if form == name:
            return form
    raise ValueError(f"wanted a prompt of {', '.join(PROMPT_FORMS)}, got {name!r}")


def _weight_of(network: nn.Module, name: str) -> Tensor | None:
    try:
        layer = network.get_submodule(name)
    except AttributeError:
        return None
    return layer.weight if isinstance(layer, nn.Linear) else None


def _stranger(directory: Path, name: str) -> ModelConfigurationError:
    return ModelConfigurationError(
        f"adapter {directory}: its update of {name!r} does not fit the network: "
        "name the model that it was trained for"
    )
