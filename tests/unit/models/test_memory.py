"""Freed memory that stays with the process."""

import subprocess
import sys

import pytest

_FAULTS = """
import resource
from models.memory import keep_freed_memory
{tune}
def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(20):
        bytearray(b"x" * 8_000_000)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
faults()
print(faults())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nothing is tuned")
def test_what_was_freed_is_not_asked_for_again() -> None:
    """Twenty times 16 MB: given back in between every page of them is a fault, kept hardly one."""
    faults = {}
    for tune in ("", "keep_freed_memory()"):
        command = [sys.executable, "-c", _FAULTS.format(tune=tune)]
        done = subprocess.run(command, capture_output=True, check=True, text=True)
        faults[tune] = int(done.stdout)
    assert faults["keep_freed_memory()"] < 100
    assert faults[""] > 10 * faults["keep_freed_memory()"] + 1000
