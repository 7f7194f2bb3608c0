"""The multiplication problem: the product of the two marked numbers of a long sequence.

Every step shows a value, uniform on [0, 1), and a mark: 1 at the two that are to be multiplied, -1 at the first and the
last step, 0 elsewhere. A sequence has T = `length` to 1.1 T steps, uniformly. First one of the first ten steps is
marked, then one of the first T/2 - 1 that are left; where the first step is marked, its value is set to 1.

    value   0.3  0.7  0.1  0.9  0.5  0.2
    mark    -1   1    0    0    1    -1         -> 0.7 * 0.5 = 0.35

Chance: with q = 1/10 + (9/10) / (T/2 - 1), the probability that the first step is marked, the product is uniform, else
that of two uniform numbers: the best constant is its mean q/2 + (1-q)/4, with its variance, and q/3 + (1-q)/9 its mean
square. Its density falls from 0 on, so 0.04 is within 0.04 most often: 0.08 q + (1-q) 0.08 (1 - log 0.08), about 0.28.
Correct means off by less than 0.04.

References: Hochreiter & Schmidhuber, Long Short-Term Memory, 1997, section 5.5 and Table 8, with the sequences of 5.4.
"""

from dataclasses import dataclass
from math import log
from typing import Annotated, Any

import jax
import jax.numpy as jnp
from annotated_types import Ge
from jaxtyping import Array, Bool, Float, Key

from lstm_research.tasks import adding
from lstm_research.tasks.adding import TOLERANCE, Adding

EARLY = 10
"""Steps among which the first mark is."""


@dataclass(frozen=True, kw_only=True)
class Config(adding.Config):
    """{kind: multiplication, length: 100}"""

    length: Annotated[int, Ge(12)]
    """Shortest sequence T, in steps; the longest is a tenth longer, rounded down."""

    def build(self, paths: Any) -> "Multiplication":
        """The task; `paths` is not used, since everything is generated."""
        return Multiplication(self)


class Multiplication(Adding):
    """See the module's docstring. Outputs: Float[b 1]."""

    def chance(self) -> dict[str, float]:
        q = 1 / EARLY + (1 - 1 / EARLY) / (self._config.length // 2 - 1)
        mean, square = q / 2 + (1 - q) / 4, q / 3 + (1 - q) / 9
        window = 2 * TOLERANCE
        return {"mse": square - mean**2, "accuracy": q * window + (1 - q) * window * (1 - log(window))}

    def _example(self, key: Key[Array, ""]) -> tuple[Float[Array, "t 2"], Float[Array, ""], Bool[Array, " t"]]:
        shortest = self._config.length
        longest = shortest + shortest // 10
        value_key, first_key, second_key, length_key = jax.random.split(key, 4)
        length = jax.random.randint(length_key, (), shortest, longest + 1, jnp.int32)
        first = jax.random.randint(first_key, (), 0, EARLY, jnp.int32)
        second = jax.random.randint(second_key, (), 0, shortest // 2 - 1, jnp.int32)
        second = second + (second >= first).astype(jnp.int32)
        place = jnp.arange(longest, dtype=jnp.int32)
        marked = (place == first) | (place == second)
        values = jax.random.uniform(value_key, (longest,), jnp.float32)
        values = jnp.where(marked & (place == 0), 1.0, values)
        marks = jnp.where(marked, 1.0, jnp.where((place == 0) | (place == length - 1), -1.0, 0.0))
        inputs = jnp.stack([values, marks.astype(jnp.float32)], axis=-1)
        return inputs, values[first] * values[second], place < length
