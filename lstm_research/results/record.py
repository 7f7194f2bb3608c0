"""A finished run, and one look at a split: the two lines that everything reported is made of."""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, TypeVar, get_args

from lstm_research.types import DataError

Status = Literal["finished", "diverged"]


@dataclass(frozen=True, kw_only=True)
class Record:
    """One run: one config, one seed. Chosen on validation; it knows nothing of the test split."""

    run: str
    """Run id: hash of the config's semantic fields, the seed and the data digest."""
    population: str
    """Folder in the store: the runs that were trained in one compiled program."""
    task: str
    """Kind of the task."""
    cell: str
    """Kind of the cell."""
    config: dict[str, Any]
    """The resolved config as plain data."""
    seed: int
    status: Status
    """`diverged`: a loss, gradient or parameter was not finite at `first_bad_step`; the member was frozen there."""
    steps: int
    """Updates made."""
    best_step: int | None
    """Update after which validation was best; None where no evaluation was finite."""
    valid: dict[str, float]
    """Validation metrics at `best_step`; empty where there is none."""
    select: str
    """The validation metric that chose `best_step`."""
    higher_is_better: bool
    """Direction of `select`."""
    parameters: int
    """Number of trained parameters."""
    first_bad_step: int | None
    data_digest: str
    """Digest of the data, empty where the task generates it."""
    seconds: float
    """Wall seconds of the population's training, divided by its members."""

    def to_json(self) -> str:
        """One line of strict JSON; a metric that is not finite is written as null."""
        return _dump(asdict(self), ("valid",))

    @classmethod
    def from_json(cls, line: str) -> "Record":
        """The inverse of `to_json`, null metrics read as NaN. Raises DataError on anything else than a whole record."""
        values = _load(cls, line, metrics=("valid",))
        if values["status"] not in get_args(Status):
            raise DataError(f"status is {values['status']!r}; allowed: finished, diverged")
        return cls(**values)


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """The metrics of one run's best parameters on one split. Each evaluation of `test` is one opening of it."""

    run: str
    split: Literal["train", "valid", "test"]
    step: int
    """The update whose parameters were evaluated."""
    metrics: dict[str, float]
    counts: dict[str, float]
    """How many things (steps, sequences) each metric is a mean over."""

    def to_json(self) -> str:
        """One line of strict JSON; a metric that is not finite is written as null."""
        return _dump(asdict(self), ("metrics", "counts"))

    @classmethod
    def from_json(cls, line: str) -> "Evaluation":
        """The inverse of `to_json`. Raises DataError on anything else than a whole evaluation."""
        values = _load(cls, line, metrics=("metrics", "counts"))
        if values["split"] not in ("train", "valid", "test"):
            raise DataError(f"split is {values['split']!r}; allowed: train, valid, test")
        return cls(**values)


def numbers(metrics: Mapping[str, Any]) -> dict[str, float | None]:
    """Metrics as JSON has them: what is not finite becomes None, so that no reader takes it for a number."""
    return {name: float(value) if math.isfinite(value) else None for name, value in metrics.items()}


def _dump(values: dict[str, Any], metrics: tuple[str, ...]) -> str:
    return json.dumps(values | {name: numbers(values[name]) for name in metrics}, allow_nan=False)


T = TypeVar("T", Record, Evaluation)
_TYPES: dict[str, tuple[type, ...]] = {
    "run": (str,), "population": (str,), "task": (str,), "cell": (str,), "config": (dict,), "seed": (int,),
    "status": (str,), "steps": (int,), "best_step": (int, type(None)), "valid": (dict,), "select": (str,),
    "higher_is_better": (bool,), "parameters": (int,), "first_bad_step": (int, type(None)), "data_digest": (str,),
    "seconds": (int, float), "split": (str,), "step": (int,), "metrics": (dict,), "counts": (dict,),
}  # fmt: skip


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is not JSON")


def _load(cls: type[T], line: str, metrics: tuple[str, ...]) -> dict[str, Any]:
    try:
        values = json.loads(line, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise DataError(f"not a line of JSON ({error})") from None
    expected = [field.name for field in fields(cls)]
    if not isinstance(values, dict) or sorted(values) != sorted(expected):
        given = sorted(values) if isinstance(values, dict) else type(values).__name__
        raise DataError(f"expected the keys {', '.join(expected)}; found {given}")
    for name in expected:
        value = values[name]
        kinds = _TYPES[name]
        if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
            raise DataError(f"{name} is {value!r}; expected {' or '.join(kind.__name__ for kind in kinds)}")
    for name in metrics:
        for metric, value in values[name].items():
            if value is not None and (isinstance(value, bool) or not isinstance(value, (int, float))):
                raise DataError(f"{name}.{metric} is {value!r}; expected a number or null")
        values[name] = {key: math.nan if value is None else float(value) for key, value in values[name].items()}
    if "seconds" in values:
        values["seconds"] = float(values["seconds"])
    return values
