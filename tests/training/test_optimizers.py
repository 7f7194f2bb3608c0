"""Every optimizer in the folder: converges, takes tracers, compiles once, equals Optax; schedules and clipping."""

import math
from dataclasses import fields, replace
from importlib import import_module
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from lstm_research.config.fields import hints, is_scalar
from lstm_research.training import optimizers

KINDS = sorted(path.stem for path in Path(optimizers.__file__).parent.glob("*.py") if not path.stem.startswith("_"))
STEPS = 200
START = {"a": jnp.array([1.0, -2.0, 0.5]), "b": jnp.array([[0.3], [-0.7]])}
GOAL = {"a": jnp.array([0.2, 0.1, -0.4]), "b": jnp.array([[0.5], [0.9]])}
FULL: dict[str, dict[str, Any]] = {
    "adam": {"b1": 0.8, "b2": 0.99, "epsilon": 1e-6, "weight_decay": 0.02, "clip_norm": 0.5, "clip_value": 0.4},
    "adamw": {"b1": 0.8, "b2": 0.99, "epsilon": 1e-6, "weight_decay": 0.02, "clip_norm": 0.5},
    "rmsprop": {"decay": 0.8, "epsilon": 1e-6, "momentum": 0.5, "weight_decay": 0.02, "clip_value": 0.4},
    "sgd": {"momentum": 0.5, "nesterov": True, "weight_decay": 0.02, "clip_norm": 0.5},
}
"""Every optional field in use, by kind."""


def made(kind: str, **given: Any) -> Any:
    return import_module(f"lstm_research.training.optimizers.{kind}").Config(**{"learning_rate": 0.05, **given})


def loss(params: Any) -> Any:
    parts = jax.tree.map(lambda x, y: ((x - y) ** 2).sum(), params, GOAL)
    return sum(jax.tree.leaves(parts))


def descend(optimizer: optax.GradientTransformation, steps: int) -> Any:
    def body(_: Any, held: Any) -> Any:
        params, state = held
        updates, state = optimizer.update(jax.grad(loss)(params), state, params)
        return optax.apply_updates(params, updates), state

    return jax.lax.fori_loop(0, steps, body, (START, optimizer.init(START)))[0]


def traced(config: Any) -> dict[str, Any]:
    """Every Scalar that has a value, as float32 arrays."""
    annotations = hints(type(config))
    values = {field.name: getattr(config, field.name) for field in fields(config) if is_scalar(annotations[field.name])}
    return {name: jnp.asarray(value, jnp.float32) for name, value in values.items() if value is not None}


def test_every_kind_is_tested_with_all_its_fields():
    assert sorted(FULL) == KINDS


@pytest.mark.parametrize("kind", KINDS)
def test_converges_on_a_quadratic(kind):
    config = made(kind, schedule="cosine", **({"weight_decay": None} if kind == "adamw" else {}))
    found = descend(config.build(STEPS), STEPS)
    assert float(loss(found)) < 1e-3 < float(loss(START))


@pytest.mark.parametrize("kind", KINDS)
def test_traced_scalars_under_map_and_vmap_and_no_recompilation(kind):
    config = made(kind, schedule="step", decay_every=3, warmup=2, **FULL[kind])
    scalars = traced(config)
    assert "learning_rate" in scalars

    def run(scalars: Any) -> Any:
        return descend(replace(config, **scalars).build(8), 8)

    rows = jax.tree.map(lambda x: jnp.stack([x, x * jnp.float32(0.5)]), scalars)
    alone = jax.jit(run)
    mapped, batched = jax.jit(lambda r: jax.lax.map(run, r))(rows), jax.jit(jax.vmap(run))(rows)
    for place in range(2):
        expected = alone(jax.tree.map(lambda x, p=place: x[p], rows))
        for found in (mapped, batched):
            jax.tree.map(lambda x, y, p=place: np.testing.assert_allclose(x[p], y, rtol=1e-5), found, expected)
    assert alone._cache_size() == 1, "another value of a Scalar compiled the program again"


