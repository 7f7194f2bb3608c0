"""Languages that want a stack: actions on one, bracketed sums, matching brackets.

References: Deletang et al., Neural Networks and the Chomsky Hierarchy, arXiv:2207.02098, Table 1 and Appendix A (stack
  manipulation, modular arithmetic). Dyck: Suzgun, Gehrmann, Belinkov & Shieber, LSTM Networks Can Perform Dynamic
  Counting, arXiv:1906.03648, section 3 (the set of brackets that may come next, at every step); Hewitt, Hahn, Ganguli,
  Liang & Manning, RNNs can generate bounded hierarchical languages with optimal memory, arXiv:2010.07515, section 6
  (which bracket closes); strings that are uniform among those of a length: Arnold & Sleep, Uniform random generation of
  balanced parenthesis strings, ACM TOPLAS 2(1), 1980.
"""

from functools import cache
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Int, Key

from lstm_research.tasks.languages.language import Language, String, answered_after, answered_last

POP, PUSH, STACK_BLANK = 2, 3, 5
"""Symbols of stack manipulation: bits 0 and 1, POP, PUSH + bit, blank."""
END = 2
"""Of the answers of stack manipulation: after the last symbol of the stack; nothing counts after it."""
MODULUS = 5
PLUS, MINUS, TIMES, OPEN, CLOSE = range(MODULUS, MODULUS + 5)
MOST_BRACKETS = 8


def stack_manipulation(key: Key[Array, ""], length: Int[Array, ""], longest: int) -> String:
    """What is on the stack, top first, then the end: `011<<i -> 10.` (0 1 1, two taken off, 1 put on).

    The stack is shown bottom first, 1 .. length-1 bits of it, uniformly; then come actions, uniform among taking one
    off (`<`), putting on 0 (`o`) and putting on 1 (`i`). Nothing is taken off an empty stack.
    """
    size_key, bit_key, action_key = jax.random.split(key, 3)
    held = jax.random.randint(size_key, (), 1, jnp.maximum(length, 2), jnp.int32)
    place = jnp.arange(longest, dtype=jnp.int32)
    bits = jax.random.randint(bit_key, (longest,), 0, 2, jnp.int32)
    actions = jax.random.randint(action_key, (longest,), POP, PUSH + 2, jnp.int32)
    symbols = jnp.where(place < held, bits, actions)

    def act(state: tuple[Array, Array], step: tuple[Array, Array]) -> tuple[tuple[Array, Array], None]:
        stack, size = state
        symbol, there = step
        push = there & (symbol != POP)
        bit = jnp.where(symbol >= PUSH, symbol - PUSH, symbol)
        stack = stack.at[jnp.where(push, size, longest)].set(bit, mode="drop")
        less = jnp.where(there & (symbol == POP), 1, 0)
        return (stack, jnp.maximum(size + push.astype(jnp.int32) - less, 0)), None

    start = (jnp.zeros(longest, jnp.int32), jnp.zeros((), jnp.int32))
    (stack, size), _ = jax.lax.scan(act, start, (symbols, place < length))
    down = jnp.arange(longest + 1, dtype=jnp.int32)
    answers = jnp.where(down == size, END, jnp.take(stack, jnp.clip(size - 1 - down, 0, longest - 1)))
    return answered_after(symbols, length, STACK_BLANK, answers, size + 1, length + 1)


class _Reading(NamedTuple):
    """A bracketed sum, half written and half read."""

    pending: Int[Array, " q"]
    """What is still to be written, the next last: n > 0, an expression of n symbols; else the symbol -n."""
    top: Int[Array, ""]
    """Place of the next one in it."""
    value: Int[Array, " f"]
    """Of each open bracket, the value so far."""
    operator: Int[Array, " f"]
    """Of each open bracket, what is to be done with the operand that comes."""
    depth: Int[Array, ""]
    sign: Int[Array, ""]
    """Of the digit that comes."""
    operand: Int[Array, ""]
    """1 where an operand comes, so that `-` is a sign."""


def modular_arithmetic_brackets(key: Key[Array, ""], length: Int[Array, ""], longest: int) -> String:
    """A value modulo 5, with brackets: `((3*2)-(-4)) -> 0`.

    An expression of 1, 2, 3, 4 symbols is `d`, `-d`, `(d)`, `(-d)`; a longer one is `(`, a left part of 1 .. n-4
    symbols, uniformly, one of `+ - *`, the rest, `)`.
    """
    digit_key, operator_key, part_key = jax.random.split(key, 3)
    place = jnp.arange(longest, dtype=jnp.int32)
    digits = jax.random.randint(digit_key, (longest,), 0, MODULUS, jnp.int32)
    operators = jax.random.randint(operator_key, (longest,), PLUS, TIMES + 1, jnp.int32)
    parts = jax.random.split(part_key, longest)

    def step(state: _Reading, given: tuple[Array, ...]) -> tuple[_Reading, Array]:
        at, digit, operator, part_key = given
        symbol, state = _write_one(state, digit, operator, part_key)
        seen = _read_one(state, symbol)
        return jax.tree.map(lambda new, old: jnp.where(at < length, new, old), seen, state), symbol

    zero = jnp.zeros((), jnp.int32)
    frames = jnp.zeros(longest + 1, jnp.int32)
    start = _Reading(
        pending=jnp.zeros(longest + 4, jnp.int32).at[0].set(length), top=zero, value=frames,
        operator=frames.at[0].set(PLUS), depth=zero, sign=zero + 1, operand=zero + 1,
    )  # fmt: skip
    end, symbols = jax.lax.scan(step, start, (place, digits, operators, parts))
    return answered_last(symbols, length, end.value[0])


