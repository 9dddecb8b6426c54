"""Load readers of reviews by their references, warmed up and ready to serve."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from models.devices import ComputePlan, plan_compute
from models.errors import ModelConfigurationError
from models.memory import keep_freed_memory
from models.readers.interfaces import ReviewReader, SentimentLabel
from models.registry.checkpoints import checkpoint_directory
from models.registry.references import ModelReference, parse_reference

_BUILTIN_DIRECTORY = Path(__file__).parent.parent / "builtin"

_WARM_UP_TEXT = "The first pass allocates and compiles what the later ones reuse."


@dataclass(frozen=True, slots=True)
class LoadOptions:
    """What models are computed on; see `models.devices.plan_compute`.

    Attributes:
        device: auto, cpu, cuda or mps.
        dtype: auto, float32, bfloat16 or float16, of an encoder; heads and probabilities are float32 or more.
        threads: cores of the CPU to compute on, each with a forward pass of its own; None: all.
        labels: what a checkpoint's label names mean, where it calls them LABEL_0 and the like.
    """

    device: str = "auto"
    dtype: str = "auto"
    threads: int | None = None
    labels: Mapping[str, SentimentLabel] | None = None


def load_readers(references: Mapping[str, str], options: LoadOptions) -> dict[str, ReviewReader[Any]]:
    """Load the model of every language, each model once.

    Args:
        references: by ISO 639-1 code, or "*" for every other language; see `load_reader`.
        options: of all of them.

    Raises:
        ModelConfigurationError: also where a model is named for a language it does not read.
        DamagedModelError: the files of one are not those that were trained or shipped.
    """
    loaded: dict[str, ReviewReader[Any]] = {}
    for reference in dict.fromkeys(references.values()):
        loaded[reference] = load_reader(reference, options)
    for language, reference in references.items():
        covered = loaded[reference].languages
        if covered is not None and language not in covered:
            raise ModelConfigurationError(
                f"model {reference} reads {', '.join(sorted(covered))}, and is named for {language!r}: "
                "name another model for this language, such as a multilingual hf: classifier"
            )
    return {language: loaded[reference] for language, reference in references.items()}


def load_reader(reference: str, options: LoadOptions) -> ReviewReader[Any]:
    """Load a model and run it once. Sets torch to one thread an operation in this whole process.

    Args:
        reference: `builtin:NAME`, `path:/directory` or `hf:organisation/name@revision`; only the last one
            reaches the network.
        options: what to compute on.

    Raises:
        ModelConfigurationError: there is no such model, device or dtype, or its labels cannot be told.
        DamagedModelError: the files are not those that were trained or shipped.
    """
    parsed = parse_reference(reference)
    plan = plan_compute(options.device, options.dtype, options.threads)
    torch.set_num_threads(1)
    keep_freed_memory()
    reader = _load(parsed, _directory_of(parsed), plan, options.labels)
    reader.forward(reader.tokenise([_WARM_UP_TEXT]))
    return reader


def _load(
    reference: ModelReference,
    directory: Path,
    plan: ComputePlan,
    labels: Mapping[str, SentimentLabel] | None,
) -> ReviewReader[Any]:
    """By what lies in the directory; only what is used is imported."""
    if (directory / "opinion-reader.safetensors").is_file():
        from models.readers.opinion_loading import load_opinion_reader  # noqa: PLC0415

        return load_opinion_reader(directory, plan)
    from models.readers.sequence_classifier import load_sequence_classifier  # noqa: PLC0415 - imports transformers

    name = reference.name if reference.kind == "hf" else directory.name
    return load_sequence_classifier(directory, plan, name=name, labels=labels)


def _directory_of(reference: ModelReference) -> Path:
    if reference.kind == "builtin":
        directory = _BUILTIN_DIRECTORY / reference.name
        # An adapter of a generator has none.
        if not (directory / "config.json").is_file():
            known = ", ".join(sorted(path.parent.name for path in _BUILTIN_DIRECTORY.glob("*/config.json")))
            raise ModelConfigurationError(f"there is no built-in model {reference.name!r}; there is: {known}")
        return directory
    return checkpoint_directory(reference)
