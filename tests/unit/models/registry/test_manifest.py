"""The manifest notices every change of a finished model directory."""

from pathlib import Path

import pytest

from models.errors import DamagedModelError
from models.registry.manifest import sha256_of, verify_manifest, write_manifest


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    (tmp_path / "weights.bin").write_bytes(b"\x00\x01\x02")
    (tmp_path / "config.json").write_text("{}")
    write_manifest(tmp_path)
    return tmp_path


def test_an_untouched_directory_passes(directory: Path) -> None:
    """What was written verifies; files added later are not the manifest's business."""
    (directory / "notes.txt").write_text("mine")
    verify_manifest(directory)


def test_a_changed_byte_is_found(directory: Path) -> None:
    """One flipped byte of the weights is named with both sums."""
    (directory / "weights.bin").write_bytes(b"\x00\x01\x03")
    with pytest.raises(DamagedModelError, match=r"weights\.bin should have sha256"):
        verify_manifest(directory)


def test_a_missing_file_is_found(directory: Path) -> None:
    """A file that is gone is damage too."""
    (directory / "config.json").unlink()
    with pytest.raises(DamagedModelError, match=r"config\.json.*no such file"):
        verify_manifest(directory)


@pytest.mark.parametrize("content", [None, "", "[]", "{}", '{"files": 3}'])
def test_without_a_readable_manifest_nothing_is_loaded(directory: Path, content: str | None) -> None:
    """Missing (the run was cut short), empty or of another shape: refused."""
    manifest = directory / "manifest.json"
    manifest.unlink() if content is None else manifest.write_text(content)
    with pytest.raises(DamagedModelError, match=r"manifest\.json cannot be read"):
        verify_manifest(directory)


def test_the_sum_of_several_files_is_of_their_bytes_in_order(directory: Path) -> None:
    """The order matters, so that a version names weights and head together."""
    weights, config = directory / "weights.bin", directory / "config.json"
    assert sha256_of(weights, config) != sha256_of(config, weights)
