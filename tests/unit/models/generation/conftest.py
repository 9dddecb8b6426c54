"""What the tests of the generator share: a tiny Llama, and a thread count that outlives no test."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from generator_files import write_llama


@pytest.fixture(autouse=True)
def _keep_thread_count() -> Iterator[None]:
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def llama(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_llama(tmp_path_factory.mktemp("llama"))
