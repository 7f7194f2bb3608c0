"""Selective copy: symbols stand at random places among noise, and are to be written down, in order, at the end.

Tokens: 0 noise, 1 .. K symbols, K + 1 mark. A sequence has `length` steps, at `items` of which, chosen uniformly, is a
symbol; then `items` marks, at which the symbols are wanted. With 3 items, length 8:

    input   0 5 0 0 2 7 0 0 9 9 9
    target  . . . . . . . . 5 2 7

Steps without a target (.) count in neither loss nor metric. Unlike in `copy_memory`, counting steps does not help: what
is to be kept depends on what it is. `accuracy`: of symbols; `exact`: of sequences without a wrong one. Chance: 1/K and
K^-items.

References: Gu & Dao, Mamba, arXiv:2312.00752, section 4.1.1 (length 4096, 16 items, 16 tokens in all), after Arjovsky,
  Shah & Bengio, arXiv:1511.06464; Feng et al., Were RNNs All We Needed?, arXiv:2410.01201.
"""

from dataclasses import dataclass
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
from lstm_research.types import ConfigError, Sum


@dataclass(frozen=True, kw_only=True)
class Config:
    """{kind: selective_copy, length: 64, items: 8}"""

    length: Annotated[int, Ge(1)]
    """Steps of noise and symbols, before the marks."""
    items: Annotated[int, Ge(1)] = 16
    """Symbols to copy; at most `length`."""
    symbols: Annotated[int, Ge(2)] = 14
    """Number K of different symbols; with noise and mark 16 tokens, as published."""
    n_valid: Annotated[int, Ge(1)] = 512
    """Sequences in the fixed validation set."""
    n_test: Annotated[int, Ge(1)] = 2560
    """Sequences in the fixed test set."""

    def build(self, paths: Any) -> "SelectiveCopy":
        """The task; `paths` is not used, since everything is generated. Raises ConfigError for too many items."""
        if self.items > self.length:
            raise ConfigError(f"task.items={self.items} do not fit into task.length={self.length}; take fewer")
        return SelectiveCopy(self)


class SelectiveCopy:
    """See the module's docstring. Outputs: logits of the symbols 1 .. K, Float[t b K]."""

    digest = ""
    baselines = ("chance",)

    def __init__(self, config: Config):
        self._config = config
        self.spec = Spec(
            inputs=config.symbols + 2, tokens=True, outputs=config.symbols, per_step=True,
            select="accuracy", higher_is_better=True, causal=False,
        )  # fmt: skip

    def source(self, split: Split, batch: int) -> Source:
        examples = self._config.n_test if split == "test" else self._config.n_valid
        return Generated(self._example, split=split, batch=batch, examples=examples, per_step=True)

    def loss(self, outputs: Float[Array, "t b c"], batch: Batch) -> Sum:
        return metrics.cross_entropy(outputs, batch.targets - 1, _asked(batch))

    def metrics(self, outputs: Float[Array, "t b c"], batch: Batch) -> dict[str, Sum]:
        asked = _asked(batch)
        sure = ~jnp.isnan(outputs).any(axis=-1)
        right = ((jnp.argmax(outputs, axis=-1) == batch.targets - 1) & sure) | ~asked
        return {
            "accuracy": metrics.accuracy(outputs, batch.targets - 1, asked),
            "exact": metrics.summed(right.all(axis=0).astype(jnp.float32), metrics.rows(batch)),
        }

    def chance(self) -> dict[str, float]:
        return {"accuracy": 1 / self._config.symbols, "exact": self._config.symbols**-self._config.items}

    def _example(self, key: Key[Array, ""]) -> tuple[Int[Array, " t"], Int[Array, " t"], Bool[Array, " t"]]:
        length, items = self._config.length, self._config.items
        place_key, symbol_key = jax.random.split(key)
        places = jnp.sort(jax.random.permutation(place_key, length)[:items])
        symbols = jax.random.randint(symbol_key, (items,), 1, self._config.symbols + 1, jnp.int32)
        shown = jnp.zeros(length, jnp.int32).at[places].set(symbols)
        inputs = jnp.concatenate([shown, jnp.full(items, self._config.symbols + 1, jnp.int32)])
        return inputs, jnp.concatenate([jnp.zeros(length, jnp.int32), symbols]), jnp.ones(length + items, bool)


def _asked(batch: Batch) -> Bool[Array, "t b"]:
    return metrics.steps(batch) & (batch.targets > 0)
