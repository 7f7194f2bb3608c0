"""Copy memory: ten symbols are shown, a long blank follows, and on a mark they are to be written down in order.

Tokens: 0 blank, 1..8 symbols, 9 mark. A sequence has `items` symbols, `delay` - 1 blanks, the mark, and `items` more
steps in which the symbols are wanted, `delay` + 2 `items` steps in all; until then a blank is. With 3 items, delay 4:

    input   5 2 7 0 0 0 9 0 0 0
    target  0 0 0 0 0 0 0 5 2 7

Loss and `nll`: cross-entropy over all steps, as published; `accuracy`: over the recalled symbols alone. Chance, without
memory: blanks, then symbols at random: nll = items log 8 / (delay + 2 items), 0.0204 for 10 items and a delay of 1000;
accuracy 1/8.

References: Arjovsky, Shah & Bengio, arXiv:1511.06464, section 4.1; Bai, Kolter & Koltun, arXiv:1803.01271, whose code
  holds the mark through the last steps (`mark: held`).
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

SYMBOLS = 8
MARK = SYMBOLS + 1


@dataclass(frozen=True, kw_only=True)
class Config:
    """{kind: copy_memory, delay: 100}"""

    delay: Annotated[int, Ge(1)]
    """T of the papers: steps from the last symbol shown to the mark, which is the T-th of them."""
    items: Annotated[int, Ge(1)] = 10
    """Symbols to copy."""
    mark: Literal["once", "held"] = "once"
    """The mark at one step (Arjovsky et al.), or up to the end (Bai et al.'s code)."""
    n_valid: Annotated[int, Ge(1)] = 512
    """Sequences in the fixed validation set."""
    n_test: Annotated[int, Ge(1)] = 1000
    """Sequences in the fixed test set; 1000 as in Bai et al."""

    def build(self, paths: Any) -> "CopyMemory":
        """The task; `paths` is not used, since everything is generated."""
        return CopyMemory(self)


class CopyMemory:
    """See the module's docstring. Outputs: logits, Float[t b 10]."""

    digest = ""
    baselines = ("chance",)
    spec = Spec(
        inputs=MARK + 1,
        tokens=True,
        outputs=MARK + 1,
        per_step=True,
        select="nll",
        higher_is_better=False,
        causal=True,
    )

    def __init__(self, config: Config):
        self._config = config

    def source(self, split: Split, batch: int) -> Source:
        examples = self._config.n_test if split == "test" else self._config.n_valid
        return Generated(self._example, split=split, batch=batch, examples=examples, per_step=True)

    def loss(self, outputs: Float[Array, "t b c"], batch: Batch) -> Sum:
        return metrics.cross_entropy(outputs, batch.targets, metrics.steps(batch))

    def metrics(self, outputs: Float[Array, "t b c"], batch: Batch) -> dict[str, Sum]:
        wanted = metrics.steps(batch) & (batch.targets > 0)
        return {"nll": self.loss(outputs, batch), "accuracy": metrics.accuracy(outputs, batch.targets, wanted)}

    def chance(self) -> dict[str, float]:
        steps = self._config.delay + 2 * self._config.items
        return {"nll": self._config.items * log(SYMBOLS) / steps, "accuracy": 1 / SYMBOLS}

    def _example(self, key: Key[Array, ""]) -> tuple[Int[Array, " t"], Int[Array, " t"], Bool[Array, " t"]]:
        items, delay = self._config.items, self._config.delay
        symbols = jax.random.randint(key, (items,), 1, SYMBOLS + 1, jnp.int32)
        blank = jnp.zeros(delay - 1, jnp.int32)
        after = jnp.full(items, MARK if self._config.mark == "held" else 0, jnp.int32)
        inputs = jnp.concatenate([symbols, blank, jnp.full(1, MARK, jnp.int32), after])
        targets = jnp.concatenate([jnp.zeros(delay + items, jnp.int32), symbols])
        return inputs, targets, jnp.ones(delay + 2 * items, bool)
