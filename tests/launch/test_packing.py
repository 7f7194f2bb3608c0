"""Populations are cut to the memory that they may take."""

from pathlib import Path

import pytest

from lstm_research import load
from lstm_research.config.schema import RunConfig
from lstm_research.data.paths import DataPaths
from lstm_research.launch.estimate import Estimate, estimate
from lstm_research.launch.plan import make_plan
from lstm_research.launch.tasks import Tasks
from lstm_research.results.store import Store
from lstm_research.types import ConfigError


def config(*overrides: str) -> RunConfig:
    return load("adding", ["task.length=1000", "model.cell.hidden=64", "seeds=0:10", *overrides])


def costs(folder: Path, *overrides: str) -> list[Estimate]:
    tasks = Tasks(DataPaths(data_dir=None, cache_dir=folder), Store(folder / "runs"))
    return estimate(make_plan(tasks.runs(config(*overrides)), tasks).groups, tasks)


@pytest.mark.parametrize("layout", ["map", "vmap", "sharded_map", "sharded_vmap"])
def test_members_together_take_memory(tmp_path: Path, layout: str) -> None:
    """A population under `vmap` holds the activations of all its members, under `map` of one a device."""
    (one,) = costs(tmp_path, f"execution.layout={layout}", "seeds=0")
    (ten,) = costs(tmp_path, f"execution.layout={layout}")
    times = (ten.gibibytes - 0.5) / (one.gibibytes - 0.5)
    assert times > 9 if layout.endswith("vmap") else times < 2.5


def test_cut_to_the_memory(tmp_path: Path) -> None:
    """Every population keeps the limit, as few of them as that takes; all runs are there, in their order."""
    (whole,) = costs(tmp_path, "execution.layout=vmap")
    limit = 0.5 + (whole.gibibytes - 0.5) * 0.45
    cut = costs(tmp_path, "execution.layout=vmap", f"execution.memory_gib={limit}")
    assert [one.runs for one in cut] == [4, 4, 2]
    assert all(one.gibibytes <= limit for one in cut)
    assert [one.runs for one in costs(tmp_path, "execution.layout=vmap", "execution.memory_gib=1000")] == [10]


def test_the_same_runs_however_cut(tmp_path: Path) -> None:
    tasks = Tasks(DataPaths(data_dir=None, cache_dir=tmp_path), Store(tmp_path / "runs"))
    whole = [run.id for run in tasks.runs(config())]
    plan = make_plan(tasks.runs(config("execution.layout=vmap", "execution.memory_gib=0.9")), tasks)
    assert len(plan.groups) > 1
    assert [run.id for group in plan.groups for run in group.runs] == whole


def test_too_little_for_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"execution.memory_gib=0.5: one run takes about .* GiB; raise it"):
        costs(tmp_path, "execution.memory_gib=0.5")
