"""Strings to be written down again, after their end, on blanks: reversed, twice, regrouped, sorted, added.

With a string of three bits, reversed:

    input   0 1 1 _ _ _
    target  . . . 1 1 0

Chance: any bit is right for half of the places, so the whole answer with probability 2^-n; of five symbols 1/5, 5^-n.

Reference: Deletang et al., Neural Networks and the Chomsky Hierarchy, arXiv:2207.02098, Table 1 and Appendix A.
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Int, Key

from lstm_research.tasks.languages.language import Language, String, answered_after

BLANK = 2
END = 2
"""Of the answers of a binary sum; Deletang et al. count nothing after it."""
PLUS, SUM_BLANK = 2, 3
KEYS = 5
"""Symbols that are sorted."""


def reverse(key: Key[Array, ""], length: Int[Array, ""], longest: int) -> String:
    """The string from its end: `011 -> 110`."""
    bits, place = _bits(key, longest), jnp.arange(longest, dtype=jnp.int32)
    answers = jnp.take(bits, jnp.maximum(length - 1 - place, 0))
    return answered_after(bits, length, BLANK, answers, length, length)


def duplicate(key: Key[Array, ""], length: Int[Array, ""], longest: int) -> String:
    """The string twice: `011 -> 011011`."""
    bits, place = _bits(key, longest), jnp.arange(2 * longest, dtype=jnp.int32)
    return answered_after(bits, length, BLANK, jnp.take(bits, place % length), 2 * length, 2 * length)


def odds_first(key: Key[Array, ""], length: Int[Array, ""], longest: int) -> String:
    """The first, third, fifth symbol and so on, then the second, fourth and so on: `01101 -> 01110`."""
    bits, place = _bits(key, longest), jnp.arange(longest, dtype=jnp.int32)
    odd = (length + 1) // 2
    found = jnp.where(place < odd, 2 * place, 2 * (place - odd) + 1)
    return answered_after(bits, length, BLANK, jnp.take(bits, jnp.minimum(found, longest - 1)), length, length)


def bucket_sort(key: Key[Array, ""], length: Int[Array, ""], longest: int) -> String:
    """The string sorted: `30241 -> 01234`."""
    symbols = jax.random.randint(key, (longest,), 0, KEYS, jnp.int32)
    answers = jnp.sort(jnp.where(jnp.arange(longest) < length, symbols, KEYS))
    return answered_after(symbols, length, KEYS, answers, length, length)


def binary_addition(key: Key[Array, ""], length: Int[Array, ""], longest: int) -> String:
    """The sum of two binary numbers, lowest bits first, without zeros at its end, then the end: `01+11 -> 101.`.

    The first number has 1 .. length-2 bits, uniformly, and the second the rest; each is uniform but for 0.
    """
    cut_key, *keys = jax.random.split(key, 3)
    first = jax.random.randint(cut_key, (), 1, length - 1, jnp.int32)
    second = length - 1 - first
    a, b = (_number(k, n, longest) for k, n in zip(keys, (first, second), strict=True))
    place = jnp.arange(longest, dtype=jnp.int32)
    after = jnp.take(b, jnp.maximum(place - first - 1, 0))
    symbols = jnp.where(place < first, a, jnp.where(place == first, PLUS, after))

    def add(carry: Array, bits: tuple[Array, Array]) -> tuple[Array, Array]:
        total = carry + bits[0] + bits[1]
        return total // 2, total % 2

    _, total = jax.lax.scan(add, jnp.zeros((), jnp.int32), (a, b))
    size = jnp.max(jnp.where(total == 1, place + 1, 0))
    # As many blanks as published: one more than the string has symbols, though the sum is never as long.
    answers = jnp.append(jnp.where(place == size, END, total), END)
    return answered_after(symbols, length, SUM_BLANK, answers, size + 1, length + 1)


def _bits(key: Key[Array, ""], longest: int) -> Int[Array, " n"]:
    return jax.random.randint(key, (longest,), 0, 2, jnp.int32)


def _number(key: Key[Array, ""], bits: Int[Array, ""], longest: int) -> Int[Array, " n"]:
    """A number, uniform in 1 .. 2^bits - 1, lowest bit first; zeros after it.

    Half of the numbers have their lowest one at bit 0, half of the rest at bit 1, and so on; the bits above are free.
    """
    lowest_key, free_key = jax.random.split(key)
    place = jnp.arange(longest, dtype=jnp.int32)
    weights = jnp.where(place < bits, -place.astype(jnp.float32) * jnp.log(jnp.float32(2)), -jnp.inf)
    lowest = jax.random.categorical(lowest_key, weights).astype(jnp.int32)
    free = _bits(free_key, longest)
    return jnp.where(place < bits, jnp.where(place > lowest, free, (place == lowest).astype(jnp.int32)), 0)


LANGUAGES = {
    "reverse": Language(reverse, "01_", "01", chance=lambda length: (0.5, 0.5**length)),
    "duplicate": Language(duplicate, "01_", "01", chance=lambda length: (0.5, 0.5**length)),
    "odds_first": Language(odds_first, "01_", "01", chance=lambda length: (0.5, 0.5**length)),
    "bucket_sort": Language(bucket_sort, "01234_", "01234", chance=lambda length: (1 / KEYS, KEYS**-length)),
    "binary_addition": Language(binary_addition, "01+_", "01.", first=3),
}
