"""A user's own folder with a small config, a sweep and an experiment, and the command in this process or another."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import pytest

ROOT = Path(__file__).parents[2]

SMALL = """\
# The adding problem, so short that it trains in a moment.
task: {kind: adding, length: 5, n_valid: 16, n_test: 16}
model: {cell: {kind: rnn, hidden: 4}}
optimizer: {kind: sgd, learning_rate: 0.01}
training: {steps: 4, batch: 2, eval_every: 2}
seeds: 0:2
"""

SWEEP = """\
# Two rates.
config: small
grid:
  optimizer.learning_rate: [0.01, 0.02]
"""

TINY = '''\
"""Tiny: does anything learn in four steps?"""

from lstm_research.results import Experiment, Group, Published, Row, Tune

TUNE = Tune(path="optimizer.learning_rate", values=(0.01, 0.02), seeds=(0,))


def rows(group, overrides=()):
    return (
        Row(label="chance", group=group, config="small", overrides=overrides, naive="chance"),
        Row(label="RNN", group=group, config="small", overrides=overrides, tune=TUNE, seeds=(0, 1, 2),
            published=Published(0.2, "made up")),
    )


EXPERIMENT = Experiment(
    name="tiny", title="Tiny", claim="No.", metric="mse", higher_is_better=False,
    groups=(Group(key="a", title="A"), Group(key="b", title="B", default=False)),
    rows=(*rows("a"), *rows("b", ("model.cell.init_scale=0.5",))),
)
'''


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with configs/small.yaml, configs/sweeps/rates.yaml and experiments/tiny.py; the current one."""
    for name, text in {
        "configs/small.yaml": SMALL,
        "configs/sweeps/rates.yaml": SWEEP,
        "experiments/tiny.py": TINY,
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LSTM_RESEARCH_MALLOC", "default")
    return tmp_path


Ran = tuple[int, str, str]


@pytest.fixture
def call(lab: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """`lstm-research` in this process: (exit code, stdout, stderr)."""
    from lstm_research.cli.main import main

    def run(*arguments: str) -> Ran:
        capsys.readouterr()
        code = main(arguments)
        out, err = capsys.readouterr()
        return code, out, err

    return run


@pytest.fixture
def start(lab: Path) -> Callable[..., "subprocess.Popen[str]"]:
    """`lstm-research` in a process of its own, without the import hook, with the tests' compilation cache."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "JAX_COMPILATION_CACHE_DIR": jax.config.values["jax_compilation_cache_dir"] or str(lab / "compiled"),
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
        "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
    }

    def run(*arguments: str, **more: Any) -> "subprocess.Popen[str]":
        command = [sys.executable, "-m", "lstm_research", *arguments]
        pipe = subprocess.PIPE
        return subprocess.Popen(command, cwd=lab, env=environment, stdout=pipe, stderr=pipe, text=True, **more)

    return run
