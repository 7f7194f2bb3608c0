"""A finished run on data that it has never seen: its best parameters, and what was fitted on train."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jax
import numpy as np

from lstm_research.config.fields import kind_name
from lstm_research.launch.evaluate import asked, best_parameters
from lstm_research.launch.execute import assemble, precision
from lstm_research.launch.tasks import Tasks
from lstm_research.launch.watch import Watch
from lstm_research.results.record import Record
from lstm_research.results.store import Store
from lstm_research.tasks.base import Predicts
from lstm_research.types import ConfigError

OF_LINES = ("labelled texts", "tagged sentences", "pairs of sequences")
"""Data whose new examples may be lines of a text file."""


def predict(
    record: Record,
    given: Path | str,
    store: Store,
    tasks: Tasks,
    watch: Watch,
    *,
    every: bool = False,
    trust_code: bool = False,
) -> tuple[Iterator[dict[str, Any]], dict[str, float]]:
    """Answers of a run for the rows of a file, and its metrics there, where the file has the truth.

    Args:
      given: the file; or a text itself.
      every: at every place of the file where there is enough before it, not only at its end.

    Raises ConfigError where the run's task or data cannot be asked so, DataError for a fault of the file.
    """
    about = asked(
        record, store, "restored", "says nothing of new data; `evaluate` has its splits", trust_code=trust_code
    )
    config = about.run.config
    if config.data is None or not hasattr(config.data, "load_new"):
        raise ConfigError(
            f"run {record.run}: data.kind={kind_name(config.data)} is a published set, which reads no file of yours; "
            "train on data.kind=csv, labelled_csv, labelled_texts, conll, pairs_file, ts or wav_folder"
        )
    data = _new(config.data, given, about.fitted["data"])
    if told := getattr(data, "told", ""):
        watch.say(told)
    task: Any = config.task.restored(about.fitted, data, every=every)
    with precision(about.runs):
        # The task on new data stands in for the one that was trained: the data of then need not be here.
        there, best = tasks.instead(config, task), {about.place: record.best_step}
        assert isinstance(task, Predicts)
        stacked = best_parameters(record.population, about.runs, best, store, there, watch.say)
        one = assemble([about.run], there)
        filled = [about.place] * one.layout.padded(1)
        params = one.layout.place_members(jax.tree.map(lambda x: x[np.array(filled)], stacked))
        sums, kept = one.examine(params, "test")[0]
    values = {name: value for name, one in sums.items() if np.isfinite(value := float(one.mean()))}
    return task.lines(kept), values


def _new(data: Any, given: Path | str, described: dict[str, Any]) -> Any:
    """What a run is asked about. Raises ConfigError where a text is given and the run takes none; as `load_new`."""
    if isinstance(given, Path):
        return data.load_new(given, described)
    if data.gives not in OF_LINES:
        raise ConfigError(
            f"--text: the run was trained on {data.gives}, data.kind={kind_name(data)}, and takes no text; give a FILE"
        )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "text.txt"
        path.write_text(" ".join(given.split()) + "\n", getattr(data, "encoding", "utf-8"))
        return data.load_new(path, described)
