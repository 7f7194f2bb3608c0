"""What a sweep file may say, and what it may not."""

from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from annotated_types import Gt, MinLen

from lstm_research.config.fields import Kind
from lstm_research.launch.space import Axis, Search

Values = Annotated[list[Any], MinLen(1)]
HIDDEN = "model.cell.hidden"
_NO_PART = "it is no part of a run, and what one of its values gives would count for all"
FIXED = {
    "seeds": "every setting is trained with the seeds of the sweep; give `seeds`",
    "execution": _NO_PART,
    "model.engine": _NO_PART,
    "model.checkpoint_every": _NO_PART,
    "training.select": "settings would be ranked by different metrics",
    "training.stop": "the sweep itself decides how far a setting is trained; vary training.steps",
    "training.after": "the sweep itself decides where a setting begins",
}
"""Field, or section, of the config -> why a sweep does not vary it."""


@dataclass(frozen=True, kw_only=True)
class SweepConfig:
    """A file in configs/sweeps/."""

    config: str
    """Name or path of the config that is swept."""
    overrides: list[str] = field(default_factory=list)
    """Overrides of every run, `a.b=value`."""
    compare: dict[str, Values] = field(default_factory=dict)
    """Field of the config -> values to compare under equal budgets: the same settings, seeds and updates for each."""
    match: Literal["parameters", "multiply_adds", "as_published"] = "parameters"
    """What is compared gets the hidden size that brings it nearest to the config's own in this, for every setting;
    `as_published` leaves sizes as they are."""
    differ: Annotated[float, Gt(0)] = 0.05
    """Largest share by which sizes may still differ; more is refused."""
    grid: dict[str, Values] = field(default_factory=dict)
    """Field of the config -> values; every combination is run."""
    search: Search | None = None
    """Settings drawn at every point of the grid."""
    early: Annotated[Any, Kind("lstm_research.launch.early")] | None = None
    """A rule by which trials stop early, such as {kind: halving, first: 250}."""
    seeds: Any = None
    """Seeds of every setting, by default the config's."""

    def check(self) -> None:
        """Raises ValueError for a field that is set twice or cannot be varied, and a condition that is never met."""
        space = self.search.space if self.search else {}
        there: dict[str, Axis] = {}
        for name, axis in self.varied().items():
            where, last = name, name.rpartition(".")[2]
            if name in space:
                where = f"search.space.{name}"
            for fixed, why in FIXED.items():
                if name == fixed or name.startswith(f"{fixed}."):
                    raise ValueError(f"{where} cannot be varied: {why}")
            for other in there:
                if other.startswith(f"{name}."):
                    raise ValueError(f"{where} would replace {other}, which is set before; leave one out")
            for other, wanted in axis.when.items():
                if other not in there:
                    raise ValueError(
                        f"{where}.when names {other}, which is neither compared, nor in the grid, nor an axis before it"
                    )
                for value in wanted if isinstance(wanted, list) else [wanted]:
                    if not there[other].has(value):
                        raise ValueError(f"{where}.when waits for {other}={value}, which it never is")
            if axis.values is not None and any(axis.values.count(value) > 1 for value in axis.values):
                raise ValueError(f"{where} has a value of {last} twice; leave one out")
            there[name] = axis
        if self.matches and HIDDEN in self.compare:
            raise ValueError(f"match: {self.match} sets {HIDDEN}, which is compared; match: as_published")
        if "training.steps" in self.compare:
            raise ValueError("training.steps is compared, and all that is compared gets the same updates; use grid")
        if self.early is not None and self.populated:
            raise ValueError("search.kind=population ends the worst by itself; leave early out")
        if self.search and self.search.adaptive and self.matches and HIDDEN in self.search.space:
            raise ValueError(
                f"match: {self.match} sets {HIDDEN}, so that search.kind={self.search.kind} would learn of sizes that "
                "are not trained; leave it out of search.space, or match: as_published"
            )

    def varied(self) -> dict[str, Axis]:
        """Field -> what it is set to, in the order in which they are. Raises ValueError for one that is set twice."""
        found = {name: Axis(values=values) for name, values in self.compare.items()}
        for name, values in self.grid.items():
            if name in found:
                raise ValueError(f"{name} is both compared and in the grid; leave one out")
            found[name] = Axis(values=values)
        for name, axis in (self.search.space if self.search else {}).items():
            if name in found:
                raise ValueError(f"search.space.{name} is set by compare or grid already; leave one out")
            found[name] = axis
        return found

    @property
    def populated(self) -> bool:
        """Whether it is population-based training."""
        return self.search is not None and self.search.kind == "population"

    @property
    def independent(self) -> bool:
        """Whether settings are drawn, or listed, beforehand, and each is trained to the end: what the best of n of them
        is worth can be told of such alone.
        """
        return self.early is None and not (self.search is not None and self.search.adaptive)

    @property
    def matches(self) -> bool:
        """Whether hidden sizes are matched."""
        return bool(self.compare) and self.match != "as_published"
