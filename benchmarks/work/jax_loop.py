"""Training loops in JAX: ours as the product trains, jit per step, and Flax's own."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx

from benchmarks.compare import numbered
from benchmarks.peers import flax_nnx, ours
from benchmarks.shapes import Shape, weights
from benchmarks.turns import Ready
from benchmarks.work import task
from lstm_research.config.schema import RunConfig, TrainingConfig
from lstm_research.config.traced import split
from lstm_research.models.sequence_model import SequenceModel
from lstm_research.training import layout as layouts
from lstm_research.training.optimizers import adam
from lstm_research.training.population import Population


def population(shape: Shape, rates: Sequence[float], steps: int, layout: str) -> Ready:
    """Members of these learning rates, `steps` updates each in one call, in the planner's layout or a named one."""
    members = _population(shape, rates, steps, layout)
    state = [members.init()]

    def run() -> Any:
        state[0] = jax.block_until_ready(members.train(state[0], steps))
        return state[0].params

    return Ready(run, lambda result: _values(shape, jax.tree.map(lambda x: x[0], result)))


def one_by_one(shape: Shape, rates: Sequence[float], steps: int) -> Ready:
    """The same members, each a population by itself, one after another."""
    alone = [_population(shape, [rate], steps, "auto") for rate in rates]
    compiled = alone[0]
    members, first = [one.members for one in alone], compiled.init()
    states = [jax.tree.map(jnp.copy, first) for _ in alone]

    def run() -> Any:
        for place, member in enumerate(members):
            compiled.members = member  # one compiled program for all: the learning rate is an argument of it
            states[place] = compiled.train(states[place], steps)
        return jax.block_until_ready(states)[0].params

    return Ready(run, lambda result: _values(shape, jax.tree.map(lambda x: x[0], result)))


def planned(shape: Shape, members: int, steps: int) -> str:
    """The layout that the planner takes."""
    return _population(shape, [1e-3] * members, steps, "auto").layout.kind


def _population(shape: Shape, rates: Sequence[float], steps: int, layout: str) -> Population:
    config = RunConfig(
        task=task.Config(shape=shape),
        model=ours.config(shape, "lstm"),
        optimizer=adam.Config(learning_rate=1e-3),
        training=TrainingConfig(steps=steps, batch=shape.batch, eval_every=steps),
    )
    params = nnx.state(_model(shape), nnx.Param)
    rows = [split(replace(config, optimizer=adam.Config(learning_rate=rate)))[1] for rate in rates]
    work = sum(x.size for x in jax.tree.leaves(params)) * shape.batch
    chosen = layouts.choose(layout, "auto", len(rates), work, rows=shape.batch)
    return Population(
        split(config)[0], rows, [0] * len(rates), task.Stored(shape), chosen, initial=lambda shapes: params
    )


def _model(shape: Shape) -> SequenceModel:
    model = SequenceModel(
        ours.config(shape, "lstm"), inputs=shape.inputs, tokens=False, outputs=shape.inputs, head="step", rngs=None
    )
    for (one,), values in zip(model.layers, weights(shape, "lstm"), strict=True):
        ours.put(one.cell, values)
    values = task.head(shape)
    model.head.kernel[...], model.head.bias[...] = jnp.asarray(values["head"]), jnp.asarray(values["head_bias"])
    return model


def _values(shape: Shape, params: Any) -> dict[str, np.ndarray]:
    model = _model(shape)
    nnx.update(model, jax.device_get(params))
    return _named(numbered([ours.named(one.cell) for (one,) in model.layers]), model.head)


def _named(layers: dict[str, np.ndarray], head: Any) -> dict[str, np.ndarray]:
    return {**layers, "head": np.asarray(head.kernel[...]), "head_bias": np.asarray(head.bias[...])}


def jit_per_step(shape: Shape, rate: float, steps: int) -> Ready:
    """Our model in the loop most people write: one call of `jax.jit` per update, state donated, optax."""
    model = _model(shape)
    graph, params = nnx.split(model, nnx.Param)
    stored, rule = task.Stored(shape), optax.adam(rate)
    arrays = jax.device_put(stored.arrays)

    def update(params: Any, optimizer: Any, step: Any) -> Any:
        def loss(params: Any) -> Any:
            batch = stored.training_batch(arrays, None, step)
            total, count = stored.loss(nnx.merge(graph, params)(batch)[1], batch)
            return total / count

        value, gradient = jax.value_and_grad(loss)(params)
        updates, optimizer = rule.update(gradient, optimizer, params)
        return optax.apply_updates(params, updates), optimizer, step + 1, value

    compiled = jax.jit(update, donate_argnums=(0, 1, 2))
    state = [(params, rule.init(params), jnp.zeros((), jnp.int32))]

    def run() -> Any:
        for _ in range(steps):
            *kept, _loss = compiled(*state[0])
            state[0] = tuple(kept)
        return jax.block_until_ready(state[0])[0]

    return Ready(run, lambda result: _values(shape, result))


class _Flax(nnx.Module):
    """Flax's layers and a `nnx.Linear`."""

    def __init__(self, kind: str, shape: Shape):
        self.layers = flax_nnx.layers(kind, shape, weights(shape, "lstm"))
        self.head = nnx.Linear(shape.hidden, shape.inputs, rngs=nnx.Rngs(0))
        values = task.head(shape)
        self.head.kernel[...], self.head.bias[...] = jnp.asarray(values["head"]), jnp.asarray(values["head_bias"])

    def __call__(self, xs: Any) -> Any:
        for layer in self.layers:
            xs = layer(xs)
        return self.head(xs)


def flax_per_step(kind: str, shape: Shape, rate: float, steps: int) -> Ready:
    """`nnx.jit` per update with `nnx.Optimizer`, as Flax's documentation trains."""
    model = _Flax(kind, shape)
    optimizer = nnx.Optimizer(model, optax.adam(rate), wrt=nnx.Param)
    pairs = [(jnp.asarray(xs), jnp.roll(xs, -1, axis=0)) for xs in task.batches(shape)]

    @nnx.jit
    def update(model: Any, optimizer: Any, xs: Any, ys: Any) -> Any:
        value, gradient = nnx.value_and_grad(lambda model: ((model(xs) - ys) ** 2).mean())(model)
        optimizer.update(model, gradient)
        return value

    done = [0]

    def run() -> Any:
        for _ in range(steps):
            update(model, optimizer, *pairs[done[0] % task.BATCHES])
            done[0] += 1
        return jax.block_until_ready(nnx.state(model, nnx.Param))

    def values(_: Any) -> dict[str, np.ndarray]:
        return _named(numbered([flax_nnx.named(kind, one.cell) for one in model.layers]), model.head)

    return Ready(run, values)
