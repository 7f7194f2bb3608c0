"""Reber grammars: which symbols may come next, at every step of a string?

    reber             B, a way through the states of `INNER`, E
    embedded_reber    B, T or P, a string of the inner grammar, the same T or P again, E
    continual_reber   strings of the embedded grammar without a break; a row is cut at its length

    input    B   T   S   X   X   V   V   E
    target   PT  SX  SX  SX  TV  PV  E   .

Each way is taken with probability 1/2. Where a string has a length, it is drawn among all of that length, with the
probabilities that they have in the grammar. After the last E nothing is asked; in the continual stream B comes next.

References: Reber 1967; Hochreiter & Schmidhuber, Long Short-Term Memory, 1997, section 5.1 (there a step is right where
  the symbols that may come next are the most active ones); Gers, Schmidhuber & Cummins, Learning to Forget, Neural
  Computation 12(10), 2000, section 4 (continual).
"""

from collections.abc import Mapping
from functools import cache, partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Int, Key

from lstm_research.tasks.languages.language import NOT_ASKED, Language, String

SYMBOLS = "BTSXPVE"
Ways = tuple[tuple[str, str], ...]
"""(symbol, state after it) of each way that leads on from a state; none at the end."""

INNER: dict[str, Ways] = {
    "start": (("B", "0"),),
    "0": (("T", "1"), ("P", "2")),
    "1": (("S", "1"), ("X", "3")),
    "2": (("T", "2"), ("V", "4")),
    "3": (("X", "2"), ("S", "last")),
    "4": (("P", "3"), ("V", "last")),
    "last": (("E", "end"),),
    "end": (),
}


def _embedded(after: str) -> dict[str, Ways]:
    """The grammar around the inner one; `after` is the state after its E."""
    ways: dict[str, Ways] = {
        "start": (("B", "which"),),
        "which": (("T", "T start"), ("P", "P start")),
        "last": (("E", after),),
        "end": (),
    }
    for outer in "TP":
        for state, inner in INNER.items():
            ways[f"{outer} {state}"] = tuple((symbol, f"{outer} {then}") for symbol, then in inner)
        ways[f"{outer} end"] = ((outer, "last"),)
    return ways


class Automaton(NamedTuple):
    """A grammar as tables; state 0 is the start. A single way stands twice."""

    symbol: np.ndarray
    """int32[s 2]."""
    then: np.ndarray
    """int32[s 2], the state after it."""
    legal: np.ndarray
    """int32[s], the symbols that may come as bits; NOT_ASKED at the end."""


def automaton(ways: Mapping[str, Ways]) -> Automaton:
    """The tables of a grammar."""
    states = sorted(ways, key=lambda state: state != "start")
    symbol, then = (np.zeros((len(states), 2), np.int32) for _ in range(2))
    legal = np.full(len(states), NOT_ASKED, np.int32)
    for row, state in enumerate(states):
        on = ways[state]
        for column, (letter, after) in enumerate((*on, *on)[:2]):
            symbol[row, column], then[row, column] = SYMBOLS.index(letter), states.index(after)
        if on:
            legal[row] = sum({1 << SYMBOLS.index(letter) for letter, _ in on})
        else:
            then[row] = row
    return Automaton(symbol, then, legal)


GRAMMARS = {
    "reber": automaton(INNER),
    "embedded_reber": automaton(_embedded("end")),
    "continual_reber": automaton(_embedded("start")),
}


@cache
def first_way(name: str, longest: int) -> np.ndarray:
    """float32[longest + 1, s]: P(the first way is taken | state, symbols left to the end)."""
    _, then, legal = GRAMMARS[name]
    if name == "continual_reber":
        return np.full((longest + 1, len(legal)), 0.5, np.float32)
    ends = (legal == NOT_ASKED).astype(np.float64)
    chosen = np.zeros((longest + 1, len(legal)), np.float32)
    for left in range(1, longest + 1):
        way = 0.5 * ends[then] * (legal != NOT_ASKED)[:, None]
        ends = way.sum(axis=1)
        chosen[left] = np.divide(way[:, 0], ends, out=np.zeros_like(ends), where=ends > 0)
    return chosen


def walk(name: str, key: Key[Array, ""], length: Int[Array, ""], longest: int) -> String:
    """A string of `length` symbols of a grammar."""
    symbol, then, legal = (jnp.asarray(table) for table in GRAMMARS[name])
    chosen = jnp.asarray(first_way(name, longest))
    place = jnp.arange(longest, dtype=jnp.int32)

    def step(state: Array, given: tuple[Array, Array]) -> tuple[Array, tuple[Array, Array]]:
        at, u = given
        way = jnp.where(u < chosen[jnp.maximum(length - at, 0), state], 0, 1)
        after = then[state, way]
        return after, (symbol[state, way], legal[after])

    uniform = jax.random.uniform(key, (longest,), jnp.float32)
    _, (symbols, following) = jax.lax.scan(step, jnp.zeros((), jnp.int32), (place, uniform))
    valid = place < length
    return String(jnp.where(valid, symbols, 0), jnp.where(valid, following, NOT_ASKED), valid)


LANGUAGES = {
    name: Language(partial(walk, name), SYMBOLS, SYMBOLS, sets=True, first=first)
    for name, first in (("reber", 5), ("embedded_reber", 9), ("continual_reber", 1))
}
