"""The plan's estimate knows what an engine keeps."""

from pathlib import Path

from lstm_research import load
from lstm_research.data.paths import DataPaths
from lstm_research.launch.estimate import Estimate, estimate
from lstm_research.launch.plan import make_plan
from lstm_research.launch.tasks import Tasks
from lstm_research.results.store import Store


def cost(folder: Path, *overrides: str) -> Estimate:
    store = Store(folder / "runs")
    tasks = Tasks(DataPaths(data_dir=None, cache_dir=folder), store)
    config = load("adding", ["task.length=10000", "model.cell.hidden=64", "seeds=0", *overrides])
    (found,) = estimate(make_plan(tasks.runs(config), tasks).groups, tasks)
    return found


def test_checkpointed_keeps_less(tmp_path: Path) -> None:
    """Of what stands over the half GiB of the process; longer segments have longer tapes."""
    fused = cost(tmp_path).gibibytes - 0.5
    short = cost(tmp_path, "model.engine=checkpointed").gibibytes - 0.5
    long = cost(tmp_path, "model.engine=checkpointed", "model.checkpoint_every=5000").gibibytes - 0.5
    assert 0 < short < fused / 4
    assert short < long < fused
