"""Sweeps of a small config, this one or what a file of tests says for itself."""

import pytest

from lstm_research.data.paths import DataPaths
from lstm_research.launch.sweep import load_sweep
from lstm_research.launch.tasks import Tasks
from lstm_research.results.store import Store

SMALL = """\
task: {kind: adding, length: 5, n_valid: 16, n_test: 16}
model: {cell: {kind: rnn, hidden: 24}}
optimizer: {kind: adam, learning_rate: 0.01}
training: {steps: 16, batch: 2, eval_every: 2}
seeds: 0:2
"""


@pytest.fixture
def sweep(request, tmp_path, monkeypatch):
    """A sweep of `small`, the module's SMALL or else this one, that says this."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "configs/sweeps").mkdir(parents=True)
    (tmp_path / "configs/small.yaml").write_text(getattr(request.module, "SMALL", SMALL))

    def make(text):
        (tmp_path / "configs/sweeps/s.yaml").write_text("config: small\n" + text)
        return load_sweep("s")

    return make


@pytest.fixture
def tasks(tmp_path):
    """An empty store, and no data."""
    return Tasks(DataPaths(data_dir=None, cache_dir=tmp_path / "cache"), Store(tmp_path / "store"))
