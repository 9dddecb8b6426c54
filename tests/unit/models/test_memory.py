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


_POOLS = """
import ctypes, threading
from models.memory import share_freed_memory
{tune}
libc = ctypes.CDLL(None)
libc.malloc.restype, libc.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
everybody = threading.Barrier(12)
def allocate():
    everybody.wait()
    assert libc.malloc(100_000)
    everybody.wait()
threads = [threading.Thread(target=allocate) for _ in range(12)]
for thread in threads: thread.start()
for thread in threads: thread.join()
libc.fopen.restype, libc.fopen.argtypes = ctypes.c_void_p, [ctypes.c_char_p, ctypes.c_char_p]
libc.malloc_info.argtypes, libc.fclose.argtypes = [ctypes.c_int, ctypes.c_void_p], [ctypes.c_void_p]
file = libc.fopen(b"/dev/stdout", b"w")
libc.malloc_info(0, file)
libc.fclose(file)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nothing is tuned")
def test_threads_share_what_they_free() -> None:
    """Of twelve threads each has a pool of its own, or two have to do."""
    pools = {}
    for tune in ("", "share_freed_memory()"):
        command = [sys.executable, "-c", _POOLS.format(tune=tune)]
        done = subprocess.run(command, capture_output=True, check=True, text=True)
        pools[tune] = done.stdout.count("<heap nr=")
    assert pools["share_freed_memory()"] <= 2 < pools[""]
