"""a^n b^n and a^n b^n c^n: which symbols may come next, at every step? One counter suffices, or two.

A string begins with a start, here the blank, and is followed by the end T, which is predicted and not shown. For n = 2:

    input   _  a   a   b  b
    target  a  ab  ab  b  T

The length counts letters. There is one string of each length, so that all there is to learn is to count.

Chance: of the 2n + 1 steps of a^n b^n the set {a, b} is right at n, of the 3n + 1 of a^n b^n c^n {a, b} and {c}
at n each; no one set is right at all.

Reference: Gers & Schmidhuber, LSTM recurrent networks learn simple context-free and context-sensitive languages, IEEE
  Transactions on Neural Networks 12(6), 2001, section III.
"""

from functools import partial

import jax.numpy as jnp
from jaxtyping import Array, Int, Key

from lstm_research.tasks.languages.language import Language, String


def counted(letters: int, key: Key[Array, ""], length: Int[Array, ""], longest: int) -> String:
    """The string of length // `letters` of each letter; `key` is not looked at."""
    n = length // letters
    place = jnp.arange(longest + 1, dtype=jnp.int32) - 1
    letter, last = jnp.maximum(place, 0) // n, place % n == n - 1
    following = jnp.where(letter == 0, 1 + 2, jnp.int32(1) << (letter + last.astype(jnp.int32)))
    valid = place < length
    symbols = jnp.where(place < 0, letters, letter)
    legal = jnp.where(place < 0, 1, following)
    return String(jnp.where(valid, symbols, 0), jnp.where(valid, legal, -1), valid)


def _language(letters: int) -> Language:
    alphabet = "abc"[:letters]
    return Language(
        partial(counted, letters), alphabet + "_", alphabet + "T", sets=True, first=letters, every=letters,
        chance=lambda length: (length / letters / (length + 1), 0.0),
    )  # fmt: skip


LANGUAGES = {"anbn": _language(2), "anbncn": _language(3)}
