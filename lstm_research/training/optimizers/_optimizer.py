"""What all optimizers share: clipping, L2, a learning rate with a shape over time."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import jax
import jax.numpy as jnp
import optax
from annotated_types import Ge, Gt, Lt
from jaxtyping import Array, Float, Int

from lstm_research.config.fields import Scalar


@dataclass(frozen=True, kw_only=True)
class OptimizerConfig:
    """Fields of every optimizer. An optional Scalar that is left out costs nothing in the compiled program."""

    learning_rate: Annotated[Scalar, Gt(0)]
    """Peak learning rate."""
    clip_norm: Annotated[Scalar, Gt(0)] | None = None
    """Rescale the gradient to this global norm where it is larger (Pascanu et al. 2013)."""
    clip_value: Annotated[Scalar, Gt(0)] | None = None
    """Clip every component of the gradient to [-clip_value, clip_value]."""
    weight_decay: Annotated[Scalar, Ge(0)] | None = None
    """L2: added to the gradient, times the parameter, after clipping. In adamw decoupled (Loshchilov & Hutter 2019)."""
    schedule: Literal["constant", "cosine", "step"] = "constant"
    """Shape of the learning rate after the warm-up; cosine ends at 0 at training.steps."""
    warmup: Annotated[int, Ge(0)] = 0
    """Updates over which the learning rate rises linearly from 0."""
    decay_every: Annotated[int, Ge(1)] = 1000
    """Updates between two decays of schedule `step`."""
    decay_rate: Annotated[Scalar, Gt(0), Lt(1)] = 0.5
    """Factor of each decay of schedule `step`."""

    def scale(self) -> list[optax.GradientTransformation]:
        """From a clipped gradient to a direction: what makes this optimizer this one."""
        raise NotImplementedError

    def build(self, steps: int) -> optax.GradientTransformation:
        """The optimizer of a run of `steps` updates. Scalars may be tracers."""
        chain = []
        if self.clip_value is not None:
            chain.append(_clip_by_value(self.clip_value))
        if self.clip_norm is not None:
            chain.append(optax.clip_by_global_norm(self.clip_norm))
        chain += self.scale()
        # Height one, then times the peak: optax's schedules with a peak branch on it, and a tracer has no truth.
        shape = self._shape(steps)
        chain.append(optax.scale_by_schedule(lambda count: -self.learning_rate * shape(count)))
        return optax.chain(*chain)

    def _shape(self, steps: int) -> Callable[[Int[Array, ""]], Float[Array, ""]]:
        def shape(count: Int[Array, ""]) -> Float[Array, ""]:
            done = count.astype(jnp.float32)
            after = jnp.maximum(done - self.warmup, 0.0)
            height = jnp.ones((), jnp.float32)
            if self.schedule == "cosine":
                part = jnp.minimum(after / max(steps - self.warmup, 1), 1.0)
                height = 0.5 * (1.0 + jnp.cos(jnp.pi * part))
            elif self.schedule == "step":
                height = jnp.asarray(self.decay_rate, jnp.float32) ** jnp.floor(after / self.decay_every)
            return height * jnp.minimum((done + 1.0) / (self.warmup + 1.0), 1.0)

        return shape

    def l2(self) -> list[optax.GradientTransformation]:
        """weight_decay as a term of the gradient, or nothing."""
        return [] if self.weight_decay is None else [optax.add_decayed_weights(self.weight_decay)]


def _clip_by_value(bound: Any) -> optax.GradientTransformation:
    return optax.stateless(lambda updates, _: jax.tree.map(lambda g: jnp.clip(g, -bound, bound), updates))
