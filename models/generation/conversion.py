"""Convert a packaged network once, into a directory that is complete or not there."""

import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from models.errors import DamagedModelError
from models.registry.manifest import MANIFEST_NAME, verify_manifest, write_manifest

#: Writes what transformers reads into a directory, from a file.
Converter = Callable[[Path, Path], None]


def convert_once(sources: Sequence[Path], directory: Path, convert: Converter) -> None:
    """Convert beside the directory and move it there at once; of two processes that do, one wins.

    Args:
        sources: the file, or the parts that it was cut into.
        directory: to be; its parent is there.
        convert: from one file.
    """
    beside = Path(tempfile.mkdtemp(prefix=f".{directory.name}-", dir=directory.parent))
    try:
        written = beside / "written"
        written.mkdir()
        convert(_joined(sources, beside), written)
        write_manifest(written)
        if directory.exists() and not is_complete(directory):
            shutil.rmtree(directory, ignore_errors=True)
        try:
            written.rename(directory)
        except OSError:
            if not is_complete(directory):
                raise
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def is_complete(directory: Path) -> bool:
    """Whether every file is there as it was written."""
    if not (directory / MANIFEST_NAME).is_file():
        return False
    try:
        verify_manifest(directory)
    except DamagedModelError:
        return False
    return True


def _joined(sources: Sequence[Path], beside: Path) -> Path:
    if len(sources) == 1:
        return sources[0]
    whole = beside / "whole"
    with whole.open("wb") as file:
        for source in sources:
            with source.open("rb") as part:
                shutil.copyfileobj(part, file)
    return whole
