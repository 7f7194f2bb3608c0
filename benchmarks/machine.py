"""What the numbers were measured on: cores, load, versions, allocator, and the fastest multiply-add seen."""

import importlib.metadata
import os
import platform
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.turns import Candidate, Field, Ready
from lstm_research.launch import runtime

PACKAGES = ("jax", "jaxlib", "flax", "optax", "torch", "keras", "dm-haiku", "equinox", "numpy")


def described() -> dict[str, Any]:
    """Everything but load and peak."""
    versions = []
    for name in PACKAGES:
        try:
            versions.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            continue
    return {
        "cores": runtime.cores(),
        "processor": _processor(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "versions": ", ".join(versions),
        "malloc": "default" if os.environ.get("LSTM_RESEARCH_MALLOC") == "default" else "keep, all processes",
    }


def load() -> float:
    """Load average of the last minute."""
    return os.getloadavg()[0]


def peak(field: Field, torch: bool, size: int = 2048) -> float:
    """Floating-point operations per second of the whole device in a float32 matrix product, of JAX or torch."""
    candidates = [Candidate("jax", "", "jax", "benchmarks.machine:jax_product", {"size": size})]
    if torch:
        given = {"size": size, "device": field.device}
        candidates.append(Candidate("torch", "", "torch", "benchmarks.machine:torch_product", given))
    fastest = min(one.lower for one in field.measure(candidates))
    return 2.0 * size**3 / fastest


def jax_product(size: int) -> Ready:
    """A matrix product in JAX, by its whole thread pool."""
    import jax
    import jax.numpy as jnp

    a = jnp.asarray(_matrix(size))
    product = jax.jit(jnp.matmul)
    return Ready(lambda: jax.block_until_ready(product(a, a)), lambda result: {"product": np.asarray(result)})


def torch_product(size: int, device: str) -> Ready:
    """The same in torch."""
    import torch

    torch.set_num_threads(runtime.cores())
    a = torch.from_numpy(_matrix(size)).to(device)

    def run() -> Any:
        result = a @ a
        if device != "cpu":
            torch.cuda.synchronize()
        return result

    return Ready(run, lambda result: {"product": result.cpu().numpy()})


def _matrix(size: int) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(size, size)).astype(np.float32)


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if not info.exists():
        return platform.processor()
    lines = info.read_text(encoding="utf-8").splitlines()
    model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown")
    flags = next((line for line in lines if line.startswith("flags")), "")
    return model + (" (AVX-512)" if "avx512f" in flags else "")
