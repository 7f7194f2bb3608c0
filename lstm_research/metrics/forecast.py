"""Errors of forecasts, and what a head says of a step: a value, a normal distribution, or quantiles."""

from collections.abc import Callable
from math import log, pi
from statistics import NormalDist
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

SMALLEST_SCALE = 1e-3
"""Of a normal distribution, on the standardised scale: a constant stretch must not make the likelihood infinite."""


class Head(NamedTuple):
    """What the numbers of a head mean. `parts` are Float[b h k q]; all functions give [b h k]."""

    width: int
    """Numbers q for each value."""
    point: Callable[[Array], Array]
    """The point forecast."""
    loss: Callable[[Array, Array], Array]
    """What training minimises, for parts and values."""
    interval: Callable[[Array], tuple[Array, ...]]
    """Lower and upper end; () for a point."""
    more: Callable[[Array, Array], dict[str, Array]]
    """Metrics that only this head has."""
    outputs_of: Callable[[np.ndarray], np.ndarray]
    """Parts [b h k q] that say a point forecast [b h k] and no more."""


def heads(kind: str, levels: tuple[float, ...], loss: str) -> Head:
    """The head `point`, `gaussian` or `quantile`; `levels` ascend and have a middle."""
    low, high = levels[0], levels[-1]
    if kind == "point":
        error = {"mse": lambda p, y: (p[..., 0] - y) ** 2, "mae": lambda p, y: jnp.abs(p[..., 0] - y)}[loss]
        return Head(1, lambda p: p[..., 0], error, lambda p: (), lambda p, y: {}, lambda x: x[..., None])
    if kind == "gaussian":
        return Head(
            width=2,
            point=lambda p: p[..., 0],
            loss=_gaussian_nll,
            interval=lambda p: tuple(p[..., 0] + NormalDist().inv_cdf(q) * _scale(p) for q in (low, high)),
            more=lambda p, y: {
                "nll": _gaussian_nll(p, y),
                "coverage": _inside(y, *(p[..., 0] + NormalDist().inv_cdf(q) * _scale(p) for q in (low, high))),
            },
            # A scale of 1: that of train.
            outputs_of=lambda x: np.stack([x, np.full_like(x, log(np.expm1(1 - SMALLEST_SCALE)))], axis=-1),
        )
    middle, taus = len(levels) // 2, np.array(levels, np.float32).reshape(1, 1, 1, -1)

    def pinball(parts: Array, values: Array) -> Array:
        difference = values[..., None] - parts
        return jnp.maximum(taus * difference, (taus - 1) * difference).mean(axis=-1)

    return Head(
        width=len(levels),
        point=lambda p: p[..., middle],
        loss=pinball,
        interval=lambda p: (p[..., 0], p[..., -1]),
        more=lambda p, y: {"pinball": pinball(p, y), "coverage": _inside(y, p[..., 0], p[..., -1])},
        outputs_of=lambda x: np.repeat(x[..., None], len(levels), axis=-1),
    )


def errors(raw: Array, truth: Array, naive: Float[Array, "b 1 k"]) -> dict[str, Array]:
    """Errors [b h k] in the data's own units: `mae_raw`; `smape`, percent; `mase`, over the `naive` error in train."""
    off = jnp.abs(raw - truth)
    together = jnp.abs(raw) + jnp.abs(truth)
    return {
        "mae_raw": off,
        "smape": jnp.where(together > 0, 200 * off / jnp.where(together > 0, together, 1), 0.0),
        "mase": off / naive,
    }


def of_split(forecast: np.ndarray, truth: np.ndarray, seen: np.ndarray) -> dict[str, float]:
    """What is no mean over steps, in the data's own units; arrays [n h k], of which steps `seen` [n h] count.

    `rmse_raw` over all of them; at the last step of the horizon `rse`, the root of the summed squared errors over that
    of the squared distances from the mean of all truths, and `corr`, the mean over columns of Pearson's correlation,
    constant columns left out (Lai et al., arXiv:1703.07015, section 4.2). NaN where nothing is to be seen.
    """
    forecast, truth = np.asarray(forecast, np.float64), np.asarray(truth, np.float64)
    squares = ((forecast - truth) ** 2)[seen]
    last, there = seen[:, -1], (forecast[:, -1], truth[:, -1])
    x, y = (one[last] for one in there)
    spread = ((y - y.mean()) ** 2).sum() if len(y) else 0.0
    dx, dy = (one - one.mean(axis=0) if len(one) else one for one in (x, y))
    below = np.sqrt((dx**2).sum(axis=0) * (dy**2).sum(axis=0))
    return {
        "rmse_raw": float(np.sqrt(squares.mean())) if len(squares) else float("nan"),
        "rse": float(np.sqrt(((x - y) ** 2).sum() / spread)) if spread > 0 else float("nan"),
        "corr": float(((dx * dy).sum(axis=0)[below > 0] / below[below > 0]).mean())
        if (below > 0).any()
        else float("nan"),
    }


def _scale(parts: Array) -> Array:
    return jax.nn.softplus(parts[..., 1]) + SMALLEST_SCALE


def _gaussian_nll(parts: Array, values: Array) -> Array:
    scale = _scale(parts)
    return 0.5 * ((values - parts[..., 0]) / scale) ** 2 + jnp.log(scale) + 0.5 * log(2 * pi)


def _inside(values: Array, low: Array, high: Array) -> Array:
    return ((values >= low) & (values <= high)).astype(jnp.float32)
