"""Where a measured worker runs."""

import os
import subprocess
import sys

import pytest

from tests.bench.cores import confined, cores, split_cores

pytestmark = pytest.mark.skipif(split_cores() is None, reason="one core, or a system that cannot be told")


def test_a_process_started_meanwhile_stays_on_the_cores_and_we_go_back() -> None:
    """The worker has its half, what is started later may run everywhere again."""
    split = split_cores()
    assert split is not None
    assert not split.worker & split.rest
    assert len(split.worker) + len(split.rest) == cores()
    before = os.sched_getaffinity(0)
    with confined(split.worker):
        told = subprocess.run(
            [sys.executable, "-c", "import os; print(sorted(os.sched_getaffinity(0)))"],
            capture_output=True,
            text=True,
            check=True,
        )
    assert told.stdout.strip() == str(sorted(split.worker))
    assert os.sched_getaffinity(0) == before


def test_no_cores_named_means_all() -> None:
    """Nothing is changed."""
    before = os.sched_getaffinity(0)
    with confined(None):
        assert os.sched_getaffinity(0) == before
