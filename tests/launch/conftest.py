"""Sweeps of a small config, which each file of tests says for itself."""

import pytest

from lstm_research.launch.sweep import load_sweep


@pytest.fixture
def sweep(request, tmp_path, monkeypatch):
    """A sweep of `small`, the module's SMALL, that says this."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "configs/sweeps").mkdir(parents=True)
    (tmp_path / "configs/small.yaml").write_text(request.module.SMALL)

    def make(text):
        (tmp_path / "configs/sweeps/s.yaml").write_text("config: small\n" + text)
        return load_sweep("s")

    return make
