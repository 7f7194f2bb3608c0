"""`Batch`: what a task hands to a model. Time-major from here inward."""

from typing import Any, NamedTuple


class Pair(NamedTuple):
    """The inputs of an encoder-decoder: what it reads, and what it is to have written before each step."""

    source: Any
    """Int[s b]."""
    source_mask: Any
    """Bool[s b]: True at valid steps."""
    written: Any
    """Int[t b]: the target one step later, a start token first."""


class Answer(NamedTuple):
    """The outputs of an encoder-decoder."""

    logits: Any
    """Float[t b k], each step shown the true target before it."""
    tokens: Any
    """Int[t b], decoded by itself, or () where that was not asked for."""


class Batch(NamedTuple):
    """One batch of sequences.

    Axes: t time, b batch, d input features. Steps where `mask` is False are padding: no output, loss, metric or
    gradient depends on what stands there, NaN included.
    """

    inputs: Any
    """Float[t b d], or Int[t b] for tokens; or a `Pair`."""
    targets: Any
    """[t b ...] for a target per step, [b ...] for a target per sequence."""
    mask: Any
    """Bool[t b]: True at valid steps."""
    reset: Any
    """Bool[t b]: True where a new sequence starts inside a row: the carry is the initial one again before this step.
    All False where each row is one sequence."""
    weight: Any
    """Float[b]: 1 for an example, 0 for a row that only fills the last batch."""
