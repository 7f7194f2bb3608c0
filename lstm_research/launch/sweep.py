"""A sweep: one file that says which configs to run. Grid, random draws, seeds; each is an override like those of the
command line, so that file, command line and sweep are one mechanism.
"""

import itertools
import math
import os
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from annotated_types import Ge, MinLen

from lstm_research.config.load import Draft, draft, resolve
from lstm_research.config.paths import find
from lstm_research.config.schema import RunConfig
from lstm_research.config.validate import validate
from lstm_research.config.yaml import read
from lstm_research.types import ConfigError


@dataclass(frozen=True, kw_only=True)
class Range:
    """A range to draw from."""

    low: float
    """Smallest value."""
    high: float
    """Largest value."""
    scale: Literal["linear", "log"] = "linear"
    """`log` draws the exponent uniformly."""
    integer: bool = False
    """Round to a whole number."""

    def check(self) -> None:
        """Raises ValueError for an empty range."""
        if not self.low < self.high or (self.scale == "log" and self.low <= 0):
            raise ValueError(f"low={self.low}, high={self.high}: needs low < high, and 0 < low for scale log")

    def draw(self, stream: random.Random) -> float | int:
        """One value, rounded to four digits so that it reads well."""
        if self.scale == "log":
            value = math.exp(stream.uniform(math.log(self.low), math.log(self.high)))
        else:
            value = stream.uniform(self.low, self.high)
        return round(value) if self.integer else float(f"{value:.3e}")


@dataclass(frozen=True, kw_only=True)
class Random:
    """Random search: `trials` settings, drawn for every point of the grid alike."""

    trials: Annotated[int, Ge(1)]
    """Number of settings."""
    seed: Annotated[int, Ge(0)] = 0
    """Seed of the draws; the same file draws the same settings."""
    ranges: dict[str, Range] = field(default_factory=dict)
    """Field of the config -> range."""
    choices: dict[str, Annotated[list[Any], MinLen(1)]] = field(default_factory=dict)
    """Field of the config -> values to choose from."""


@dataclass(frozen=True, kw_only=True)
class SweepConfig:
    """A file in configs/sweeps/."""

    config: str
    """Name or path of the config that is swept."""
    overrides: list[str] = field(default_factory=list)
    """Overrides of every run, `a.b=value`."""
    grid: dict[str, Annotated[list[Any], MinLen(1)]] = field(default_factory=dict)
    """Field of the config -> values; every combination is run."""
    random: Random | None = None
    """Random search at every point of the grid."""
    seeds: Any = None
    """Seeds of every setting, by default the config's."""


@dataclass(frozen=True)
class Trial:
    """One setting: its overrides, and the config with all its seeds."""

    overrides: tuple[str, ...]
    config: RunConfig


def load_sweep(name: str | os.PathLike[str], overrides: Sequence[str] = ()) -> list[Trial]:
    """The trials of a sweep file, in order: grid points, and at each the random settings.

    `overrides` come after the file's own, before the swept fields. Raises ConfigError.
    """
    try:
        path = find("configs", f"sweeps/{name}")
    except ConfigError:
        path = find("configs", name)
    document = read(path)
    if "task" in document.data:
        raise ConfigError(f"{path}: a config, not a sweep; `lstm-research run` takes it")
    sweep = validate(SweepConfig, document.data, {(): str(path), **document.places})
    layers: Draft = draft(sweep.config)
    seeds = [] if sweep.seeds is None else [f"seeds={_written(sweep.seeds)}"]
    fixed = [*sweep.overrides, *overrides]
    trials = []
    for point in itertools.product(*([(key, value) for value in values] for key, values in sweep.grid.items())):
        for drawn in _draws(sweep.random):
            swept = tuple(f"{key}={_written(value)}" for key, value in (*point, *drawn))
            try:
                trials.append(Trial(swept, resolve(layers, [*seeds, *fixed, *swept])))
            except ConfigError as error:
                raise ConfigError("\n".join(f"{path}: {line}" for line in str(error).splitlines())) from None
    return trials


def _draws(search: Random | None) -> list[list[tuple[str, Any]]]:
    if search is None:
        return [[]]
    stream = random.Random(search.seed)
    drawn = []
    for _ in range(search.trials):
        ranges = [(key, one.draw(stream)) for key, one in search.ranges.items()]
        drawn.append([*ranges, *((key, stream.choice(values)) for key, values in search.choices.items())])
    return drawn


def _written(value: Any) -> str:
    """A value as an override writes it: YAML's flow style, which JSON is."""
    import json

    return value if isinstance(value, str) else json.dumps(value)
