"""From Python: a config in, records out. What the command `run` does, without a word."""

import os
from collections.abc import Sequence
from pathlib import Path

from lstm_research.config import paths
from lstm_research.config.load import load
from lstm_research.config.schema import RunConfig
from lstm_research.data.paths import DataPaths
from lstm_research.results.record import Record
from lstm_research.results.store import Store


def run(
    config: RunConfig | str | os.PathLike[str],
    overrides: Sequence[str] = (),
    *,
    runs_dir: Path | str | None = None,
    data_dir: Path | str | None = None,
    offline: bool = False,
) -> list[Record]:
    """Train the runs of a config, one for each of its seeds, and return their records in that order.

        records = run("adding", ["model.cell.kind=gru", "seeds=0:5"])

    What is in the store already is not run again; what was begun goes on. The test split stays closed.

    Args:
      config: from `load`, or a name or path for it.
      overrides: `a.b=value`, where `config` is a name or path.
      runs_dir: the store, by default LSTM_RESEARCH_RUNS or ./runs.
      data_dir: raw data files, by default LSTM_RESEARCH_DATA.
      offline: never download.

    Raises:
      LabError: what the command would print as its one line; its subclasses tell what kind of fault it is.
    """
    if isinstance(config, RunConfig):
        if overrides:
            raise TypeError("overrides go with a name or path; give them to `load`, or use dataclasses.replace")
        chosen = config
    else:
        chosen = load(config, overrides)

    from lstm_research.launch import runtime
    from lstm_research.launch.execute import complete
    from lstm_research.launch.tasks import Tasks
    from lstm_research.launch.watch import Watch

    runtime.prepare(chosen.execution.device)
    where = DataPaths(
        data_dir=Path(data_dir) if data_dir else paths.data_dir(), cache_dir=paths.cache_dir(), offline=offline
    )
    tasks = Tasks(where, Store(runs_dir or paths.runs_dir()))
    runs = tasks.runs(chosen)
    records = complete(runs, tasks, Watch())
    return [records[one.id] for one in runs]
