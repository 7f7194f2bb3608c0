"""`Language`: strings of any length up to a longest, and the answers wanted at their steps.

Alphabets are text, a character for each symbol, so that a string can be read; `_` is the blank, which says nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Bool, Int, Key

NOT_ASKED = -1
"""Target of a step at which no answer is wanted."""


class String(NamedTuple):
    """A string, its blanks and its padding."""

    inputs: Int[Array, " t"]
    """Places in `Language.symbols`."""
    targets: Int[Array, " t"]
    """What is wanted after each step: a place in `Language.answers`, or a set of them, place k as bit k; NOT_ASKED
    where nothing is."""
    valid: Bool[Array, " t"]
    """Where the string is, and the blanks after it: the rest is padding."""


@dataclass(frozen=True)
class Language:
    """A language and what is asked of its strings; lengths are `first`, `first` + `every`, and so on."""

    write: Callable[[Key[Array, ""], Int[Array, ""], int], String]
    """A string from a key, its length and the longest length: the first two may be traced, the last sets the shape."""
    symbols: str
    """Alphabet of the inputs."""
    answers: str
    """Alphabet of the answers."""
    sets: bool = False
    """Whether an answer is the set of symbols that may come next, instead of one symbol."""
    first: int = 1
    """Shortest length, in symbols, blanks not counted."""
    every: int = 1
    """Difference of two lengths."""
    chance: Callable[[int], tuple[float, float]] | None = None
    """Of a length: accuracy, and probability that the whole answer is right, of the best answer that is the same at
    every step. None: counted instead of derived."""

    def lengths(self, low: int, high: int) -> tuple[int, ...]:
        """The lengths from `low` to `high`, both included, that strings of it have."""
        return tuple(n for n in range(max(low, self.first), high + 1) if (n - self.first) % self.every == 0)


def answered_last(symbols: Int[Array, " t"], length: Int[Array, ""], answer: Int[Array, ""]) -> String:
    """A string of the first `length` symbols, and one answer, read after its last step."""
    step = jnp.arange(len(symbols), dtype=jnp.int32)
    valid = step < length
    return String(jnp.where(valid, symbols, 0), jnp.where(step == length - 1, answer, NOT_ASKED), valid)


def answered_after(
    symbols: Int[Array, " n"],
    length: Int[Array, ""],
    blank: int,
    answers: Int[Array, " m"],
    wanted: Int[Array, ""],
    blanks: Int[Array, ""],
) -> String:
    """A string of the first `length` symbols, and `blanks` more steps; the first `wanted` of them have the answers."""
    step = jnp.arange(len(symbols) + len(answers), dtype=jnp.int32)
    place = step - length
    shown = jnp.take(symbols, jnp.minimum(step, len(symbols) - 1))
    answer = jnp.take(answers, jnp.clip(place, 0, len(answers) - 1))
    return String(
        jnp.where(step < length, shown, blank),
        jnp.where((place >= 0) & (place < wanted), answer, NOT_ASKED),
        place < blanks,
    )
