"""Tasks of configs, built once each: data is loaded, checked and digested here."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from lstm_research.config.fields import kind_name
from lstm_research.config.schema import ExecutionConfig, RunConfig
from lstm_research.data.paths import DataPaths
from lstm_research.launch.plan import Run, expand
from lstm_research.results.store import Store
from lstm_research.types import ConfigError

EXAMPLES = {
    "series": "ett",
    "labelled sequences": "ucr",
    "running text": "text_file",
    "labelled texts": "sst",
    "tagged sentences": "ud_english_ewt",
    "pairs of sequences": "scan",
}
"""What a task may take -> a kind of data that gives it."""

if TYPE_CHECKING:
    from lstm_research.tasks.base import Task
    from lstm_research.tasks.source import Source
    from lstm_research.tasks.source.bucketed import Bucketed


def _silent(line: str) -> None:
    """Tells nobody."""


def build(config: RunConfig, paths: DataPaths, say: Callable[[str], None] = _silent) -> "Task":
    """The task of a config, on its data. DataError where that is missing or damaged, ConfigError for a misfit.

    What was inferred of a file of the user's own, and what the task tells of its data, goes to `say`.
    """
    takes = getattr(config.task, "takes", None)
    task: Task
    if takes is None:
        if config.data is not None:
            raise ConfigError(f"data is given, but task.kind={kind_name(config.task)} brings its own; leave data out")
        task = config.task.build(paths)
        return task
    if config.data is None:
        raise ConfigError(
            f"task.kind={kind_name(config.task)} needs {takes}, and no data is given; for example "
            f"data.kind={EXAMPLES[takes]}"
        )
    if config.data.gives != takes:
        raise ConfigError(
            f"task.kind={kind_name(config.task)} needs {takes}, and data.kind={kind_name(config.data)} gives "
            f"{config.data.gives}; take data such as data.kind={EXAMPLES[takes]}, or another task"
        )
    data = config.data.load(replace(paths, held=held(config.execution)))
    if told := getattr(data, "told", ""):
        say(told)
    task = config.task.build(data)
    if told := getattr(task, "told", ""):
        say(told)
    return task


def held(execution: ExecutionConfig) -> int | None:
    """Bytes of a data set that are held in memory, see `data.paths.DataPaths`."""
    return {"device": None, "stream": 0}.get(execution.data, int(execution.device_data_gib * 2**30))


def _key(config: RunConfig) -> Any:
    """Of what a task depends on."""
    return config.task, config.data, held(config.execution)


@dataclass
class Tasks:
    """A task per task config; `paths` says where data is, `store` where the runs are that `model.init_from` names."""

    paths: DataPaths
    store: Store
    say: Callable[[str], None] = _silent
    _built: dict[Any, Any] = field(default_factory=dict)
    _sources: dict[Any, Any] = field(default_factory=dict)

    def __getitem__(self, config: RunConfig) -> "Task":
        """The task of a config. Raises DataError, ConfigError: see `build`."""
        key = _key(config)
        if key not in self._built:
            self._built[key] = build(config, self.paths, self.say)
        task: Task = self._built[key]
        return task

    def instead(self, config: RunConfig, task: "Task") -> "Tasks":
        """Others, in which the task of a config is this one."""
        return Tasks(self.paths, self.store, self.say, {_key(config): task})

    def source(self, config: RunConfig) -> "Source | Bucketed":
        """Where the batches of a config's training come from."""
        key = (*_key(config), config.training.batch)
        if key not in self._sources:
            self._sources[key] = self[config].source("train", config.training.batch)
        source: Source | Bucketed = self._sources[key]
        return source

    def runs(self, config: RunConfig) -> list[Run]:
        """The runs of a config, checked. Raises ConfigError, DataError."""
        from lstm_research.launch.check import check_config, check_task

        check_config(config)
        config = self._with_whole_id(config)
        task = self[config]
        check_task(config, task.spec, self.source(config))
        return expand(config, task.digest)

    def _with_whole_id(self, config: RunConfig) -> RunConfig:
        """`model.init_from` spelt out, since it is part of the run's own id."""
        if config.model.init_from is None:
            return config
        try:
            record = self.store.record(config.model.init_from)
        except ConfigError as error:
            raise ConfigError(f"model.init_from: {error}") from None
        if record.best_step is None:
            raise ConfigError(f"model.init_from: run {record.run} diverged before its first evaluation: no parameters")
        return replace(config, model=replace(config.model, init_from=record.run))
