"""The adding problem: the sum of the two marked numbers of a long sequence.

Every step shows a value, uniform on [0, 1), and a mark. Two steps are marked, one in each half; the answer, after the
last step, is the sum of the two marked values.

    value   0.3  0.7  0.1  0.9  0.5  0.2
    mark    0    1    0    0    1    0          -> 0.7 + 0.5 = 1.2

Chance: the best constant is 1, the mean of the sum, with mean squared error 2/12 = 0.1667; the sum has a triangular
density, so |sum - 1| < 0.04 with probability 2 * 0.04 - 0.04^2 = 0.0784. Correct means off by less than 0.04.

References: Hochreiter & Schmidhuber, Long Short-Term Memory, 1997, section 5.4 (signed values, other marks, a scaled
  sum; the criterion of 0.04 is theirs). This form: Le, Jaitly & Hinton, arXiv:1504.00941, section 4.1 and
  Arjovsky, Shah & Bengio, arXiv:1511.06464, section 4.2 (a mark in each half).
"""

from dataclasses import dataclass
from typing import Annotated, Any

import jax
import jax.numpy as jnp
from annotated_types import Ge
from jaxtyping import Array, Bool, Float, Key

from lstm_research import metrics
from lstm_research.recurrence import Batch
from lstm_research.tasks.base import Spec, Split
from lstm_research.tasks.source import Source
from lstm_research.tasks.source.generated import Generated
from lstm_research.types import Sum

TOLERANCE = 0.04


@dataclass(frozen=True, kw_only=True)
class Config:
    """{kind: adding, length: 100}"""

    length: Annotated[int, Ge(2)]
    """Number of steps."""
    n_valid: Annotated[int, Ge(1)] = 512
    """Sequences in the fixed validation set."""
    n_test: Annotated[int, Ge(1)] = 2560
    """Sequences in the fixed test set; 2560 as in Hochreiter & Schmidhuber."""

    def build(self, paths: Any) -> "Adding":
        """The task; `paths` is not used, since everything is generated."""
        return Adding(self)


class Adding:
    """See the module's docstring. Outputs: Float[b 1]."""

    digest = ""
    baselines = ("chance",)

    def __init__(self, config: Config):
        self._config = config
        self.spec = Spec(
            inputs=2, tokens=False, outputs=1, per_step=False, select="mse", higher_is_better=False, causal=False
        )

    def source(self, split: Split, batch: int) -> Source:
        examples = self._config.n_test if split == "test" else self._config.n_valid
        return Generated(self._example, split=split, batch=batch, examples=examples, per_step=False)

    def loss(self, outputs: Float[Array, "b 1"], batch: Batch) -> Sum:
        return metrics.squared_error(outputs[:, 0], batch.targets, metrics.rows(batch))

    def metrics(self, outputs: Float[Array, "b 1"], batch: Batch) -> dict[str, Sum]:
        return {
            "mse": self.loss(outputs, batch),
            "accuracy": metrics.within(outputs[:, 0], batch.targets, TOLERANCE, metrics.rows(batch)),
        }

    def chance(self) -> dict[str, float]:
        return {"mse": 1 / 6, "accuracy": 2 * TOLERANCE - TOLERANCE**2}

    def _example(self, key: Key[Array, ""]) -> tuple[Float[Array, "t 2"], Float[Array, ""], Bool[Array, " t"]]:
        length = self._config.length
        value_key, first_key, second_key = jax.random.split(key, 3)
        values = jax.random.uniform(value_key, (length,), jnp.float32)
        first = jax.random.randint(first_key, (), 0, length // 2, jnp.int32)
        second = jax.random.randint(second_key, (), length // 2, length, jnp.int32)
        inputs = jnp.stack([values, jnp.zeros(length, jnp.float32).at[jnp.stack([first, second])].set(1.0)], axis=-1)
        return inputs, values[first] + values[second], jnp.ones(length, bool)
