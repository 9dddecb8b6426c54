"""Checkpoints of transformers: the directory a reference stands for, and the weights in it."""

from pathlib import Path

from models.errors import ModelConfigurationError
from models.registry.hub import fetch_from_hub
from models.registry.references import ModelReference


def checkpoint_directory(reference: ModelReference, what: str = "model") -> Path:
    """The directory of a path: or hf: reference; the latter is downloaded the first time.

    Args:
        reference: of either kind.
        what: it is of, for the message.

    Raises:
        ModelConfigurationError: there is no such directory, or it cannot be fetched.
    """
    if reference.kind == "hf":
        return fetch_from_hub(reference)
    directory = Path(reference.name).expanduser()
    if not directory.is_dir():
        raise ModelConfigurationError(f"{what} {reference}: {directory} is not a directory")
    return directory


def safetensors_of(directory: Path, name: str) -> list[Path]:
    """The files of the weights, in order.

    Args:
        directory: of the checkpoint.
        name: what the message calls it.

    Raises:
        ModelConfigurationError: there are none.
    """
    weights = sorted(directory.glob("*.safetensors"))
    if not weights:
        raise ModelConfigurationError(
            f"{name}: no *.safetensors in {directory}; pickled weights are not loaded, for they can run code: "
            "convert the checkpoint with transformers' save_pretrained"
        )
    return weights
