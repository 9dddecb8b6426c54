"""Choose the device, the number format and the number of threads that a model computes with."""

import os
from dataclasses import dataclass
from pathlib import Path

import torch

from models.errors import ModelConfigurationError

#: On a CPU smaller batches cost more a token (8 % at 512), and larger ones only hold up the next.
CPU_BATCH_TOKENS = 1024
_ACCELERATOR_BATCH_TOKENS = 16_384
_DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


@dataclass(frozen=True, slots=True)
class ComputePlan:
    """What a model computes on.

    Attributes:
        device: "cpu", "cuda" or "mps".
        dtype: of the encoder's weights and activations.
        streams: forward passes that run side by side: on a CPU one a core, each on a single torch thread;
            one on an accelerator. On two cores, two passes of one thread each gave 304 reviews/s, one pass on
            two threads 229, one on one 154: most of a small encoder's operations are too short to share.
    """

    device: str
    dtype: torch.dtype
    streams: int = 1

    @property
    def batch_tokens(self) -> int:
        """Padded tokens of one forward pass that keep the device busy and hold nobody up for long."""
        return CPU_BATCH_TOKENS if self.device == "cpu" else _ACCELERATOR_BATCH_TOKENS


def plan_compute(device: str = "auto", dtype: str = "auto", threads: int | None = None) -> ComputePlan:
    """Fill in what is left to us, from what this machine has.

    Raises:
        ModelConfigurationError: the machine does not have what was asked for.
    """
    if threads is not None and threads < 1:
        raise ModelConfigurationError(f"threads must be at least 1, got {threads}")
    chosen_device = choose_device(device, available_devices())
    return ComputePlan(
        device=chosen_device,
        dtype=choose_dtype(dtype, chosen_device, has_fast_bfloat16=has_fast_bfloat16(chosen_device)),
        streams=(threads or usable_cores()) if chosen_device == "cpu" else 1,
    )


def choose_device(requested: str, available: frozenset[str]) -> str:
    """The device to use: the one asked for, or the fastest kind there is.

    >>> choose_device("auto", frozenset({"cpu", "mps"}))
    'mps'
    """
    if requested == "auto":
        return next(device for device in ("cuda", "mps", "cpu") if device in available)
    if requested not in available:
        raise ModelConfigurationError(
            f"device {requested!r} is not available here: torch {torch.__version__} offers "
            f"{', '.join(sorted(available))}. Choose one of these, or auto"
        )
    return requested


def choose_dtype(requested: str, device: str, *, has_fast_bfloat16: bool) -> torch.dtype:
    """The number format: bfloat16 where the device computes in it, which halves the time on such a CPU."""
    if requested == "auto":
        if has_fast_bfloat16:
            return torch.bfloat16
        return torch.float32 if device == "cpu" else torch.float16
    if requested not in _DTYPES:
        raise ModelConfigurationError(f"dtype {requested!r} is none of auto, {', '.join(_DTYPES)}")
    if requested == "float16" and device == "cpu":
        raise ModelConfigurationError("float16 is not for a CPU: choose auto, bfloat16 or float32")
    return _DTYPES[requested]


def to_device(tensor: torch.Tensor, device: str) -> torch.Tensor:
    """A tensor on the device; to CUDA from pinned memory, so that the copy does not wait for what runs there."""
    if device != "cuda":
        return tensor.to(device)
    return tensor.pin_memory().to(device, non_blocking=True)


def usable_cores() -> int:
    """Cores this process may run on, which in a container can be fewer than the machine has."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def available_devices() -> frozenset[str]:
    """The kinds of device torch can use here; "cpu" always."""
    found = {"cpu"}
    if torch.cuda.is_available():
        found.add("cuda")
    if torch.backends.mps.is_available():
        found.add("mps")
    return frozenset(found)


def has_fast_bfloat16(device: str) -> bool:
    """Whether the device multiplies bfloat16 in hardware; elsewhere it is emulated and slow."""
    if device == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return device == "cpu" and bool({"avx512_bf16", "amx_bf16"} & cpu_features())


def cpu_features(cpuinfo: Path = Path("/proc/cpuinfo")) -> frozenset[str]:
    """Names of the instruction sets this CPU has, as far as torch or the system tells; else empty."""
    # From torch 2.10 or so on; the kernel's list is the same thing for older ones.
    get_capabilities = getattr(torch.cpu, "get_capabilities", None)
    if get_capabilities is not None:
        return frozenset(name for name, value in get_capabilities().items() if value is True)
    if not cpuinfo.is_file():
        return frozenset()
    flags = (line for line in cpuinfo.read_text(encoding="utf-8").splitlines() if line.startswith("flags"))
    return frozenset(next(flags, "").partition(":")[2].split())
