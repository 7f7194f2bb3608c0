"""Runs handed to another process, here or on another machine: configs travel as data, not as names of files."""

import json
import os
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from lstm_research.config.load import from_dict
from lstm_research.data.paths import DataPaths
from lstm_research.launch.execute import complete
from lstm_research.launch.plan import Run, as_row
from lstm_research.launch.tasks import Tasks
from lstm_research.launch.watch import Watch
from lstm_research.results.store import Store
from lstm_research.types import DataError


def packed(runs: Sequence[Run], tasks: Tasks) -> str:
    """An order to make these runs in the store of `tasks`: a line of JSON."""
    paths = tasks.paths
    where = {
        "store": str(tasks.store.root),
        "data": None if paths.data_dir is None else os.path.abspath(paths.data_dir),
        "cache": os.path.abspath(paths.cache_dir),
        "offline": paths.offline,
    }
    return json.dumps({"where": where, "runs": [as_row(run) for run in runs]})


def device_of(order: str) -> str:
    """The kind of device that an order asks for."""
    device: str = json.loads(order)["runs"][0]["config"]["execution"]["device"]
    return device


def carry_out(order: str, watch: Watch) -> None:
    """Make what the store lacks of an order.

    Raises:
      DataError: data or code here are not those of the process that gave the order.
      LabError, Interrupted: as `launch.execute.complete` does.
    """
    given = json.loads(order)
    tasks = _tasks(json.dumps(given["where"]))
    complete([_checked(row, tasks) for row in given["runs"]], tasks, watch)


def _checked(row: dict[str, Any], tasks: Tasks) -> Run:
    """A run as it was asked for: its id holds the digest of the data that it is made from."""
    (run,) = tasks.runs(replace(from_dict(row["config"]), seeds=(row["seed"],)))
    if run.id != row["run"]:
        raise DataError(
            f"run {row['run']} would be {run.id} here: data or code differ from those of the process that asked for "
            "it; put the same version and the same data on every machine"
        )
    return run


@cache
def _tasks(where: str) -> Tasks:
    """Kept, so that data are loaded once for all orders."""
    given = json.loads(where)
    data, cache_dir = given["data"] and Path(given["data"]), Path(given["cache"])
    return Tasks(DataPaths(data_dir=data, cache_dir=cache_dir, offline=given["offline"]), Store(given["store"]))
