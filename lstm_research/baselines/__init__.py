"""Naive rows: what a model must beat. A baseline is a file here with `evaluate(task, split)`.

A task says which of them make sense for it. They are fitted on train alone; what must be chosen is chosen on valid.
"""

import importlib
import importlib.util
from pathlib import Path
from typing import Any

from lstm_research.config.nearest import unknown
from lstm_research.types import ConfigError

LIBRARIES = {"scikit-learn": "sklearn", "statsmodels": "statsmodels"}
"""What a baseline may say it `NEEDS` -> the module to look for."""


def names() -> list[str]:
    """Every baseline, by its file's name."""
    return sorted(file.stem for file in Path(__file__).parent.glob("*.py") if not file.stem.startswith("_"))


def missing(name: str) -> str:
    """The library that a baseline needs and that is not installed; "" where nothing is missing."""
    needs: str = getattr(importlib.import_module(f"{__name__}.{name}"), "NEEDS", "")
    return needs if needs and importlib.util.find_spec(LIBRARIES[needs]) is None else ""


def evaluate(name: str, task: Any, split: str) -> dict[str, float]:
    """The baseline's metrics on a split of a task, by the task's own metric names.

    Raises ConfigError where there is no such baseline, or it does not fit the task.
    """
    if name not in names():
        raise ConfigError(unknown("baseline", name, names(), "not in baselines/"))
    if name not in task.baselines:
        kind = type(task).__module__.rpartition(".")[2]
        raise ConfigError(f"baseline {name!r} is not for task {kind!r}; allowed for it: {', '.join(task.baselines)}")
    if split not in ("train", "valid", "test"):
        raise ConfigError(unknown("split", split, ("train", "valid", "test")))
    return importlib.import_module(f"{__name__}.{name}").evaluate(task, split)
