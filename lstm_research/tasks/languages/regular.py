"""Regular languages of Deletang et al.: a few states of memory suffice for any length; one answer at the end.

Reference: Deletang et al., Neural Networks and the Chomsky Hierarchy, arXiv:2207.02098, Table 1 and Appendix A. Their
  code reads the answer after one blank more, here it is read after the last symbol.
"""

from functools import cache
from math import cos, pi

import jax
import jax.numpy as jnp
from jaxtyping import Array, Int, Key

from lstm_research.tasks.languages.language import Language, String, answered_last

MODULUS = 5
PLUS, MINUS, TIMES = MODULUS, MODULUS + 1, MODULUS + 2


def parity(key: Key[Array, ""], length: Int[Array, ""], longest: int) -> String:
    """Is the number of ones odd? `0111 -> 1`."""
    bits = jax.random.randint(key, (longest,), 0, 2, jnp.int32)
    ones = jnp.where(jnp.arange(longest) < length, bits, 0).sum(dtype=jnp.int32)
    return answered_last(bits, length, ones % 2)


def even_pairs(key: Key[Array, ""], length: Int[Array, ""], longest: int) -> String:
    """Is the number of places where 0 meets 1 odd, that is, does the last bit differ from the first? `0010 -> 0`."""
    bits = jax.random.randint(key, (longest,), 0, 2, jnp.int32)
    return answered_last(bits, length, bits[0] ^ jnp.take(bits, length - 1))


def cycle_navigation(key: Key[Array, ""], length: Int[Array, ""], longest: int) -> String:
    """Where does one stand on a circle of five places, after steps back `<`, none `.` and forth `>`? `>>.<> -> 2`."""
    steps = jax.random.randint(key, (longest,), 0, 3, jnp.int32)
    gone = jnp.where(jnp.arange(longest) < length, steps - 1, 0).sum(dtype=jnp.int32)
    return answered_last(steps, length, gone % MODULUS)


def modular_arithmetic(key: Key[Array, ""], length: Int[Array, ""], longest: int) -> String:
    """A value modulo 5, `*` before `+` and `-`: `1+2*3 -> 2`. Digits and operators are uniform; lengths are odd."""
    digit_key, operator_key = jax.random.split(key)
    digits = jax.random.randint(digit_key, (longest,), 0, MODULUS, jnp.int32)
    operators = jax.random.randint(operator_key, (longest,), PLUS, TIMES + 1, jnp.int32)
    symbols = jnp.where(jnp.arange(longest) % 2 == 0, digits, operators)

    def read(state: tuple[Array, Array], pair: tuple[Array, Array, Array]) -> tuple[tuple[Array, Array], None]:
        total, term = state
        operator, digit, there = pair
        signed = jnp.where(operator == MINUS, -digit, digit)
        again = operator == TIMES
        new = (jnp.where(again, total, total + term), jnp.where(again, term * digit, signed) % MODULUS)
        return (jnp.where(there, new[0] % MODULUS, total), jnp.where(there, new[1], term)), None

    # Pairs of an operator and the digit after it; the first digit stands alone.
    there = jnp.arange(2, longest + 1, 2) < length
    pairs = (symbols[1::2][: len(there)], jnp.append(symbols, 0)[2::2][: len(there)], there)
    (total, term), _ = jax.lax.scan(read, (jnp.zeros((), jnp.int32), symbols[0]), pairs)
    return answered_last(symbols, length, (total + term) % MODULUS)


def _both(value: float) -> tuple[float, float]:
    """One answer: it is the whole one."""
    return value, value


def _even_pairs_chance(length: int) -> tuple[float, float]:
    """A string of one bit has no pair; else the last bit is independent of the first."""
    return _both(1.0 if length == 1 else 0.5)


def _cycle_chance(length: int) -> tuple[float, float]:
    """P(0) of a random walk on a circle: (1/5) sum over j of ((1 + 2 cos(2 pi j / 5)) / 3)^length."""
    return _both(sum(((1 + 2 * cos(2 * pi * j / MODULUS)) / 3) ** length for j in range(MODULUS)) / MODULUS)


@cache
def _arithmetic_chance(length: int) -> tuple[float, float]:
    """P(0), the most likely value: (1 + 4 f) / 5.

    f is the expected root of unity to the power of the value, the same for all four roots other than 1, since a digit
    is as likely as its multiples. A product of k digits has f = 1 - (5/4) (4/5)^k; terms are independent, and after
    each digit the term goes on with probability 1/3.
    """
    digits = (length + 1) // 2
    product = [1 - 1.25 * 0.8**k for k in range(digits + 1)]
    f = [1.0]
    for m in range(1, digits + 1):
        f.append(product[m] / 3 ** (m - 1) + sum(2 / 3**k * product[k] * f[m - k] for k in range(1, m)))
    return _both((1 + 4 * f[digits]) / MODULUS)


LANGUAGES = {
    "parity": Language(parity, "01", "01", chance=lambda length: _both(0.5)),
    "even_pairs": Language(even_pairs, "01", "01", chance=_even_pairs_chance),
    "cycle_navigation": Language(cycle_navigation, "<.>", "01234", chance=_cycle_chance),
    "modular_arithmetic": Language(modular_arithmetic, "01234+-*", "01234", every=2, chance=_arithmetic_chance),
}
