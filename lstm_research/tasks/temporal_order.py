"""Temporal order: in which order did two (or three) rare symbols appear in a long sequence?

Eight tokens: a b c d (0-3, noise), X Y (4, 5), B (6, last) and E (7, first). X or Y stands at 2 (variant 6a) or 3 (6b)
places; which ones, in order, is the class: 4 or 8 of them, the places read as binary digits, X = 0, Y = 1, the first
place first. The answer is read after the last step.

    E b X c d a Y a B     -> X Y = class 1

A sequence has `length` to 1.1 `length` steps, drawn uniformly. Places are drawn uniformly, as shares of `length` (steps
are counted from 0, both ends included): 10-20 % and 50-60 % in 6a; 10-20 %, 33-43 % and 66-76 % in 6b; with length 100
these are the paper's. Chance: 1/4 and log 4 nats, or 1/8 and log 8. The paper's criterion, every output within 0.3 of a
0/1 target, is for its squared error; here it is the share of right classes.

References: Hochreiter & Schmidhuber, Long Short-Term Memory, 1997, section 5.6.
"""

from dataclasses import dataclass
from math import log
from typing import Annotated, Any, Literal

import jax
import jax.numpy as jnp
from annotated_types import Ge
from jaxtyping import Array, Bool, Float, Int, Key

from lstm_research import metrics
from lstm_research.recurrence import Batch
from lstm_research.tasks.base import Spec, Split
from lstm_research.tasks.source import Source
from lstm_research.tasks.source.generated import Generated
from lstm_research.types import Sum

NOISE, X, LAST, FIRST = 4, 4, 6, 7
PLACES = {"6a": ((10, 20), (50, 60)), "6b": ((10, 20), (33, 43), (66, 76))}
"""First and last possible place of each relevant symbol, in percent of `length`."""


@dataclass(frozen=True, kw_only=True)
class Config:
    """{kind: temporal_order}"""

    variant: Literal["6a", "6b"] = "6a"
    """Two relevant symbols and four classes, or three and eight; the paper's numbers."""
    length: Annotated[int, Ge(10)] = 100
    """Shortest sequence, in steps; the longest is a tenth longer, rounded down."""
    n_valid: Annotated[int, Ge(1)] = 512
    """Sequences in the fixed validation set."""
    n_test: Annotated[int, Ge(1)] = 2560
    """Sequences in the fixed test set, as in the paper."""

    def build(self, paths: Any) -> "TemporalOrder":
        """The task; `paths` is not used, since everything is generated."""
        return TemporalOrder(self)


class TemporalOrder:
    """See the module's docstring. Outputs: logits, Float[b classes]."""

    digest = ""
    baselines = ("chance",)

    def __init__(self, config: Config):
        self._config = config
        self._classes = 2 ** len(PLACES[config.variant])
        self.spec = Spec(
            inputs=8,
            tokens=True,
            outputs=self._classes,
            per_step=False,
            select="accuracy",
            higher_is_better=True,
            causal=False,
        )

    def source(self, split: Split, batch: int) -> Source:
        examples = self._config.n_test if split == "test" else self._config.n_valid
        return Generated(self._example, split=split, batch=batch, examples=examples, per_step=False)

    def loss(self, outputs: Float[Array, "b c"], batch: Batch) -> Sum:
        return metrics.cross_entropy(outputs, batch.targets, metrics.rows(batch))

    def metrics(self, outputs: Float[Array, "b c"], batch: Batch) -> dict[str, Sum]:
        return {
            "accuracy": metrics.accuracy(outputs, batch.targets, metrics.rows(batch)),
            "nll": self.loss(outputs, batch),
        }

    def chance(self) -> dict[str, float]:
        return {"accuracy": 1 / self._classes, "nll": log(self._classes)}

    def _example(self, key: Key[Array, ""]) -> tuple[Int[Array, " t"], Int[Array, ""], Bool[Array, " t"]]:
        shortest = self._config.length
        longest = shortest + shortest // 10
        length_key, noise_key, place_key, symbol_key = jax.random.split(key, 4)
        length = jax.random.randint(length_key, (), shortest, longest + 1, jnp.int32)
        # Percent of `length`, in whole steps: bounds of the places, apart from each other for every length from 10 on.
        low, high = jnp.array([[a * shortest // 100, b * shortest // 100] for a, b in PLACES[self._config.variant]]).T
        places = jax.random.randint(place_key, low.shape, low, high + 1, jnp.int32)
        symbols = jax.random.randint(symbol_key, low.shape, 0, 2, jnp.int32)
        tokens = jax.random.randint(noise_key, (longest,), 0, NOISE, jnp.int32)
        tokens = tokens.at[places].set(X + symbols).at[0].set(FIRST).at[length - 1].set(LAST)
        weights = 2 ** jnp.arange(len(PLACES[self._config.variant]), dtype=jnp.int32)[::-1]
        valid = jnp.arange(longest, dtype=jnp.int32) < length
        return jnp.where(valid, tokens, 0), jnp.sum(symbols * weights, dtype=jnp.int32), valid
