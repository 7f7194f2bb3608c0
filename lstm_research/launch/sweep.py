"""A sweep: one file that says which configs to run. Grid, search, comparison, seeds; each setting is an override like
those of the command line, so that file, command line and sweep are one mechanism.
"""

import contextlib
import itertools
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from lstm_research.config.load import Draft, draft, resolve
from lstm_research.config.paths import find
from lstm_research.config.schema import RunConfig
from lstm_research.config.traced import scalar_paths
from lstm_research.config.validate import validate
from lstm_research.config.yaml import parse_value, read
from lstm_research.launch.space import Asked, Setting, Told
from lstm_research.launch.sweep_file import HIDDEN, SweepConfig
from lstm_research.types import ConfigError


@dataclass(frozen=True)
class Trial:
    """One setting: its overrides, and the config with all its seeds."""

    overrides: tuple[str, ...]
    config: RunConfig
    compared: str = ""
    """What is compared, as overrides: trials of one are ranked among themselves."""
    point: tuple[tuple[str, Any], ...] = ()
    """What grid and search set: (field, value)."""
    size: float | None = None
    """What is matched, over that of the config's own model; None where nothing is."""


Width = Callable[[RunConfig, RunConfig], tuple[int, float]]
"""(the config's own, the one compared) -> its hidden size, and its size over that of the config's own."""


@dataclass(frozen=True)
class Sweep:
    """A file that was read."""

    path: str
    spec: SweepConfig
    layers: Draft
    fixed: tuple[str, ...]
    """Overrides of every run."""

    def studies(self) -> list[tuple[Setting, Setting]]:
        """(what is compared, point of the grid): settings are searched for in each apart."""
        return list(itertools.product(_points(self.spec.compare), _points(self.spec.grid)))

    def drawn(self) -> dict[tuple[str, ...], tuple[str, ...]]:
        """What is compared, as overrides -> its settings, each as overrides with blanks between them; of a search that
        does not adapt. For tables of searched settings: no config is resolved.
        """
        found: dict[tuple[str, ...], list[str]] = {}
        for compared, point in self.studies():
            settings = found.setdefault((*self.fixed, *_overrides(compared)), [])
            for one in self._next([*compared, *point], []):
                overrides = _overrides([*point, *one.setting])
                if odd := [each for each in overrides if " " in each]:
                    raise ConfigError(
                        f"{self.path}: {odd[0]!r}: a blank in it: no setting of a table; take the axis out of it"
                    )
                settings.append(" ".join(overrides))
        return {key: tuple(dict.fromkeys(settings)) for key, settings in found.items()}

    def asked(self, told: Sequence[Sequence[Told]]) -> list[list[tuple[Asked, Trial]]]:
        """Of each study the settings of its next batch, given all that came before. Raises ConfigError."""
        with self.blamed():
            return [
                [(one, self._trial(compared, point, one)) for one in self._next([*compared, *point], before)]
                for (compared, point), before in zip(self.studies(), told, strict=True)
            ]

    def trials(self) -> list[Trial]:
        """Those of the first batch, which are all where the search does not adapt; a setting that is drawn twice is
        one. Raises ConfigError.
        """
        return list(dict.fromkeys(trial for batch in self.asked([[] for _ in self.studies()]) for _, trial in batch))

    def matched(self, trials: Sequence[Trial], width: Width) -> list[Trial]:
        """Trials with the hidden sizes that `width` gives what is compared, unless they are as published. Raises
        ConfigError.
        """
        if not self.spec.matches:
            return list(trials)
        with self.blamed():
            return [self._matched(trial, width) for trial in trials]

    def _next(self, around: Setting, told: Sequence[Told]) -> list[Asked]:
        if self.spec.search is None:
            return [] if told else [Asked(())]
        if not self.spec.populated:
            return self.spec.search.ask(around, told)
        config: RunConfig = resolve(self.layers, [*self.fixed, *_overrides(around)])
        self._check_population(config)
        return self.spec.search.ask(around, told, config.training.steps)

    def _check_population(self, config: RunConfig) -> None:
        """Raises ConfigError for a config that population-based training cannot take through its rounds."""
        search, training = self.spec.search, config.training
        assert search is not None
        assert search.every is not None
        if search.every >= training.steps or search.every % training.eval_every:
            raise ConfigError(
                f"search.every={search.every} is no multiple of training.eval_every={training.eval_every} below "
                f"training.steps={training.steps}; give one"
            )
        for name in ("stop", "after", "patience"):
            if (value := getattr(training, name)) is not None:
                raise ConfigError(
                    f"training.{name}={value}: search.kind=population decides how far and from where members "
                    "train; leave it out"
                )
        if other := [name for name in search.space if name not in scalar_paths(config)]:
            raise ConfigError(
                f"search.space.{other[0]}: search.kind=population changes values in the middle of training; of "
                f"this config these can be: {', '.join(scalar_paths(config))}"
            )

    def _trial(self, compared: Setting, point: Setting, asked: Asked) -> Trial:
        drawn = asked.setting
        swept = _overrides([*compared, *point, *drawn, *asked.course])
        config: RunConfig = resolve(self.layers, [*self.fixed, *swept])
        return Trial(swept, config, " ".join(_overrides(compared)), _hashable([*point, *drawn]))

    def _matched(self, trial: Trial, width: Width) -> Trial:
        # What depends on what is compared is no part of the config's own model.
        space = self.spec.search.space if self.spec.search else {}
        there = [(name, value) for name, value in trial.point
                 if name not in space or space[name].when.keys().isdisjoint(self.spec.compare)]  # fmt: skip
        own: RunConfig = resolve(self.layers, [*self.fixed, *_overrides(there)])
        hidden, size = width(own, trial.config)
        # The last override of a key wins, so a drawn size is the one that is matched.
        swept = (*(one for one in trial.overrides if not one.startswith(f"{HIDDEN}=")), f"{HIDDEN}={hidden}")
        return replace(trial, overrides=swept, config=resolve(self.layers, [*self.fixed, *swept]), size=size)

    @contextlib.contextmanager
    def blamed(self) -> Iterator[None]:
        """Faults of settings in the body begin with the file."""
        try:
            yield
        except ConfigError as error:
            lines = str(error).splitlines()
            begun = [line if line.startswith(f"{self.path}:") else f"{self.path}: {line}" for line in lines]
            raise ConfigError("\n".join(begun)) from None


