"""Load a sentiment classifier by its reference, warmed up and ready to serve."""

from collections.abc import Mapping
from pathlib import Path

import torch

from models.devices import keep_freed_memory, plan_compute
from models.errors import ModelConfigurationError
from models.interfaces import SentimentClassifier, SentimentLabel
from models.references import ModelReference, parse_reference

_BUILTIN_DIRECTORY = Path(__file__).parent / "builtin"

# What loading a checkpoint needs. No pickled weights and no code, so neither can be run.
_HUB_FILES = ("*.safetensors", "*.json", "*.txt", "*.model")

_WARM_UP_TEXT = "The first pass allocates and compiles what the later ones reuse."


def load_sentiment(
    reference: str,
    *,
    device: str = "auto",
    dtype: str = "auto",
    threads: int | None = None,
    engine: str = "torch",
    languages: frozenset[str] | None = None,
    labels: Mapping[str, SentimentLabel] | None = None,
) -> SentimentClassifier:
    """Load a model and run it once. Sets torch to one thread an operation in this whole process.

    Args:
        reference: `builtin:NAME`, `path:/directory` or `hf:organisation/name@revision`; only the last one
            reaches the network.
        device: auto, cpu, cuda or mps.
        dtype: auto, float32, bfloat16 or float16, of the encoder; heads and probabilities are float32 or more.
        threads: cores of the CPU to compute on, each with a forward pass of its own; None: all.
        engine: torch; openvino, or auto, for the built-in encoder.
        languages: what a `path:` or `hf:` classifier covers; None: all. A head of our own knows its own.
        labels: what the checkpoint's label names mean, where it calls them LABEL_0 and the like.

    Raises:
        ModelConfigurationError: there is no such model, device or dtype, or its labels cannot be told.
        DamagedModelError: the files are not those that were trained or shipped.
    """
    parsed = parse_reference(reference)
    plan = plan_compute(device, dtype, threads, engine)
    torch.set_num_threads(1)
    keep_freed_memory()
    directory = _directory_of(parsed)
    classifier: SentimentClassifier
    # A head of ours has weights of its own name; a transformers checkpoint never does.
    if (directory / "head.safetensors").is_file():
        from models.minilm_sentiment import load_minilm_sentiment  # noqa: PLC0415 - only what is used is loaded

        classifier = load_minilm_sentiment(directory, plan)
    else:
        from models.sequence_classifier import load_sequence_classifier  # noqa: PLC0415 - imports transformers

        name = parsed.name if parsed.kind == "hf" else directory.name
        classifier = load_sequence_classifier(directory, plan, name=name, languages=languages, labels=labels)
    classifier.forward(classifier.tokenise([_WARM_UP_TEXT]))
    return classifier


def _directory_of(reference: ModelReference) -> Path:
    if reference.kind == "hf":
        return _fetch_from_hub(reference)
    if reference.kind == "builtin":
        directory = _BUILTIN_DIRECTORY / reference.name
        if not directory.is_dir():
            known = ", ".join(sorted(path.name for path in _BUILTIN_DIRECTORY.iterdir() if path.is_dir()))
            raise ModelConfigurationError(f"there is no built-in model {reference.name!r}; there is: {known}")
        return directory
    directory = Path(reference.name).expanduser()
    if not directory.is_dir():
        raise ModelConfigurationError(f"model {reference}: {directory} is not a directory")
    return directory


def _fetch_from_hub(reference: ModelReference) -> Path:
    """The checkpoint's local copy, downloaded the first time."""
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
