"""Stochastic gradient descent, with momentum on request.

    v' = momentum v + g
    w' = w - lr v'            (Nesterov: w - lr (g + momentum v'))

References: Sutskever et al., On the Importance of Initialization and Momentum in Deep Learning, ICML 2013.
"""

from dataclasses import dataclass
from typing import Annotated

import optax
from annotated_types import Ge, Lt

from lstm_research.config.fields import Scalar
from lstm_research.training.optimizers._optimizer import OptimizerConfig


@dataclass(frozen=True, kw_only=True)
class Config(OptimizerConfig):
    """{kind: sgd, learning_rate: 0.1, momentum: 0.9}"""

    momentum: Annotated[Scalar, Ge(0), Lt(1)] | None = None
    """Share of the last direction that is kept."""
    nesterov: bool = False
    """Look ahead along the momentum."""

    def scale(self) -> list[optax.GradientTransformation]:
        return self.l2() + ([] if self.momentum is None else [optax.trace(self.momentum, self.nesterov)])
