"""Tasks of configs, built once each: data is loaded, checked and digested here."""

from dataclasses import dataclass, field
from typing import Any

from lstm_research.config.schema import RunConfig
from lstm_research.data.paths import DataPaths
from lstm_research.launch.check import check_config, check_task
from lstm_research.launch.plan import Run, expand
from lstm_research.tasks.base import Task


@dataclass
class Tasks:
    """A task per task config; `paths` says where data is."""

    paths: DataPaths
    _built: dict[Any, Task] = field(default_factory=dict)

    def __getitem__(self, config: RunConfig) -> Task:
        """The task of a config. Raises DataError where data is missing or damaged."""
        if config.task not in self._built:
            self._built[config.task] = config.task.build(self.paths)
        return self._built[config.task]

    def runs(self, config: RunConfig) -> list[Run]:
        """The runs of a config, checked. Raises ConfigError, DataError."""
        check_config(config)
        task = self[config]
        check_task(config, task.spec, task.source("train", config.training.batch).carried)
        return expand(config, task.digest)
