"""From a config on: a run whose data stream has the id and the record of the run on the device; a plan tells of it."""

from dataclasses import replace
from pathlib import Path

import numpy as np

import lstm_research
from lstm_research.data.paths import DataPaths
from lstm_research.launch.estimate import estimate
from lstm_research.launch.plan import make_plan
from lstm_research.launch.tasks import Tasks
from lstm_research.results.store import Store

CONFIG = """\
task: {{kind: forecast, context: 8, horizon: 2}}
data: {{kind: csv, path: {path}, target: y}}
model: {{cell: {{kind: rnn, hidden: 3}}}}
optimizer: {{kind: sgd, learning_rate: 0.05}}
training: {{steps: 6, batch: 4, eval_every: 3}}
"""


def test_a_streamed_run_is_the_run(tmp_path: Path) -> None:
    path = tmp_path / "my.csv"
    path.write_text("y\n" + "\n".join(f"{x:.4f}" for x in np.sin(np.arange(300) / 5)) + "\n")
    (tmp_path / "small.yaml").write_text(CONFIG.format(path=path))
    records, told = [], []
    for data in ("device", "stream"):
        config = lstm_research.load(tmp_path / "small.yaml", [f"execution.data={data}"])
        store = Store(tmp_path / data)
        tasks = Tasks(DataPaths(data_dir=None, cache_dir=tmp_path / "cache"), store)
        told.append(estimate(make_plan(tasks.runs(config), tasks).groups, tasks)[0].streaming)
        records += lstm_research.run(config, runs_dir=tmp_path / data)
    assert told == ["", "train streams: 0.0 MiB, of which 0.0 MiB are held"]
    placed, streamed = (replace(record, seconds=0.0, config={}) for record in records)
    assert streamed == placed
    lines = [(next((tmp_path / data).glob("*/metrics.jsonl"))).read_text() for data in ("device", "stream")]
    assert lines[0] == lines[1]
