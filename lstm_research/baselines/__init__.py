"""Naive rows: what a model must beat. A baseline is a file here with `evaluate(task_config, paths, split)`."""

import importlib
from pathlib import Path
from typing import Any

from lstm_research.config.nearest import unknown
from lstm_research.data.paths import DataPaths
from lstm_research.types import ConfigError


def names() -> list[str]:
    """Every baseline, by its file's name."""
    return sorted(file.stem for file in Path(__file__).parent.glob("*.py") if not file.stem.startswith("_"))


def evaluate(name: str, task_config: Any, paths: DataPaths, split: str) -> dict[str, float]:
    """The baseline's metrics on a split of a task, by the task's own metric names. It is fitted on train alone.

    Raises:
      ConfigError: there is no such baseline, or it does not fit the task.
      DataError: the task's data are missing or damaged.
    """
    if name not in names():
        raise ConfigError(unknown("baseline", name, names(), "not in baselines/"))
    if split not in ("train", "valid", "test"):
        raise ConfigError(unknown("split", split, ("train", "valid", "test")))
    return importlib.import_module(f"{__name__}.{name}").evaluate(task_config, paths, split)
