"""AdamW: Adam with decoupled weight decay.

    w' = w - lr (adam direction + weight_decay w)

References: Loshchilov & Hutter, Decoupled Weight Decay Regularization, ICLR 2019, algorithm 2.
"""

from dataclasses import dataclass
from typing import Annotated

import optax
from annotated_types import Ge

from lstm_research.config.fields import Scalar
from lstm_research.training.optimizers import adam


@dataclass(frozen=True, kw_only=True)
class Config(adam.Config):
    """{kind: adamw, learning_rate: 0.001, weight_decay: 0.01}"""

    weight_decay: Annotated[Scalar, Ge(0)] | None = 0.01
    """Decoupled: times the learning rate and the parameter."""

    def scale(self) -> list[optax.GradientTransformation]:
        return [optax.scale_by_adam(self.b1, self.b2, self.epsilon), *self.l2()]