def load_sweep(name: str | os.PathLike[str], overrides: Sequence[str] = ()) -> Sweep:
    """A sweep file. `overrides` come after the file's own, before the swept fields. Raises ConfigError."""
    try:
        path = find("configs", f"sweeps/{name}")
    except ConfigError:
        path = find("configs", name)
    document = read(path)
    if "task" in document.data:
        raise ConfigError(f"{path}: a config, not a sweep; `lstm-research run` takes it")
    search = document.data.get("search")
    if isinstance(search, dict) and isinstance(space := search.get("space"), dict):
        search["space"] = {key: {"values": one} if isinstance(one, list) else one for key, one in space.items()}
    spec = validate(SweepConfig, document.data, {(): str(path), **document.places})
    seeds = [] if spec.seeds is None else [f"seeds={_written(spec.seeds)}"]
    for override in (*spec.overrides, *overrides):
        key = override.partition("=")[0]
        for swept in spec.varied():
            if key == swept or key.startswith(f"{swept}."):
                raise ConfigError(
                    f"{path}: override {override!r} has no effect: the sweep varies {swept}; edit it there"
                )
    return Sweep(str(path), spec, draft(spec.config), (*seeds, *spec.overrides, *overrides))


def _points(values: dict[str, list[Any]]) -> list[tuple[tuple[str, Any], ...]]:
    """Every combination."""
    return list(itertools.product(*([(key, value) for value in every] for key, every in values.items())))


def _hashable(settings: Setting) -> tuple[tuple[str, Any], ...]:
    """Values that are lists or mappings as they are written."""
    return tuple((key, _written(value) if isinstance(value, list | dict) else value) for key, value in settings)


def _overrides(settings: Setting) -> tuple[str, ...]:
    return tuple(f"{key}={_written(value)}" for key, value in settings)


def _written(value: Any) -> str:
    """A value as an override writes it: YAML's flow style, which JSON is. Without blanks, which part overrides where
    they stand in a row.
    """
    import json

    if isinstance(value, str):
        with contextlib.suppress(ConfigError):
            if parse_value(value, "") == value:
                return value
    return json.dumps(value, separators=(",", ":"))
