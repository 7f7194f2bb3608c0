"""A whole sweep as a user gives it, beside the two ways it is done by hand: one compiled program of a single trial, run
for each in turn, and a process for each. All are processes from start to end, on a warm compilation cache.
"""

import math
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.bench import Bench

STEPS = 500
GRID = {
    "optimizer.learning_rate": [0.001, 0.002, 0.004, 0.008],
    "optimizer.clip_norm": [0.3, 1.0, 3.0, 10.0],
    "model.dropout": [0.05, 0.1, 0.2, 0.3],
}
SEEDS = 4
TURNS = 2
IN_TURN = 64
"""So many of the trials that one program runs in turn are run; each of the others is taken to last as long, without the
start."""
PROCESSES = 6
"""So many of the trials that have a process each are run; the times of the others are taken to be theirs."""


def run(bench: Bench) -> list[dict[str, Any]]:
    """Rows: side; trials; seconds for all, with quartiles; programs compiled from an empty cache."""
    steps, seeds = (4, 2) if bench.toy else (STEPS, SEEDS)
    grid = {key: values[:1] for key, values in GRID.items()} if bench.toy else GRID
    trials = seeds * math.prod(len(values) for values in grid.values())
    given = ["model.cell.kind=gru", "model.cell.hidden=32", f"training.steps={steps}", f"training.eval_every={steps}"]
    rows = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / "trials.yaml"
        axes = "".join(f"  {key}: {values}\n" for key, values in grid.items())
        path.write_text(f"config: delayed_recall\noverrides: [{', '.join(given)}]\ngrid:\n{axes}seeds: '0:{seeds}'\n")
        alone = ["run", "delayed_recall", *given, *(f"{key}={values[0]}" for key, values in grid.items()), "seeds=[0]"]
        some = min(trials, IN_TURN)
        for side, command, turns in (
            ("sweep", ["lstm_research", "sweep", str(path)], TURNS),
            ("one program, in turn", ["benchmarks.in_turn", str(path), str(some)], TURNS),
            ("a process each", ["lstm_research", *alone], PROCESSES),
        ):
            cache = folder / f"cache_{len(rows)}"
            found = []
            for turn in range(1 + (1 if bench.toy else turns)):
                seconds, said = _timed(command, cache, folder / f"runs_{len(rows)}_{turn}")
                if turn == 0:  # with an empty cache
                    programs = len(list((cache / "compiled").glob("*-cache")))
                elif side == "one program, in turn":
                    found.append(seconds + (trials - some) * float(said.split()[-1]))
                else:
                    found.append(seconds if side == "sweep" else trials * seconds)
            low, middle, high = (float(np.quantile(found, q)) for q in (0.25, 0.5, 0.75))
            rows.append({"side": side, "trials": trials, "seconds": middle, "q1": low, "q3": high,
                         "rounds": len(found), "programs": programs})  # fmt: skip
            bench.tell(f"trials: {side} {middle:.1f} s for {trials}, {programs} programs compiled")
    return rows


def _timed(command: list[str], cache: Path, runs: Path) -> tuple[float, str]:
    """Seconds from start to end of a process with an empty store, and what it printed."""
    environment = {**os.environ, "LSTM_RESEARCH_CACHE": str(cache), "LSTM_RESEARCH_RUNS": str(runs)}
    environment.pop("JAX_NUM_CPU_DEVICES", None)
    began = time.perf_counter()
    ended = subprocess.run(
        [sys.executable, "-m", *command], check=True, capture_output=True, env=environment, text=True
    )
    return time.perf_counter() - began, ended.stdout