def _write_one(state: _Reading, digit: Array, operator: Array, part_key: Array) -> tuple[Array, _Reading]:
    """The next symbol. What is pending has at least one symbol each, so there is room for it."""
    wanted = state.pending[state.top]
    left = jax.random.randint(part_key, (), 1, jnp.maximum(wanted - 3, 2), jnp.int32)
    closed = jnp.where(wanted == 3, 1, 2)
    parts = jnp.stack([jnp.int32(-CLOSE), wanted - 3 - left, -operator, left])
    short = jnp.stack([jnp.int32(-CLOSE), closed, closed, closed])
    signed = jnp.ones(4, jnp.int32)
    new = jnp.where(wanted >= 5, parts, jnp.where(wanted >= 3, short, signed))
    count = jnp.where(wanted >= 5, 4, jnp.where(wanted >= 3, 2, jnp.where(wanted == 2, 1, 0)))
    expression = jnp.where(wanted >= 3, OPEN, jnp.where(wanted == 2, MINUS, digit))
    pending = jax.lax.dynamic_update_slice(state.pending, new, (state.top,))
    return jnp.where(wanted > 0, expression, -wanted), state._replace(pending=pending, top=state.top + count - 1)


def _read_one(state: _Reading, symbol: Array) -> _Reading:
    """The values after a symbol."""
    opens, closes, is_digit = symbol == OPEN, symbol == CLOSE, symbol < MODULUS
    is_sign = (symbol == MINUS) & (state.operand == 1)
    is_operator = (symbol >= PLUS) & (symbol <= TIMES) & ~is_sign
    inner = jnp.take(state.value, state.depth)
    depth = state.depth + opens.astype(jnp.int32) - closes.astype(jnp.int32)
    x = jnp.where(closes, inner, state.sign * symbol)
    before, operator = jnp.take(state.value, depth), jnp.take(state.operator, depth)
    done = jnp.where(operator == PLUS, before + x, jnp.where(operator == MINUS, before - x, before * x)) % MODULUS
    value = jnp.where(opens, 0, jnp.where(is_digit | closes, done, before))
    return state._replace(
        depth=depth,
        value=state.value.at[depth].set(value),
        operator=state.operator.at[depth].set(jnp.where(opens, PLUS, jnp.where(is_operator, symbol, operator))),
        sign=jnp.where(is_sign, -1, jnp.where(is_digit, 1, state.sign)),
        operand=jnp.where(is_digit | closes, 0, 1),
    )


@cache
def _zero(length: int) -> float:
    """P(0) of a bracketed sum, its most likely value; the others are equally likely, as a digit is as its multiples.

    With f = (5 P(0) - 1) / 4 of each part, the sum and the difference have P(0) = (1 + 4 f f') / 5.
    """
    if length < 5:
        return 1 / MODULUS
    found = 0.0
    for left in range(1, length - 3):
        a, b = _zero(left), _zero(length - 3 - left)
        added = (1 + (5 * a - 1) * (5 * b - 1) / 4) / MODULUS
        found += 2 / 3 * added + 1 / 3 * (1 - (1 - a) * (1 - b))
    return found / (length - 4)


def dyck(k: int) -> Language:
    """Balanced brackets of k kinds: after each step, which may come next? `( [ ] ) -> ([)  ([]  ([)  ([`.

    All opening brackets, and the one that closes what was opened last, where anything is open. Strings are uniform
    among all of their length, which is even.
    """

    def write(key: Key[Array, ""], length: Int[Array, ""], longest: int) -> String:
        way_key, kind_key = jax.random.split(key)
        place = jnp.arange(longest, dtype=jnp.int32)
        uniform = jax.random.uniform(way_key, (longest,), jnp.float32)
        kinds = jax.random.randint(kind_key, (longest,), 0, k, jnp.int32)

        def step(
            state: tuple[Array, Array], given: tuple[Array, ...]
        ) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
            stack, depth = state
            at, u, kind = given
            left, d = (length - at).astype(jnp.float32), depth.astype(jnp.float32)
            # Arnold & Sleep: of the balanced ends that are left, the share that begins with an opening bracket.
            opens = u * 2 * left * (d + 1) < (left - d) * (d + 2)
            symbol = jnp.where(opens, kind, k + jnp.take(stack, jnp.maximum(depth - 1, 0)))
            stack = stack.at[jnp.where(opens, depth, longest)].set(kind, mode="drop")
            depth = jnp.maximum(depth + jnp.where(opens, 1, -1), 0)
            closing = jnp.int32(1) << (k + jnp.take(stack, jnp.maximum(depth - 1, 0)))
            return (stack, depth), (symbol, 2**k - 1 + jnp.where(depth > 0, closing, 0))

        start = (jnp.zeros(longest, jnp.int32), jnp.zeros((), jnp.int32))
        _, (symbols, legal) = jax.lax.scan(step, start, (place, uniform, kinds))
        valid = place < length
        return String(jnp.where(valid, symbols, 0), jnp.where(valid, legal, -1), valid)

    alphabet = "([{<abcd"[:k] + ")]}>ABCD"[:k]
    return Language(write, alphabet, alphabet, sets=True, first=2, every=2)


LANGUAGES = {
    "stack_manipulation": Language(stack_manipulation, "01<oi_", "01."),
    "modular_arithmetic_brackets": Language(
        modular_arithmetic_brackets, "01234+-*()", "01234", chance=lambda length: (_zero(length), _zero(length))
    ),
}
