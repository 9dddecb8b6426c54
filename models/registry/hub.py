"""Fetch checkpoints from the Hugging Face hub; nothing else of this project reaches it."""

from pathlib import Path

from models.errors import ModelConfigurationError
from models.registry.references import ModelReference

# What loading a checkpoint needs. No pickled weights and no code, so neither can be run.
_HUB_FILES = ("*.safetensors", "*.json", "*.txt", "*.model", "*.jinja")


def fetch_from_hub(reference: ModelReference) -> Path:
    """A checkpoint's local copy, downloaded the first time.

    Raises:
        ModelConfigurationError: it cannot be fetched.
    """
    from huggingface_hub import snapshot_download  # noqa: PLC0415 - nothing of the hub unless it is asked for
    from huggingface_hub.errors import HfHubHTTPError  # noqa: PLC0415

    try:
        directory = snapshot_download(
            reference.name, revision=reference.revision, allow_patterns=list(_HUB_FILES)
        )
    except (HfHubHTTPError, OSError, ValueError) as error:
        raise ModelConfigurationError(
            f"model {reference} cannot be fetched from the hub ({error}): check its name and revision and the "
            "network, or download it elsewhere and configure path:/directory"
        ) from error
    return Path(directory)
