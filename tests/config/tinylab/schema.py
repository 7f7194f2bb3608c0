"""A small run config in the manner of lstm_research.config.schema."""

from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from annotated_types import Ge, Lt

from lstm_research.config.fields import SEEDS, Kind, Scalar


@dataclass(frozen=True, kw_only=True)
class Model:
    cell: Annotated[Any, Kind("tinylab.cells")]
    """The cell."""
    layers: Annotated[int, Ge(1)] = 1
    """Number of layers."""
    encoder: Literal["none", "linear"] = "none"
    dropout: Annotated[Scalar, Ge(0), Lt(1)] | None = None
    deep: bool = False


@dataclass(frozen=True, kw_only=True)
class Execution:
    device: str = "auto"


@dataclass(frozen=True, kw_only=True)
class Run:
    model: Model
    rate: Scalar = 0.1
    execution: Execution = field(default_factory=Execution, metadata={"semantic": False})
    seeds: Annotated[tuple[int, ...], SEEDS] = field(default=(0,), metadata={"semantic": False})
