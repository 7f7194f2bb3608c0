"""Hyperband against the whole grid: what is found, for how much training. Ten repetitions with other seeds.

Both choose on validation among the same 64 settings; each choice is trained again with five fresh seeds, so that
neither is judged by the values that it was chosen for.
"""

import math
import tempfile
from dataclasses import replace
from pathlib import Path
from statistics import fmean
from typing import Any

from benchmarks.bench import Bench
from lstm_research.data.paths import DataPaths
from lstm_research.launch import runtime
from lstm_research.launch.execute import complete
from lstm_research.launch.rounds import Outcome, conduct
from lstm_research.launch.sweep import Trial, load_sweep
from lstm_research.launch.tasks import Tasks
from lstm_research.launch.watch import Watch
from lstm_research.results.selection import best_index
from lstm_research.results.store import Store

FIRST, FACTOR, BRACKETS = 20, 3, 4
STEPS = FIRST * FACTOR**3
GRID = {
    "optimizer.learning_rate": [0.0003, 0.0006, 0.001, 0.002, 0.004, 0.008, 0.016, 0.032],
    "optimizer.clip_norm": [0.3, 3.0],
    "model.dropout": [0.05, 0.1, 0.2, 0.3],
}
REPETITIONS = 10
FRESH = 5


def run(bench: Bench) -> list[dict[str, Any]]:
    """Rows: repetition; share of the grid's updates; loss of either choice over fresh seeds; whether they are one."""
    grid = {key: values[:2] for key, values in GRID.items()} if bench.toy else GRID
    runtime.prepare("cpu")  # two devices, and compiled programs kept: rounds of one size come again in each repetition
    rows = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        tasks = Tasks(DataPaths(data_dir=None, cache_dir=folder, offline=True), Store(folder / "runs"), lambda _: None)
        for repetition in range(1 if bench.toy else REPETITIONS):
            whole, early = (_chosen(folder, grid, repetition, tasks, hyperband) for hyperband in (False, True))
            updates = [sum(one.updates for one in outcomes) for outcomes in (whole[1], early[1])]
            seeds = tuple(1000 + FRESH * repetition + k for k in range(1 if bench.toy else FRESH))
            of_grid, of_early = (_again(one[0], seeds, tasks) for one in (whole, early))
            rows.append({"repetition": repetition, "settings": len(whole[1]), "share": updates[1] / updates[0],
                         "grid": of_grid, "hyperband": of_early, "same": whole[0].point == early[0].point})  # fmt: skip
            bench.tell("early: " + ", ".join(f"{key} {value}" for key, value in rows[-1].items()))
    return rows


def _chosen(
    folder: Path, grid: dict[str, list[float]], seed: int, tasks: Tasks, hyperband: bool
) -> tuple[Trial, list[Outcome]]:
    """The best setting of those trained to the end, and how far each came."""
    path = folder / "early.yaml"
    axes = "".join(f"  {key}: {values}\n" for key, values in grid.items())
    rule = f"early: {{kind: halving, first: {FIRST}, factor: {FACTOR}, brackets: {BRACKETS}}}\n" if hyperband else ""
    given = [
        "task.delay=10", "model.cell.kind=gru", "model.cell.hidden=32", f"training.steps={STEPS}",
        f"training.eval_every={FIRST}", "training.select=loss",
    ]  # fmt: skip
    path.write_text(
        f"config: delayed_recall\noverrides: [{', '.join(given)}]\ngrid:\n{axes}seeds: [{seed}]\n{rule}", "utf-8"
    )
    sweep = load_sweep(path)
    outcomes = conduct(sweep.trials(), sweep.spec.early, tasks, Watch())
    values = [one.value if one.stopped is None else math.nan for one in outcomes]
    best = best_index(values, higher_is_better=False)
    assert best is not None
    return outcomes[best].trial, outcomes


def _again(trial: Trial, seeds: tuple[int, ...], tasks: Tasks) -> float:
    """The setting's mean best validation loss over fresh seeds."""
    found = complete(tasks.runs(replace(trial.config, seeds=seeds)), tasks, Watch())
    return fmean(record.valid["loss"] for record in found.values())
