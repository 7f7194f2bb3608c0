"""Training step of a layer: the fused engine beside the reference engine and beside Flax's own cells and `nnx.RNN`.

    make bench          or          python benchmarks/engines.py

Prints ratios only: the sides are timed in turn, in one process, warm, on the same inputs, and the median of the rounds
is taken. Values and gradients are compared before anything is timed.
"""

import statistics
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from lstm_research.launch import runtime

runtime.keep_memory()

import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
import numpy as np  # noqa: E402
from flax import nnx  # noqa: E402

from lstm_research.cells import gru, lstm, peephole_lstm, rnn  # noqa: E402
from lstm_research.models.layer import Layer  # noqa: E402

SHAPES = {"a": (32, 100, 64, 128), "f": (16, 60, 88, 36), "s": (4, 30, 16, 32)}
"""Batch, time, input, hidden; the names are those of docs/design.md."""
ROUNDS = 15


def main() -> None:
    """Print a line per cell and shape."""
    print(
        f"{runtime.cores()} cores, jax {jax.__version__}; a training step of `fused` is 1; medians of {ROUNDS} rounds"
    )
    for name, (batch, steps, inputs, hidden) in SHAPES.items():
        xs = jnp.asarray(np.random.default_rng(0).normal(size=(steps, batch, inputs)), jnp.float32)
        for cell in (lstm, peephole_lstm, gru, rnn):
            sides = {"fused": ours(cell, "fused", inputs, hidden), "reference": ours(cell, "reference", inputs, hidden)}
            np.testing.assert_allclose(*(step(xs)[0] for step in sides.values()), rtol=1e-4)
            if cell is lstm:
                sides["nnx.OptimizedLSTMCell"] = flax_rnn(nnx.OptimizedLSTMCell, inputs, hidden)
            if cell is gru:
                sides["nnx.GRUCell"] = flax_rnn(nnx.GRUCell, inputs, hidden)
            times = timed({side: partial(step, xs) for side, step in sides.items()})
            ratios = "  ".join(f"{side} {times[side] / times['fused']:.2f}" for side in sides if side != "fused")
            print(
                f"{name} (B {batch}, T {steps}, D {inputs}, H {hidden})  {cell.__name__.rpartition('.')[2]:14} {ratios}"
            )


def ours(cell: Any, engine: str, inputs: int, hidden: int) -> Callable[[Any], Any]:
    """Loss and all gradients of a layer of ours."""
    layer = Layer(cell.Config(hidden=hidden).build(inputs, rngs=nnx.Rngs(0)), engine=engine)
    return _step(*nnx.split(layer), lambda model, xs: model(xs)[1])


def flax_rnn(cell: Any, inputs: int, hidden: int) -> Callable[[Any], Any]:
    """The same for a cell of Flax in `nnx.RNN`."""
    model = nnx.RNN(cell(inputs, hidden, rngs=nnx.Rngs(0), keep_rngs=False), time_major=True, rngs=nnx.Rngs(0))
    return _step(*nnx.split(model), lambda model, xs: model(xs))


def _step(graph: Any, state: Any, apply: Callable[[Any, Any], Any]) -> Callable[[Any], Any]:
    step = jax.jit(
        jax.value_and_grad(lambda state, xs: (apply(nnx.merge(graph, state), xs) ** 2).mean(), (0, 1), allow_int=True)
    )
    return lambda xs: step(state, xs)


def timed(sides: dict[str, Callable[[], Any]]) -> dict[str, float]:
    """Median seconds of each side, the sides in turn, after one call to warm up."""
    found: dict[str, list[float]] = {side: [] for side in sides}
    for run in sides.values():
        jax.block_until_ready(run())
    for _ in range(ROUNDS):
        for side, run in sides.items():
            began = time.perf_counter()
            jax.block_until_ready(run())
            found[side].append(time.perf_counter() - began)
    return {side: statistics.median(times) for side, times in found.items()}


if __name__ == "__main__":
    main()
