"""The manifest of a model directory: which files belong to it, with their sha256; written last."""

import hashlib
import json
from pathlib import Path

from models.errors import DamagedModelError

MANIFEST_NAME = "manifest.json"

_BLOCK_BYTES = 1 << 20


def write_manifest(directory: Path) -> None:
    """Record every other file of the directory. A directory without a manifest was not finished."""
    files = sorted(path for path in directory.iterdir() if path.is_file() and path.name != MANIFEST_NAME)
    content = {"files": {path.name: sha256_of(path) for path in files}}
    (directory / MANIFEST_NAME).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def verify_manifest(directory: Path) -> None:
    """Check that every recorded file is there, unchanged.

    Raises:
        DamagedModelError: there is no manifest, or a file is missing or differs; names the first one.
    """
    manifest = directory / MANIFEST_NAME
    try:
        recorded = json.loads(manifest.read_text(encoding="utf-8"))["files"].items()
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DamagedModelError(
            f"model {directory.name}: {MANIFEST_NAME} cannot be read ({error}): train or fetch the model again"
        ) from error
    for name, wanted in recorded:
        path = directory / name
        got = sha256_of(path) if path.is_file() else "no such file"
        if got != wanted:
            raise DamagedModelError(
                f"model {directory.name}: {name} should have sha256 {wanted}, got {got}: "
                "train or fetch the model again"
            )


def sha256_of(*paths: Path) -> str:
    """The sha256 of the files' contents, one after the other, in hexadecimal."""
    digest = hashlib.sha256()
    for path in paths:
        with path.open("rb") as file:
            while block := file.read(_BLOCK_BYTES):
                digest.update(block)
    return digest.hexdigest()
