"""How long a command takes to do its first work: imports, and from there to the end of the first training step.

Each start is a new process. The first one of a program compiles it; the later ones find it in the compilation cache.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.bench import Bench

COMMANDS = {
    "run": ["run", "adding", "training.steps=20", "training.eval_every=20"],
    "table": ["table", "memory", "--quick"],
}
STARTS = 5
"""With a warm cache; the median is taken."""


def run(bench: Bench) -> list[dict[str, Any]]:
    """Rows: command, cache, seconds of imports and from their end to the end of the first step; `--help` in whole."""
    rows = []
    for name, command in list(COMMANDS.items())[: 1 if bench.toy else None]:
        with tempfile.TemporaryDirectory() as folder:
            starts = [_start(command, Path(folder), number) for number in range(2 if bench.toy else 1 + STARTS)]
        rows.append({"command": name, "cache": "empty", **starts[0]})
        warm = {key: float(np.median([one[key] for one in starts[1:]])) for key in starts[0]}
        rows.append({"command": name, "cache": "warm", **warm})
    helps = []
    for _ in range(1 if bench.toy else 2 + STARTS):
        began = time.perf_counter()
        subprocess.run([sys.executable, "-m", "lstm_research", "--help"], check=True, capture_output=True)
        helps.append(time.perf_counter() - began)
    rows.append({"command": "--help", "cache": "", "whole_s": float(np.median(helps[-STARTS:]))})
    for one in rows:
        bench.tell("start: " + ", ".join(f"{k} {v:.2f}" if isinstance(v, float) else str(v) for k, v in one.items()))
    return rows


def _start(command: list[str], folder: Path, number: int) -> dict[str, float]:
    """A process with an empty store, and the cache that earlier ones left in `folder`."""
    environment = {
        **os.environ,
        "LSTM_RESEARCH_CACHE": str(folder / "cache"),
        "LSTM_RESEARCH_RUNS": str(folder / f"runs_{number}"),
    }
    environment.pop("JAX_NUM_CPU_DEVICES", None)
    began = time.time()
    asked = [sys.executable, "-m", "benchmarks.first_step", *command]
    done = subprocess.run(asked, check=True, capture_output=True, text=True, env=environment)
    times = json.loads(done.stdout.splitlines()[-1])
    return {
        "imports_s": times["imported"] - began,
        "first_step_s": times["stepped"] - times["imported"],
        "whole_s": times["stepped"] - began,
    }