@pytest.mark.parametrize("kind", KINDS)
def test_equals_optax_with_plain_floats(kind, x64):
    """In float64, so that nothing but the equations is compared: 1 - 0.999 in float32 is 5e-5 away."""
    given = {name: value for name, value in FULL[kind].items() if name not in ("clip_norm", "clip_value")}
    decay = given["weight_decay"]
    theirs = {
        "adam": lambda: optax.chain(optax.add_decayed_weights(decay), optax.adam(0.05, 0.8, 0.99, 1e-6)),
        "adamw": lambda: optax.adamw(0.05, 0.8, 0.99, 1e-6, weight_decay=decay),
        "rmsprop": lambda: optax.chain(
            optax.add_decayed_weights(decay), optax.rmsprop(0.05, 0.8, 1e-6, eps_in_sqrt=True, momentum=0.5)
        ),
        "sgd": lambda: optax.chain(optax.add_decayed_weights(decay), optax.sgd(0.05, 0.5, nesterov=True)),
    }[kind]()
    ours = descend(made(kind, **given).build(20), 20)
    jax.tree.map(lambda x, y: np.testing.assert_allclose(x, y, rtol=1e-6), ours, descend(theirs, 20))


def rates(steps: int, upto: int, **given: Any) -> list[float]:
    """Learning rates of updates 0 .. upto-1, read off what SGD does to a gradient of one."""
    optimizer = made("sgd", learning_rate=2.0, **given).build(steps)
    state = optimizer.init(jnp.zeros(()))
    found = []
    for _ in range(upto):
        update, state = optimizer.update(jnp.ones(()), state, jnp.zeros(()))
        found.append(-float(update))
    return found


def test_schedules_follow_their_closed_forms():
    assert rates(10, 12) == [2.0] * 12
    cosine = [1 + math.cos(math.pi * min(n / 10, 1)) for n in range(12)]
    np.testing.assert_allclose(rates(10, 12, schedule="cosine"), cosine, atol=1e-6)
    step = [2 * 0.25 ** (n // 3) for n in range(12)]
    np.testing.assert_allclose(rates(10, 12, schedule="step", decay_every=3, decay_rate=0.25), step, rtol=1e-6)


def test_warm_up_rises_to_the_peak_and_the_shape_starts_there():
    np.testing.assert_allclose(rates(10, 6, warmup=4), [0.4, 0.8, 1.2, 1.6, 2.0, 2.0], rtol=1e-6)
    found = rates(10, 10, warmup=4, schedule="cosine")
    after = [1 + math.cos(math.pi * n / 6) for n in range(6)]
    np.testing.assert_allclose(found, [0.4, 0.8, 1.2, 1.6, *after], rtol=1e-5)


def test_clipping_by_value_then_by_norm():
    gradient = {"a": jnp.array([3.0, -4.0]), "b": jnp.array([0.1])}

    def step(**given: Any) -> Any:
        optimizer = made("sgd", learning_rate=1.0, **given).build(1)
        return jax.tree.map(lambda x: -np.asarray(x), optimizer.update(gradient, optimizer.init(gradient), gradient)[0])

    norm = math.sqrt(25.01)
    np.testing.assert_allclose(step(clip_norm=1.0)["a"], [3 / norm, -4 / norm], rtol=1e-6)
    np.testing.assert_array_equal(step(clip_norm=6.0)["a"], [3.0, -4.0])
    np.testing.assert_allclose(step(clip_value=0.5)["a"], [0.5, -0.5], rtol=1e-6)
    np.testing.assert_allclose(step(clip_value=0.5)["b"], [0.1], rtol=1e-6)
    both = step(clip_value=0.5, clip_norm=0.1)
    size = math.sqrt(0.51)
    np.testing.assert_allclose(both["a"], [0.05 / size, -0.05 / size], rtol=1e-5)


def test_weight_decay_is_l2_but_in_adamw_decoupled():
    """Of a zero gradient: L2 passes through Adam's scaling, decoupled decay is lr * decay * w exactly."""
    params = jnp.array([10.0])
    for kind, expected in (("sgd", 0.05 * 0.1 * 10), ("adam", 0.05), ("adamw", 0.05 * 0.1 * 10)):
        optimizer = made(kind, weight_decay=0.1).build(1)
        update = optimizer.update(jnp.zeros(1), optimizer.init(params), params)[0]
        np.testing.assert_allclose(-update, [expected], rtol=1e-5)
