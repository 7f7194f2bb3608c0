"""Delayed recall: one symbol is shown, distractors follow, and on a cue the symbol is asked for.

Tokens are K symbols 0..K-1, D distractors K..K+D-1 and the cue K+D. A sequence is one symbol, L distractors drawn
uniformly, and the cue, so L+2 steps; the answer is read after the cue. With K = 2, D = 2, L = 3:

    1  3  2  3  4    -> 1

The distractors carry no information, and the symbol must be held for L steps of changing input. Chance: 1/K, and
log K nats. A shortened relative of task 2c of Hochreiter & Schmidhuber, Long Short-Term Memory, 1997, section 5.2.
"""

from dataclasses import dataclass
from math import log
from typing import Annotated, Any

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


@dataclass(frozen=True, kw_only=True)
class Config:
    """{kind: delayed_recall, delay: 100}"""

    delay: Annotated[int, Ge(0)]
    """Number L of distractors between symbol and cue."""
    symbols: Annotated[int, Ge(2)] = 8
    """Number K of symbols to remember one of."""
    distractors: Annotated[int, Ge(1)] = 8
    """Number D of distractor tokens, an alphabet of their own."""
    n_valid: Annotated[int, Ge(1)] = 512
    """Sequences in the fixed validation set."""
    n_test: Annotated[int, Ge(1)] = 2560
    """Sequences in the fixed test set."""

    def build(self, paths: Any) -> "DelayedRecall":
        """The task; `paths` is not used, since everything is generated."""
        return DelayedRecall(self)


class DelayedRecall:
    """See the module's docstring. Outputs: logits, Float[b K]."""

    digest = ""
    baselines = ("chance",)

    def __init__(self, config: Config):
        self._config = config
        self.spec = Spec(
            inputs=config.symbols + config.distractors + 1,
            tokens=True,
            outputs=config.symbols,
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
        return {"accuracy": 1 / self._config.symbols, "nll": log(self._config.symbols)}

    def _example(self, key: Key[Array, ""]) -> tuple[Int[Array, " t"], Int[Array, ""], Bool[Array, " t"]]:
        symbols, distractors, delay = self._config.symbols, self._config.distractors, self._config.delay
        symbol_key, noise_key = jax.random.split(key)
        symbol = jax.random.randint(symbol_key, (), 0, symbols, jnp.int32)
        noise = jax.random.randint(noise_key, (delay,), symbols, symbols + distractors, jnp.int32)
        cue = jnp.full((1,), symbols + distractors, jnp.int32)
        return jnp.concatenate([symbol[None], noise, cue]), symbol, jnp.ones(delay + 2, bool)
