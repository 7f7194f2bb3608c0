"""Every metric against a slow NumPy transcription in float64, and blind to whatever stands in the padding."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lstm_research import metrics
from lstm_research.recurrence import Batch
from lstm_research.types import Sum

RNG = np.random.default_rng(0)
LOGITS = (3 * RNG.normal(size=(5, 4, 3))).astype(np.float32)
LABELS = RNG.integers(0, 3, (5, 4)).astype(np.int32)
BITS = RNG.integers(0, 2, (5, 4, 3)).astype(np.float32)
REAL = RNG.normal(size=(5, 4)).astype(np.float32)
COUNTED = RNG.random((5, 4)) < 0.6


def slow(name: str) -> float:
    """The total, one element after another."""
    total = 0.0
    for t, b in np.argwhere(COUNTED):
        z = LOGITS[t, b].astype(np.float64)
        if name == "binary_nll":
            total += sum(-np.log(p if y else 1 - p) for p, y in zip(1 / (1 + np.exp(-z)), BITS[t, b], strict=True))
        elif name == "cross_entropy":
            total += -np.log(np.exp(z[LABELS[t, b]]) / np.exp(z).sum())
        elif name == "accuracy":
            total += float(z.argmax() == LABELS[t, b])
        elif name == "squared_error":
            total += float(z[0] - REAL[t, b]) ** 2
        else:
            total += float(abs(z[0] - REAL[t, b]) < 1.0)
    return total


CALLS: dict[str, tuple[Callable[..., Sum], Any]] = {
    "binary_nll": (lambda z, y, counted: metrics.binary_nll(z, y, counted), BITS),
    "cross_entropy": (lambda z, y, counted: metrics.cross_entropy(z, y, counted), LABELS),
    "accuracy": (lambda z, y, counted: metrics.accuracy(z, y, counted), LABELS),
    "squared_error": (lambda z, y, counted: metrics.squared_error(z[..., 0], y, counted), REAL),
    "within": (lambda z, y, counted: metrics.within(z[..., 0], y, 1.0, counted), REAL),
}


@pytest.mark.parametrize("name", CALLS)
def test_equals_the_slow_one(name: str) -> None:
    call, target = CALLS[name]
    result = call(jnp.asarray(LOGITS), jnp.asarray(target), jnp.asarray(COUNTED))
    assert result.count == int(COUNTED.sum())
    np.testing.assert_allclose(result.total, slow(name), rtol=1e-5)


@pytest.mark.parametrize("name", CALLS)
def test_padding_never_matters(name: str) -> None:
    """Neither in the value nor in the gradient, NaN and labels out of range included."""
    call, target = CALLS[name]
    bad_logits = np.where(COUNTED[..., None], LOGITS, np.nan)
    counted = COUNTED.reshape(COUNTED.shape + (1,) * (target.ndim - 2))
    bad_target = np.where(counted, target, np.asarray(-7 if target.dtype == np.int32 else np.nan, target.dtype))

    def total(z: Any, y: Any) -> Any:
        return call(z, jnp.asarray(y), jnp.asarray(COUNTED)).total

    clean, clean_gradient = jax.value_and_grad(total)(jnp.asarray(LOGITS), target)
    dirty, dirty_gradient = jax.value_and_grad(total)(jnp.asarray(bad_logits), bad_target)
    assert dirty == clean
    assert (np.asarray(dirty_gradient) == np.where(COUNTED[..., None], clean_gradient, 0)).all()


def test_extreme_logits_are_exact() -> None:
    z = jnp.array([[1e4, -1e4, 0.0]])
    one = jnp.ones(1, bool)
    np.testing.assert_allclose(metrics.binary_nll(z, jnp.array([[1.0, 0.0, 1.0]]), one).total, np.log(2), rtol=1e-6)
    np.testing.assert_allclose(
        metrics.binary_nll(z, jnp.array([[0.0, 1.0, 1.0]]), one).total, 2e4 + np.log(2), rtol=1e-6
    )


def test_a_broken_model_is_never_right() -> None:
    """argmax takes NaN for the largest; a label outside the classes is no class."""
    one = jnp.ones(1, bool)
    assert metrics.accuracy(jnp.array([[jnp.nan, 0.0]]), jnp.array([0]), one).total == 0
    assert metrics.within(jnp.array([jnp.nan]), jnp.array([0.0]), 1.0, one).total == 0
    assert np.isnan(metrics.cross_entropy(jnp.zeros((1, 2)), jnp.array([2]), one).total)


def test_what_counts() -> None:
    mask = jnp.array([[True, True, True], [True, False, True]])
    batch = Batch(inputs=0, targets=0, mask=mask, reset=~mask, weight=jnp.array([1.0, 1.0, 0.0]))
    assert metrics.steps(batch).tolist() == [[True, True, False], [True, False, False]]
    assert metrics.rows(batch).tolist() == [True, True, False]
