"""Adam.

References: Kingma & Ba, Adam: A Method for Stochastic Optimization, ICLR 2015, algorithm 1.
"""

from dataclasses import dataclass
from typing import Annotated

import optax
from annotated_types import Ge, Gt, Lt

from lstm_research.config.fields import Scalar
from lstm_research.training.optimizers._optimizer import OptimizerConfig


@dataclass(frozen=True, kw_only=True)
class Config(OptimizerConfig):
    """{kind: adam, learning_rate: 0.001}"""

    b1: Annotated[Scalar, Ge(0), Lt(1)] = 0.9
    """Decay of the mean of gradients."""
    b2: Annotated[Scalar, Ge(0), Lt(1)] = 0.999
    """Decay of the mean of squared gradients."""
    epsilon: Annotated[Scalar, Gt(0)] = 1e-8
    """Added to the root of the mean of squares."""

    def scale(self) -> list[optax.GradientTransformation]:
        return [*self.l2(), optax.scale_by_adam(self.b1, self.b2, self.epsilon)]
