"""What an experiment is made of: groups, rows, and how rows are tuned. Plain data."""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass

from lstm_research.results.published import Published
from lstm_research.types import ConfigError


def log_uniform(low: float, high: float, n: int, seed: int) -> tuple[float, ...]:
    """`n` draws, log-uniform in [low, high], sorted, rounded to four digits so that they read well in a table.

    The same on every machine: `random.Random(seed).random()` is fixed by the language.
    """
    if not (0 < low < high and n >= 1):
        raise ConfigError(f"log_uniform({low}, {high}, {n}): needs 0 < low < high and n >= 1")
    draw = random.Random(seed)
    exponents = (math.log(low) + draw.random() * (math.log(high) - math.log(low)) for _ in range(n))
    return tuple(sorted(float(f"{math.exp(exponent):.3e}") for exponent in exponents))


@dataclass(frozen=True, kw_only=True)
class Tune:
    """The tuning budget of a row: every setting, with every seed; the best on validation is taken.

    Give `path` and `values`, or `settings`. Raises ConfigError for both or neither.
    """

    path: str = ""
    """Field of the config, e.g. optimizer.learning_rate."""
    values: tuple[float, ...] = ()
    settings: tuple[str, ...] = ()
    """Overrides of several fields each, with blanks between them."""
    seeds: tuple[int, ...] = (0,)
    name: str = ""
    """What is counted: by default rates, or settings."""

    def __post_init__(self) -> None:
        if bool(self.settings) == bool(self.path and self.values) or not self.seeds:
            raise ConfigError("Tune: needs path and values, or settings; and seeds")

    def tried(self) -> list[str]:
        """The overrides, as written in tables: several fields with blanks between them."""
        return list(self.settings) or [f"{self.path}={value!r}" for value in self.values]

    def budget(self) -> str:
        """`10 rates x 1 seed`."""
        name = self.name or ("settings" if self.settings else "rates")
        return f"{len(self.tried())} {name} x {len(self.seeds)} seed{'s' if len(self.seeds) > 1 else ''}"


@dataclass(frozen=True, kw_only=True)
class Group:
    """What rows are compared within: a data set, or one setting of a task."""

    key: str
    """Short name, as given to --only."""
    title: str
    default: bool = True
    """Part of the table when --only is not given."""
    panel: str | None = None
    """Panel of the figure, where groups are points along an axis; by default each group has its own."""
    x: float | None = None
    """Place on that axis."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """A line of the table: a config with overrides, over seeds; or a naive rule (`naive`: file name in baselines/)."""

    label: str
    group: str
    config: str
    """Name of the config; a naive row takes its task from it."""
    overrides: tuple[str, ...] = ()
    published: Published | None = None
    tune: Tune | None = None
    seeds: tuple[int, ...] = ()
    take: int = 1
    """Best settings that are reported: beside the best over `seeds`, what these have on average at the first seed of
    their tuning, as the very runs that were chosen."""
    naive: str | None = None

    @property
    def key(self) -> str:
        """group/label, unique in an experiment."""
        return f"{self.group}/{self.label}"


@dataclass(frozen=True, kw_only=True)
class Share:
    """Count seeds that solve the task instead of averaging: solved means metric >= threshold on test."""

    threshold: float


@dataclass(frozen=True, kw_only=True)
class Heat:
    """Draw a family of metrics instead of the one: a map with a column for each, such as accuracy by length."""

    prefix: str
    """What the names of the family begin with: `accuracy_` of `accuracy_41_80`; what follows names the column."""
    axis: str
    """What the columns are of."""


@dataclass(frozen=True, kw_only=True)
class Quick:
    """The short form (`make demo`): fewer groups, seeds and steps. Its runs are other runs than the full form's."""

    groups: tuple[str, ...] | None = None
    overrides: tuple[str, ...] = ()
    seeds: tuple[int, ...] | None = None
    tune: bool = False
    """Whether to tune; otherwise the configs' own settings are used."""


def reported(row: Row, chosen: Sequence[str]) -> dict[str, tuple[int, ...]]:
    """What is opened on test: setting -> its seeds. `chosen`: the best settings, best first."""
    found: dict[str, tuple[int, ...]] = {}
    for place, setting in enumerate(chosen):
        again = row.tune.seeds[:1] if row.tune and row.take > 1 else ()
        found[setting] = tuple(dict.fromkeys((*again, *(() if place else row.seeds))))
    return found


def settings(row: Row) -> list[str]:
    """The overrides that a row's tuning tries; one empty setting where it does not tune."""
    return row.tune.tried() if row.tune else [""]
