"""`TrainState`: everything a member carries from step to step, and `Member`: what makes it this member."""

from typing import Any, NamedTuple

from jaxtyping import Array, Bool, Int, UInt

from lstm_research.types import Sum


class Member(NamedTuple):
    """The traced part of a run: the same program with other values is another run. Stacked on axis p."""

    scalars: dict[str, Array]
    """Values of the config's Scalars, by path."""
    seed: UInt[Array, "*p"]
    """The run's seed."""


class TrainState(NamedTuple):
    """State of one member; stacked on axis p for a population."""

    step: Int[Array, "*p"]
    """Updates done."""
    params: Any
    """Current parameters."""
    optimizer: Any
    """State of the optimizer."""
    carry: Any
    """Carry between the windows of a stream; () where every batch starts afresh."""
    best: Any
    """Parameters that were best on validation."""
    active: Bool[Array, "*p"]
    """Whether the member still trains: neither stopped early nor diverged."""
    bad_step: Int[Array, "*p"]
    """The first step that gave a value which is not finite, or -1."""
    loss: Sum
    """Training loss since the program was last called."""
