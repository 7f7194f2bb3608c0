"""Labelled series of your own in `.ts` files, or in UCR's text form: a file to train on and one to test on.

Validation is a share of train, by the sha256 of a case's number, the same of every class.

References: the `.ts` form: timeseriesclassification.com; forms and faults: `data/ts.py`.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar

from annotated_types import Gt, Lt

from lstm_research.data.labelled import LabelledSet
from lstm_research.data.paths import DataPaths
from lstm_research.data.sets._cases import examples, labelled_set, new_set
from lstm_research.data.split import held_out
from lstm_research.types import ConfigError


@dataclass(frozen=True, kw_only=True)
class Config:
    """{kind: ts, train: my_TRAIN.ts, test: my_TEST.ts}"""

    gives: ClassVar[str] = "labelled sequences"

    train: str
    """File to train on, from the current folder."""
    test: str
    """File to test on."""
    valid: Annotated[float, Gt(0), Lt(1)] = 0.1
    """Share of train that is validation."""

    def load(self, paths: DataPaths) -> LabelledSet:
        """Raises ConfigError where a file is not there, DataError for a fault of one."""
        train, test = (examples(_content(name, field), name, field) for name, field in
                       ((self.train, "train"), (self.test, "test")))  # fmt: skip
        out = held_out([case["name"] for case in train], [case["label"] for case in train], self.valid)
        rest = [case for case, held in zip(train, out, strict=True) if not held]
        return labelled_set(rest, [case for case, held in zip(train, out, strict=True) if held], test)

    def load_new(self, path: Path, described: dict[str, Any]) -> LabelledSet:
        """Cases that a run has not seen; a class that it does not know, such as `?`, is no truth.

        Raises ConfigError, DataError as `load`; also for another number of channels.
        """
        return new_set(examples(_content(str(path), "file"), str(path), "new"), str(path), described)


def _content(name: str, field: str) -> bytes:
    path = Path(name)
    if not path.is_file():
        raise ConfigError(f"data.{field}: file {name!r} is not there, in {path.absolute().parent}")
    return path.read_bytes()
