"""What a search draws from: axes, and points of the unit cube turned into settings."""

import math
import random
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from lstm_research.config.describe import default_of
from lstm_research.types import ConfigError

Setting = Sequence[tuple[str, Any]]
"""(field of the config, value)"""


@dataclass(frozen=True)
class Asked:
    """A setting that a search wants to be trained."""

    setting: tuple[tuple[str, Any], ...]
    memory: Mapping[str, Any] = field(default_factory=dict)
    """What the search itself has to know of it later on."""
    course: tuple[tuple[str, Any], ...] = ()
    """Fields that say from where to train it and how far, where that is not from the start to the end."""


@dataclass(frozen=True)
class Told:
    """What came of one."""

    asked: Asked
    value: float | None
    """Lower is better; None where a run diverged."""
    stopped: int | None
    """Updates after which it was stopped early; None where it was trained to the end."""
    latest: float | None = None
    """What its last evaluation said, where a search asks for that; lower is better, None where a run diverged."""
    runs: tuple[str, ...] = ()
    """Ids, one for each seed."""


@dataclass(frozen=True, kw_only=True)
class Axis:
    """{low: 1.0e-4, high: 1.0e-2, scale: log}, or {values: [a, b]}"""

    low: float | None = None
    """Smallest value."""
    high: float | None = None
    """Largest value."""
    scale: Literal["linear", "log"] = "linear"
    """`log` draws the exponent uniformly."""
    integer: bool = False
    """Whole numbers only, both ends among them."""
    values: list[Any] | None = None
    """Instead of a range: one of these, each as likely."""
    when: dict[str, Any] = field(default_factory=dict)
    """Other field -> the value, or list of values, with which this axis is drawn; otherwise the config's own stays."""

    def check(self) -> None:
        """Raises ValueError for neither or both of range and values, and for an empty range."""
        if (self.values is None) == (self.low is None or self.high is None):
            raise ValueError("give low and high, or values")
        if self.values is not None:
            if not self.values:
                raise ValueError("values is empty")
            if (self.low, self.high, self.scale, self.integer) != (None, None, "linear", False):
                raise ValueError("low, high, scale and integer are for a range, and values are given; leave them out")
            return
        assert self.low is not None
        assert self.high is not None
        if not self.low < self.high or (self.scale == "log" and self.low <= 0):
            raise ValueError(f"low={self.low}, high={self.high}: needs low < high, and 0 < low for scale log")
        if self.integer and not (self.low.is_integer() and self.high.is_integer()):
            raise ValueError(f"low={self.low}, high={self.high}: integer=true needs whole numbers")

    def at(self, u: float) -> Any:
        """The value at a place in [0, 1), rounded."""
        if self.values is not None:
            return self.values[int(u * len(self.values))]
        assert self.low is not None
        assert self.high is not None
        # A whole number stands for all that is nearest to it, the two at the ends included.
        low, high = (self.low - 0.5, self.high + 0.5) if self.integer else (self.low, self.high)
        if self.scale == "log":
            low, high = math.log(max(low, self.low / 2)), math.log(high)
        value = low + u * (high - low)
        value = math.exp(value) if self.scale == "log" else value
        if self.integer:
            return min(max(math.floor(value + 0.5), int(self.low)), int(self.high))
        return self.rounded(value)

    def rounded(self, value: float) -> float:
        """To four digits of the range, so that it reads well, and within it."""
        assert self.low is not None
        assert self.high is not None
        digits = 3 + int(math.log10(max(abs(self.low), abs(self.high)) / (self.high - self.low) + 1))
        return min(max(float(f"{value:.{digits}e}"), self.low), self.high)

    def has(self, value: Any) -> bool:
        """Whether the value is one of these."""
        if self.values is not None:
            return value in self.values
        assert self.low is not None
        assert self.high is not None
        return isinstance(value, int | float) and self.low <= value <= self.high

    def drawn_with(self, point: Mapping[str, Any]) -> bool:
        """Whether this axis counts, given what else is set. What is not set meets no condition."""
        return all(
            name in point and point[name] in (wanted if isinstance(wanted, list) else [wanted])
            for name, wanted in self.when.items()
        )


