"""An experiment: one file, one claim, as plain data. What must run for it follows from it."""

import runpy
import traceback
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Literal

from lstm_research.config.nearest import unknown
from lstm_research.results.rows import Group, Heat, Quick, Row, Share, reported, settings
from lstm_research.types import ConfigError, LabError


@dataclass(frozen=True, kw_only=True)
class Request:
    """Runs that an experiment asks for: a config with overrides, over seeds. The planner resolves them to run ids."""

    row: str
    """Key of the row."""
    config: str
    overrides: tuple[str, ...]
    seeds: tuple[int, ...]
    setting: str
    """The tuned overrides, e.g. `optimizer.learning_rate=0.001`; empty where nothing is tuned."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One run of a request, with the id that the planner found for it."""

    row: str
    setting: str
    seed: int
    run: str


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """One claim: its rows, how they are tuned, what is printed beside them."""

    name: str
    title: str
    claim: str
    metric: str
    """The test metric that is printed, with interval, verdict and comparisons."""
    higher_is_better: bool
    groups: tuple[Group, ...]
    rows: tuple[Row, ...]
    select: str | None = None
    """Validation metric that picks settings: `metric`, or by default the one that picked each run's best step."""
    share: Share | None = None
    sizes: Literal["matched", "as published", "not matched"] = "matched"
    """`matched`: parameter counts in a group differ by at most 5 %, or no table; the others are said in its notes."""
    unequal_budgets: str | None = None
    """Why rows of a group differ in seeds, tuning or overrides of `training`; refused where it is not given."""
    also: tuple[str, ...] = ()
    """Further test metrics, whose means are printed beside it; a row may lack them."""
    digits: int = 2
    unit: str = ""
    """Unit of the metric, for headings."""
    axis: str = ""
    """Name of the groups' `x` in the figure."""
    against: str = ""
    """Label of the row that the others of its group are compared with, one by one: difference, interval, p."""
    heat: Heat | None = None
    """The figure as a map of a family of test metrics, in [0, 1], which are stored with the others and not printed."""
    notes: tuple[str, ...] = ()
    quick: Quick | None = None

    def __post_init__(self) -> None:
        if (self.select or "").startswith("test"):
            raise ConfigError(f"experiment {self.name}: selecting on a test metric ({self.select!r})")
        if self.select not in (None, self.metric):
            raise ConfigError(
                f"experiment {self.name}: select={self.select!r}, but higher_is_better is that of {self.metric!r}; "
                "select on it, or leave select out and set training.select in the configs"
            )
        keys = [group.key for group in self.groups]
        for what, names in (("group", keys), ("row", [row.key for row in self.rows])):
            for name in names:
                if names.count(name) > 1:
                    raise ConfigError(f"experiment {self.name}: {what} {name!r} is given twice")
        for row in self.rows:
            if row.group not in keys:
                raise ConfigError(f"experiment {self.name}, row {row.label!r}: {unknown('group', row.group, keys)}")
            if (row.naive is None) != bool(row.seeds):
                raise ConfigError(f"experiment {self.name}, row {row.key!r}: give seeds, or naive, and not both")
            if not 1 <= row.take <= len(settings(row)):
                raise ConfigError(
                    f"experiment {self.name}, row {row.key!r}: take={row.take} of {len(settings(row))} settings"
                )
        for key in keys:
            self._check_budgets(key)

    def _check_budgets(self, group: str) -> None:
        trained = [row for row in self.rows if row.group == group and row.naive is None]
        if not any(row.group == group and row.naive is not None for row in self.rows):
            raise ConfigError(f"experiment {self.name}, group {group!r}: no naive row; add Row(naive='chance', ...)")
        budgets = {
            (
                row.seeds,
                row.tune and (tuple(settings(row)), row.tune.seeds),
                frozenset(one for one in row.overrides if one.startswith("training.")),
            )
            for row in trained
        }
        if len(budgets) > 1 and self.unequal_budgets is None:
            raise ConfigError(
                f"experiment {self.name}, group {group!r}: rows have unequal seeds, tuning budgets or overrides of "
                "training; make them equal or say why in unequal_budgets"
            )

    def narrowed(self, only: Sequence[str] = (), *, quick: bool = False) -> "Experiment":
        """The part to run: groups that match `only` (names or patterns such as `adding*`), or the default ones.

        `quick` takes the short form, and its name. Raises ConfigError for a pattern without a group.
        """
        keys = [group.key for group in self.groups]
        for pattern in only:
            if not any(fnmatchcase(key, pattern) for key in keys):
                raise ConfigError(f"experiment {self.name}: {unknown('group', pattern, keys)}")
        short = self.quick if quick else None
        if quick and short is None:
            raise ConfigError(f"experiment {self.name} has no quick form")
        if only:
            chosen = [key for key in keys if any(fnmatchcase(key, pattern) for pattern in only)]
        elif short is not None and short.groups is not None:
            chosen = list(short.groups)
        else:
            chosen = [group.key for group in self.groups if group.default]
        rows = tuple(row for row in self.rows if row.group in chosen)
        name = self.name
        if short is not None:
            rows, name = tuple(_shortened(row, short) for row in rows), f"{self.name}_quick"
        groups = tuple(group for group in self.groups if group.key in chosen)
        return replace(self, name=name, groups=groups, rows=rows, quick=None)

    def row(self, key: str) -> Row:
        """The row group/label."""
        for row in self.rows:
            if row.key == key:
                return row
        raise ConfigError(f"experiment {self.name}: {unknown('row', key, (row.key for row in self.rows))}")

    def group(self, key: str) -> Group:
        """The group named `key`."""
        return next(group for group in self.groups if group.key == key)

    def trained(self) -> Iterator[Row]:
        """Rows that need runs."""
        return (row for row in self.rows if row.naive is None)

    def naive(self) -> Iterator[Row]:
        """Rows that are computed from the data without training; their results are given to the table by row key."""
        return (row for row in self.rows if row.naive is not None)

    def tuning_runs(self) -> list[Request]:
        """What must run before a setting can be chosen: nothing here opens the test split."""
        return [
            _request(row, setting, row.tune.seeds)
            for row in self.trained()
            if row.tune is not None
            for setting in settings(row)
        ]

    def final_runs(self, chosen: dict[str, tuple[str, ...]]) -> list[Request]:
        """What is evaluated on test: each row's best setting (see `selection.choose`) over its seeds, and what else is
        `reported`.

        A row whose every setting diverged has no final runs.
        """
        return [
            _request(row, setting, seeds)
            for row in self.trained()
            for setting, seeds in reported(row, chosen[row.key]).items()
        ]


def read(path: Path) -> Experiment:
    """The `EXPERIMENT` of an experiment file. The file is run: it is the user's own code, or the package's."""
    try:
        experiment = runpy.run_path(str(path)).get("EXPERIMENT")
    except LabError:
        raise
    except Exception as error:
        lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
        where = f"{path}:{lines[-1]}" if lines else str(path)
        raise ConfigError(f"{where}: {type(error).__name__}: {' '.join(str(error).split())}") from error
    if not isinstance(experiment, Experiment):
        raise ConfigError(f"{path}: has no EXPERIMENT = Experiment(...)")
    return experiment


def _request(row: Row, setting: str, seeds: Iterable[int]) -> Request:
    return Request(
        row=row.key,
        config=row.config,
        overrides=(*row.overrides, *setting.split()),
        seeds=tuple(seeds),
        setting=setting,
    )


def _shortened(row: Row, quick: Quick) -> Row:
    if row.naive is not None:
        return replace(row, overrides=(*row.overrides, *quick.overrides))
    return replace(
        row,
        overrides=(*row.overrides, *quick.overrides),
        seeds=row.seeds if quick.seeds is None else quick.seeds,
        tune=row.tune if quick.tune else None,
    )
