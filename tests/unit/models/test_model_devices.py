"""Device, number format and threads."""

from pathlib import Path

import pytest
import torch

from models import devices
from models.devices import choose_device, choose_dtype, cpu_features, plan_compute, usable_cores
from models.errors import ModelConfigurationError


@pytest.mark.parametrize(
    ("available", "chosen"),
    [({"cpu"}, "cpu"), ({"cpu", "mps"}, "mps"), ({"cpu", "cuda"}, "cuda"), ({"cpu", "mps", "cuda"}, "cuda")],
)
def test_auto_takes_the_fastest_kind_of_device(available: set[str], chosen: str) -> None:
    """CUDA before MPS before the CPU."""
    assert choose_device("auto", frozenset(available)) == chosen


def test_a_missing_device_is_refused_with_what_there_is() -> None:
    """Asking for a device that is not there names those that are."""
    with pytest.raises(ModelConfigurationError, match=r"'cuda' is not available here.*cpu, mps"):
        choose_device("cuda", frozenset({"cpu", "mps"}))


@pytest.mark.parametrize(
    ("requested", "device", "fast", "dtype"),
    [
        ("auto", "cpu", True, torch.bfloat16),
        ("auto", "cpu", False, torch.float32),
        ("auto", "cuda", True, torch.bfloat16),
        ("auto", "cuda", False, torch.float16),
        ("auto", "mps", False, torch.float16),
        ("float32", "cpu", True, torch.float32),
        ("bfloat16", "cpu", False, torch.bfloat16),
        ("float16", "cuda", True, torch.float16),
    ],
)
def test_auto_takes_bfloat16_only_where_it_is_fast(
    requested: str, device: str, fast: bool, dtype: torch.dtype
) -> None:
    """An explicit format is obeyed; auto depends on the hardware."""
    assert choose_dtype(requested, device, has_fast_bfloat16=fast) == dtype


@pytest.mark.parametrize(("requested", "says"), [("float16", "not for a CPU"), ("int8", "none of auto")])
def test_formats_that_do_not_fit_are_refused(requested: str, says: str) -> None:
    """float16 on a CPU and unknown formats are configuration errors."""
    with pytest.raises(ModelConfigurationError, match=says):
        choose_dtype(requested, "cpu", has_fast_bfloat16=True)


def test_a_cpu_computes_on_every_core_this_process_may_use() -> None:
    """By default there are as many forward passes side by side as usable cores."""
    assert plan_compute("cpu", "float32").streams == usable_cores()


def test_a_plan_obeys_explicit_threads_and_refuses_none_at_all() -> None:
    """threads=3 is 3 forward passes; threads=0 is an error, not a default."""
    assert plan_compute("cpu", "float32", 3).streams == 3
    with pytest.raises(ModelConfigurationError, match="at least 1"):
        plan_compute("cpu", "float32", 0)


def test_features_come_from_the_kernel_where_torch_does_not_tell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a torch without get_capabilities the flags of /proc/cpuinfo are read; without that there are none."""
    monkeypatch.delattr(devices.torch.cpu, "get_capabilities", raising=False)
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text("processor\t: 0\nflags\t\t: fpu avx2 avx512_bf16\n\nprocessor\t: 1\nflags\t\t: fpu\n")
    assert cpu_features(cpuinfo) == {"fpu", "avx2", "avx512_bf16"}
    assert cpu_features(tmp_path / "missing") == frozenset()
