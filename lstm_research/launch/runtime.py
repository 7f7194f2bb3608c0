"""Settings that must be made before JAX first looks for devices, and a description of where a run happened."""

import contextlib
import ctypes
import hashlib
import importlib.metadata
import os
import platform
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

from lstm_research.config import paths
from lstm_research.launch.memo import source_digest

PACKAGES = ("jax", "jaxlib", "flax", "optax", "orbax-checkpoint", "tensorflow-datasets", "numpy")


def prepare(device: str = "auto", devices: int | None = None) -> None:
    """Make one host device per core, or so many, and keep compiled programs on disk; call it before anything touches a
    device.

    A population is spread over host devices, which is the way to use several cores for small models (docs/design.md).
    """
    import jax

    if device in ("cpu", "gpu", "tpu"):
        jax.config.update("jax_platforms", {"gpu": "cuda"}.get(device, device))
    chosen = "xla_force_host_platform_device_count" in os.environ.get("XLA_FLAGS", "")
    if not chosen and "JAX_NUM_CPU_DEVICES" not in os.environ:
        # Where a program of the user's own has used JAX before, its devices stay as they are.
        with contextlib.suppress(RuntimeError):
            jax.config.update("jax_num_cpu_devices", devices or cores())
    if jax.config.values["jax_compilation_cache_dir"] is None:
        jax.config.update("jax_compilation_cache_dir", str(paths.cache_dir() / "compiled"))
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
        jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)


def keep_memory() -> bool:
    """Make the C library keep freed memory; True where it did. Off with LSTM_RESEARCH_MALLOC=default.

    Training touches the same large buffers in every step, and giving them back to the system costs a page fault for
    each page the next time: long sequences train 1.2 to 1.6 times faster without (docs/design.md), for up to twice the
    resident memory. For a command's process only, before JAX allocates; where there is no glibc it does nothing.
    """
    if os.environ.get("LSTM_RESEARCH_MALLOC") == "default":
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError):
        return False
    trim_threshold, top_pad, mmap_threshold, arena_max = -1, -2, -3, -8
    settings = {mmap_threshold: 1 << 30, trim_threshold: (1 << 31) - 1, top_pad: 64 << 20, arena_max: 1}
    return all(mallopt(name, value) for name, value in settings.items())


def cores() -> int:
    """Cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@cache
def environment() -> dict[str, Any]:
    """Versions, commit, digest of our source files, machine and flags: what is recorded with every population.

    The digest also tells of new files, which `git diff` passes over, and of an installed package, which has no commit.
    """
    import jax

    return {
        "packages": {name: importlib.metadata.version(name) for name in PACKAGES},
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "cores": cores(),
        "malloc": os.environ.get("LSTM_RESEARCH_MALLOC", "keep"),
        "devices": [f"{device.platform}:{device.device_kind}" for device in jax.devices()],
        "flags": {name: os.environ[name] for name in sorted(os.environ) if name.startswith(("XLA_FLAGS", "JAX_"))},
        "source": source_digest()[:16],
        **_source(),
    }


def _source() -> dict[str, Any]:
    """Commit, digest of what differs from it, digest of the lock file; empty where the package was installed."""
    root = Path(__file__).parents[2]
    if not (root / ".git").exists() or shutil.which("git") is None:
        return {}

    def git(*words: str) -> str:
        command = ["git", "-C", str(root), *words]
        return subprocess.run(command, check=False, capture_output=True, text=True, timeout=20).stdout

    difference = git("diff", "HEAD")
    lock = root / "requirements.lock"
    return {
        "commit": git("rev-parse", "HEAD").strip(),
        "difference": hashlib.sha256(difference.encode()).hexdigest()[:16] if difference else None,
        "lock": hashlib.sha256(lock.read_bytes()).hexdigest()[:16] if lock.exists() else None,
    }
