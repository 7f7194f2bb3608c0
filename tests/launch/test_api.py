"""From Python: a config in, records out, nothing printed; faults are exceptions."""

import pytest

import lstm_research
from lstm_research.types import ConfigError

SMALL = """\
task: {kind: adding, length: 5, n_valid: 16, n_test: 16}
model: {cell: {kind: rnn, hidden: 4}}
optimizer: {kind: sgd, learning_rate: 0.01}
training: {steps: 4, batch: 2, eval_every: 2}
seeds: 0:2
"""


def test_run_gives_records_and_prints_nothing(tmp_path, capfd):
    (tmp_path / "small.yaml").write_text(SMALL)
    config = lstm_research.load(tmp_path / "small.yaml")
    records = lstm_research.run(config, runs_dir=tmp_path / "mine")
    assert [record.seed for record in records] == [0, 1]
    assert all(record.status == "finished" and "mse" in record.valid for record in records)
    assert lstm_research.run(tmp_path / "small.yaml", runs_dir=tmp_path / "mine") == records
    assert capfd.readouterr() == ("", "")


def test_faults_are_exceptions(tmp_path):
    (tmp_path / "small.yaml").write_text(SMALL)
    with pytest.raises(ConfigError, match="did you mean 'lstm'"):
        lstm_research.run(tmp_path / "small.yaml", ["model.cell.kind=lsmt"])
    with pytest.raises(TypeError, match="overrides"):
        lstm_research.run(lstm_research.load(tmp_path / "small.yaml"), ["seeds=3"])
