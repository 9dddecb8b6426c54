"""Load a trained reader from its directory, and the encoder that it was trained on from wherever that is."""

from dataclasses import replace
from pathlib import Path
from typing import Final

from models.devices import ComputePlan
from models.errors import DamagedModelError
from models.readers.encoder_kinds import encoder_kind
from models.readers.opinion_reader import OpinionReader
from models.readers.opinion_weights import WEIGHTS_NAME, ReaderWeights, load_reader_weights
from models.registry.manifest import sha256_of
from models.similarity.sentence_directions import (
    DIRECTIONS_NAME,
    SentenceDirections,
    load_sentence_directions,
)

_VERSION_DIGITS: Final = 12
#: Where a reader's directory may hold a copy of its encoder's checkpoint.
ENCODER_DIRECTORY: Final = "encoder"


def load_opinion_reader(directory: Path, plan: ComputePlan) -> OpinionReader:
    """Load what was trained, and put it into its encoder: that which it names, or a copy in its own directory.

    Raises:
        ModelConfigurationError: the encoder is not there; says how to get it.
        DamagedModelError: a file is not the one that was written, or the encoder is another than it was trained on.
    """
    weights = load_reader_weights(directory)
    if (directory / ENCODER_DIRECTORY).is_dir():
        weights = replace(weights, encoder=f"path:{directory / ENCODER_DIRECTORY}")
    kind = encoder_kind(weights.encoder)
    if (found := kind.sha256()) != weights.encoder_sha256:
        raise DamagedModelError(
            f"model {directory.name}: wanted the encoder {kind.name} with the sha256 {weights.encoder_sha256} that it "
            f"was trained on, got {found}: {_remedy(kind.name)}, or train the model again"
        )
    directions = load_sentence_directions(directory, plan.device)
    files = [directory / WEIGHTS_NAME] + ([] if directions is None else [directory / DIRECTIONS_NAME])
    # The encoder's weights are named in the manifest's configuration, so the version changes with them.
    version = sha256_of(*files, directory / "config.json")[:_VERSION_DIGITS]
    return reader_of(directory.name, version, weights, plan, directions)


def _remedy(encoder: str) -> str:
    if encoder.startswith(("path:", "hf:")):
        return "put back the checkpoint that was there, or that revision"
    return "install the package's pinned version"


def reader_of(
    name: str,
    version: str,
    weights: ReaderWeights,
    plan: ComputePlan,
    directions: SentenceDirections | None = None,
) -> OpinionReader:
    """Put a reader together."""
    return OpinionReader(
        name,
        version,
        frozenset(weights.languages),
        encoder=encoder_kind(weights.encoder).to_serve(weights.difference, plan),
        heads=weights.heads,
        calibration=weights.calibration,
        plan=plan,
        directions=directions,
    )
