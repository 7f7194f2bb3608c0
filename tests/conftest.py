"""What every test runs under: CPU, two host devices, strict promotion, checked annotations, its own runs folder."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

# Set before anything of ours or JAX's is imported, subprocesses included.
os.environ["JAX_PLATFORMS"] = "cpu"
os.environ["JAX_NUM_CPU_DEVICES"] = "2"
os.environ.pop("LSTM_RESEARCH_PATH", None)
os.environ.setdefault("MPLBACKEND", "Agg")

from jaxtyping import install_import_hook

# Annotations are tests: shapes and types of every function and dataclass of ours are checked while tests run.
if os.environ.get("LSTM_RESEARCH_UNCHECKED") != "1":
    install_import_hook("lstm_research", "checking.checked")

import hypothesis
import jax
import pytest

TESTS = Path(__file__).parent
STRICT = {"recurrence", "cells", "models", "metrics", "tasks", "data", "baselines"}
QUICK = STRICT - {"recurrence"}
"""Folders of many small programs that run once: compiling is most of the time there, so they are not optimized. Where
bits are compared between programs, and in what a user calls, they are compiled as they are for a user."""

hypothesis.settings.register_profile("repository", deadline=None, max_examples=25, derandomize=True, database=None)
hypothesis.settings.load_profile("repository")


def pytest_configure(config: pytest.Config) -> None:
    """No silent rank promotion, and a compilation cache that outlives the run: the second one is quick.

    Workers share the cache. JAX does not write entries atomically, but one read half-written fails to decompress, and
    JAX then compiles as if there were none.
    """
    jax.config.update("jax_numpy_rank_promotion", "raise")
    if config.cache is not None:
        jax.config.update("jax_compilation_cache_dir", str(config.cache.mkdir("jax")))
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
        jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)


@pytest.fixture(scope="session", autouse=True)
def _own_folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test reads or writes the user's runs or cache. Prepared data are shared by a session: preparing is slow."""
    with pytest.MonkeyPatch.context() as patch:
        base = tmp_path_factory.mktemp("lstm_research")
        patch.setenv("LSTM_RESEARCH_CACHE", str(base / "cache"))
        patch.setenv("LSTM_RESEARCH_RUNS", str(base / "runs"))
        yield


@pytest.fixture(scope="module", autouse=True)
def _compilation(request: pytest.FixtureRequest) -> None:
    """Optimized or not, and nothing of one kind taken for the other."""
    quick = request.path.relative_to(TESTS).parts[0] in QUICK
    if jax.config.read("jax_disable_most_optimizations") != quick:
        jax.clear_caches()
        jax.config.update("jax_disable_most_optimizations", quick)


@pytest.fixture(autouse=True)
def _own_runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Each test starts from an empty store."""
    monkeypatch.setenv("LSTM_RESEARCH_RUNS", str(tmp_path / "runs"))


@pytest.fixture(autouse=True)
def _promotion(request: pytest.FixtureRequest) -> Iterator[None]:
    """Strict dtype promotion where our mathematics is; `@pytest.mark.loose` for tests that run somebody else's.

    Above that floor Optax runs (its Adam divides a float by an int32 count), so only ranks are strict there.
    """
    folder = request.path.relative_to(TESTS).parts[0]
    with contextlib.ExitStack() as stack:
        if request.node.get_closest_marker("loose"):
            stack.enter_context(jax.numpy_rank_promotion("allow"))
        elif folder in STRICT:
            stack.enter_context(jax.numpy_dtype_promotion("strict"))
        yield


@pytest.fixture
def x64() -> Iterator[None]:
    """float64 and int64 for one test, as finite differences need them."""
    with jax.enable_x64(True):
        yield