@dataclass(frozen=True, kw_only=True)
class Search:
    """{kind: sobol, trials: 16, space: {optimizer.learning_rate: {low: 1.0e-4, high: 1.0e-2, scale: log}}}"""

    kind: Literal["random", "sobol", "tpe", "cmaes", "population"] = "random"
    """Independent draws; a scrambled Sobol sequence, which fills the space more evenly (Owen 1998); searches that learn
    from the trials before: a tree of Parzen estimators, or the evolution of a Gaussian (`launch.adaptive`); or
    population-based training (`launch.population_search`)."""
    trials: int
    """Number of settings, at every point of the grid and for everything that is compared alike; of a population its
    members."""
    batch: int = 16
    """Of tpe and cmaes: trials that are trained side by side, before anything is learnt from them."""
    every: int | None = None
    """Of a population: updates after which the worst take over from the best, a multiple of eval_every."""
    share: float = 0.2
    """Of a population: the share of members that are the worst, and of those that are the best."""
    resample: float = 0.25
    """Of a population: probability that a value which was taken over is drawn anew, not multiplied by 0.8 or 1.2."""
    space: dict[str, Axis]
    """Field of the config -> what to draw; a list stands for {values: [...]}."""
    seed: int = 0
    """Of the draws; the same file draws the same settings, and more trials begin with the fewer ones."""

    def check(self) -> None:
        """Raises ValueError for no trials, no axis, a seed below 0, and what the kind cannot search."""
        if self.trials < 1 or not self.space or self.seed < 0:
            raise ValueError(f"trials={self.trials}, seed={self.seed}, {len(self.space)} axes: needs 1, 0, 1 at least")
        least = 4 if self.kind == "cmaes" else 1  # its population
        if self.batch < least:
            raise ValueError(f"batch={self.batch}: kind={self.kind} needs {least} at least")
        if self.adaptive and "training.steps" in self.space:
            raise ValueError(f"kind={self.kind} would buy itself more training.steps; leave it out of space")
        moves = {"cmaes": "moves a Gaussian over ranges", "population": "multiplies numbers of a range"}
        for name, axis in self.space.items() if self.kind in moves else ():
            if axis.values is not None or axis.when or (axis.integer and self.kind == "population"):
                what = "values" if axis.values is not None else "a condition" if axis.when else "whole numbers alone"
                raise ValueError(f"kind={self.kind} {moves[self.kind]}, and {name} has {what}; take kind: tpe")
        own = {"batch": ("tpe", "cmaes"), **dict.fromkeys(("every", "share", "resample"), ("population",))}
        for name, kinds in own.items():
            value = getattr(self, name)
            if self.kind not in kinds and value != default_of(Search.__dataclass_fields__[name]):
                raise ValueError(
                    f"{name}={value} is for kind={' and '.join(kinds)}, not for kind={self.kind}; leave it out"
                )
        self._check_population()

    def _check_population(self) -> None:
        if self.kind != "population":
            return
        if self.every is None or self.every < 1:
            raise ValueError(
                "kind=population needs every, the number of updates after which the worst take over from the best"
            )
        if self.trials < 2 or not 0 < self.share <= 0.5 or not 0 <= self.resample <= 1:
            raise ValueError(
                f"trials={self.trials}, share={self.share}, resample={self.resample}: kind=population needs 2 trials "
                "at least, 0 < share <= 0.5, 0 <= resample <= 1"
            )

    @property
    def adaptive(self) -> bool:
        """Whether what it asks for depends on what came of the trials before."""
        return self.kind in ("tpe", "cmaes", "population")

    def ask(self, around: Setting, told: Sequence[Told], steps: int = 0) -> list[Asked]:
        """The settings of the next batch, given the fields that are set around them and all trials of the batches
        before. Raises ConfigError.

        Args:
          steps: of a population, `training.steps`.
        """
        if self.kind == "population":
            from lstm_research.launch.population_search import ask as next_round

            return next_round(self, around, told, steps)
        if self.adaptive:
            from lstm_research.launch.adaptive import ask

            return ask(self, around, told)
        return [] if told else [Asked(tuple(self.setting(place, around))) for place in self.points()]

    def points(self) -> list[list[float]]:
        """Places in the unit cube, an axis a dimension."""
        if self.kind in ("random", "population"):
            stream = random.Random(self.seed)
            return [[stream.random() for _ in self.space] for _ in range(self.trials)]
        from scipy.stats import qmc

        if len(self.space) > qmc.Sobol.MAXDIM:
            raise ConfigError(f"search.space: {len(self.space)} axes; a Sobol sequence has {qmc.Sobol.MAXDIM} at most")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # balanced only at powers of two: the user's affair
            found = qmc.Sobol(len(self.space), scramble=True, rng=self.seed).random(self.trials)
        return [[min(float(u), 1 - 2**-53) for u in row] for row in found]

    def setting(self, place: Sequence[float], around: Setting) -> list[tuple[str, Any]]:
        """What is set at a place, given the fields that are set around it; axes that do not count are left out.

        Every axis takes its part of each place, so that a condition moves no other axis.
        """
        there = dict(around)
        drawn = []
        for (name, axis), u in zip(self.space.items(), place, strict=True):
            if axis.drawn_with(there):
                there[name] = axis.at(u)
                drawn.append((name, there[name]))
        return drawn
