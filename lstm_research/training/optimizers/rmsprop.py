"""RMSProp.

    s' = decay s + (1 - decay) g^2
    w' = w - lr g / sqrt(s' + epsilon)

References: Tieleman & Hinton, Lecture 6.5, Coursera: Neural Networks for Machine Learning, 2012.
"""

from dataclasses import dataclass
from typing import Annotated

import optax
from annotated_types import Ge, Gt, Lt

from lstm_research.config.fields import Scalar
from lstm_research.training.optimizers._optimizer import OptimizerConfig


@dataclass(frozen=True, kw_only=True)
class Config(OptimizerConfig):
    """{kind: rmsprop, learning_rate: 0.001}"""

    decay: Annotated[Scalar, Ge(0), Lt(1)] = 0.9
    """Decay of the mean of squared gradients."""
    epsilon: Annotated[Scalar, Gt(0)] = 1e-8
    """Added to the mean of squares, under the root."""
    momentum: Annotated[Scalar, Ge(0), Lt(1)] | None = None
    """Share of the last direction that is kept."""

    def scale(self) -> list[optax.GradientTransformation]:
        chain = [*self.l2(), optax.scale_by_rms(self.decay, self.epsilon, eps_in_sqrt=True)]
        return chain + ([] if self.momentum is None else [optax.trace(self.momentum)])
