"""Ways to run an LSTM that the engine does not take: forms of its recurrent product, a tape by hand, two at once."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jax.sharding import Mesh, PartitionSpec

from benchmarks.compare import numbered
from benchmarks.shapes import Shape, inputs, weights
from benchmarks.turns import Ready
from lstm_research.cells import lstm, min_gru
from lstm_research.models.layer import Layer
from lstm_research.recurrence import fused
from lstm_research.recurrence import product as product_of
from lstm_research.recurrence.product import matrix_gradient


def product(form: str, shape: Shape) -> Ready:
    """h <- tanh of the sums over the gates of h R, for every step: a recurrent product with next to nothing around it.

    Args:
      form: "h @ R"; "h @ R, R transposed in memory"; "R' @ h", with the state as [hidden, batch].
    """
    recurrent = jnp.asarray(weights(shape, "lstm")[0]["recurrent"])
    first = jnp.asarray(np.random.default_rng(7).normal(size=(shape.batch, shape.hidden)), jnp.float32)

    def run(h: Any, recurrent: Any) -> Any:
        # The barrier keeps the transpose outside the loop.
        turned = jax.lax.optimization_barrier(recurrent.T)
        forms: dict[str, Callable[[Any], Any]] = {
            "h @ R": lambda h: h @ recurrent,
            "h @ R, R transposed in memory": lambda h: jax.lax.dot_general(h, turned, (((1,), (1,)), ((), ()))),
            "R' @ h": lambda h: turned @ h,
        }
        axis = 0 if form == "R' @ h" else 1

        def step(h: Any, _: None) -> tuple[Any, None]:
            return jnp.tanh(sum(jnp.split(forms[form](h), 4, axis))), None

        h = jax.lax.scan(step, h.T if axis == 0 else h, None, length=shape.steps)[0]
        return h.T if axis == 0 else h

    compiled = jax.jit(run)
    return Ready(lambda: jax.block_until_ready(compiled(first, recurrent)), lambda h: {"h": np.asarray(h)})


def gradient(form: str, shape: Shape) -> Ready:
    """The gradient of the input matrix of one layer, from inputs and gradients of the gates at all steps.

    Args:
      form: "turned", as the engines do, or "as it stands": what the derivative of a product is by itself.
    """
    dys = jnp.asarray(np.random.default_rng(8).normal(size=(shape.steps, shape.batch, 4 * shape.hidden)), jnp.float32)
    xs = jnp.asarray(inputs(shape))
    forms = {"turned": matrix_gradient, "as it stands": lambda xs, dys: jnp.einsum("tbd,tbg->dg", xs, dys)}
    compiled = jax.jit(forms[form])
    return Ready(lambda: jax.block_until_ready(compiled(xs, dys)), lambda found: {"kernel": np.asarray(found)})


def tape(form: str, shape: Shape) -> Ready:
    """A training step of one layer with a backward pass written for the LSTM.

    Args:
      form: "by hand": the forward scan keeps the activated gates as one array, and c; "after the scan": it keeps h and
        c alone, and the gates of all steps come of one large product before the backward scan.
    """
    run = {"by hand": _lstm, "after the scan": _lstm_later}[form]
    given = weights(shape, "lstm")[0]
    params = {name: jnp.asarray(value) for name, value in given.items()}
    xs = jnp.asarray(inputs(shape))

    def loss(params: Any, xs: Any) -> Any:
        zeros = jnp.zeros((shape.batch, shape.hidden))
        wx = product_of(xs, params["kernel"]) + params["bias"]
        return (run(params["recurrent"], wx, zeros, zeros) ** 2).mean()

    compiled = jax.jit(jax.value_and_grad(loss, (0, 1)))

    def values(result: Any) -> dict[str, np.ndarray]:
        value, (gradients, others) = jax.device_get(result)
        return {"loss": np.asarray(value), **numbered([gradients]), "xs": others}

    return Ready(lambda: jax.block_until_ready(compiled(params, xs)), values)


@jax.custom_vjp
def _lstm(recurrent: Any, wx: Any, h: Any, c: Any) -> Any:
    return _forward(recurrent, wx, h, c)[0]


def _gates(wx: Any, rh: Any) -> Any:
    i, f, g, o = jnp.split(wx + rh, 4, -1)
    return jax.lax.logistic(i), jax.lax.logistic(f), jnp.tanh(g), jax.lax.logistic(o)


def _forward(recurrent: Any, wx: Any, h: Any, c: Any) -> Any:
    def step(carry: Any, wx_t: Any) -> Any:
        h, c = carry
        i, f, g, o = _gates(wx_t, h @ recurrent)
        after = f * c + i * g
        tanh = jnp.tanh(after)
        h = o * tanh
        return (h, after), (h, jnp.concatenate([i, f, g, o], -1), c, tanh)

    _, (hs, *kept) = jax.lax.scan(step, (h, c), wx)
    return hs, (recurrent, h, hs, kept)


def _backward(residuals: Any, dhs: Any) -> Any:
    recurrent, first, hs, kept = residuals
    turned = jax.lax.optimization_barrier(recurrent.T)

    def step(carry: Any, given: Any) -> Any:
        (dh, dc), (dh_t, (gates, c, tanh)) = carry, given
        i, f, g, o = jnp.split(gates, 4, -1)
        dh = dh + dh_t
        dc = dc + dh * o * (1 - tanh * tanh)
        before = [dc * g * i * (1 - i), dc * c * f * (1 - f), dc * i * (1 - g * g), dh * tanh * o * (1 - o)]
        dwx = jnp.concatenate(before, -1)
        return (dwx @ turned, dc * f), dwx

    zeros = jnp.zeros_like(first)
    (dh, dc), dwx = jax.lax.scan(step, (zeros, zeros), (dhs, kept), reverse=True)
    return matrix_gradient(jnp.concatenate([first[None], hs[:-1]]), dwx), dwx, dh, dc


_lstm.defvjp(_forward, _backward)


@jax.custom_vjp
def _lstm_later(recurrent: Any, wx: Any, h: Any, c: Any) -> Any:
    return _forward_bare(recurrent, wx, h, c)[0]


def _forward_bare(recurrent: Any, wx: Any, h: Any, c: Any) -> Any:
    def step(carry: Any, wx_t: Any) -> Any:
        h, c = carry
        i, f, g, o = _gates(wx_t, h @ recurrent)
        c = f * c + i * g
        return (h := o * jnp.tanh(c), c), (h, c)

    _, (hs, cs) = jax.lax.scan(step, (h, c), wx)
    return hs, (recurrent, wx, h, c, hs, cs)


def _backward_later(residuals: Any, dhs: Any) -> Any:
    recurrent, wx, h, c, hs, cs = residuals
    h_before, c_before = (jnp.concatenate([first[None], x[:-1]]) for first, x in ((h, hs), (c, cs)))
    kept = (jnp.concatenate(_gates(wx, h_before @ recurrent), -1), c_before, jnp.tanh(cs))
    return _backward((recurrent, h, hs, kept), dhs)


_lstm_later.defvjp(_forward_bare, _backward_later)


def linear(engine: str, shape: Shape) -> Ready:
    """A training step of a layer of minGRU."""
    layer = Layer(min_gru.Config(hidden=shape.hidden).build(shape.inputs, rngs=nnx.Rngs(0)), engine=engine)
    graph, params = nnx.split(layer)
    compiled = jax.jit(jax.value_and_grad(lambda params, xs: (nnx.merge(graph, params)(xs)[1] ** 2).mean(), (0, 1)))
    xs = jnp.asarray(inputs(shape))

    def values(result: Any) -> dict[str, np.ndarray]:
        value, (gradients, others) = jax.device_get(result)
        cell = nnx.merge(graph, gradients).cell
        return {"loss": np.asarray(value), "kernel": cell.kernel[...], "bias": cell.bias[...], "xs": others}

    return Ready(lambda: jax.block_until_ready(compiled(params, xs)), values)


def wavefront(shape: Shape, chunks: int) -> Ready:
    """A training step of two layers, one on each host device: the second is a piece of the sequence behind the first.

    Both layers have inputs of the same width, so that one program is both.
    """
    layers = weights(shape, "lstm")
    width = max(shape.inputs, shape.hidden)
    stacked = {name: jnp.stack([_widened(one[name], name, width) for one in layers]) for name in layers[0]}
    xs = jnp.asarray(inputs(shape))
    mesh = Mesh(np.array(jax.devices()[:2]), ("layer",))
    piece = shape.steps // chunks

    def both(params: Any, xs: Any) -> Any:
        place = jax.lax.axis_index("layer")
        params = jax.tree.map(lambda x: x[0], params)
        pieces = jnp.pad(xs, [(0, 0), (0, 0), (0, width - shape.inputs)]).reshape(chunks, piece, shape.batch, width)

        def turn(state: Any, number: Any) -> Any:
            carry, received = state
            given = jnp.where(place == 0, pieces[jnp.minimum(number, chunks - 1)], received)
            after, hs = _piece(params, given, carry)
            begun = number >= place
            carry = jax.tree.map(lambda x, y: jnp.where(begun, x, y), after, carry)
            sent = jnp.pad(hs, [(0, 0), (0, 0), (0, width - shape.hidden)])
            return (carry, jax.lax.ppermute(sent, "layer", [(0, 1)])), hs

        zeros = jnp.zeros((shape.batch, shape.hidden))
        _, hs = jax.lax.scan(turn, ((zeros, zeros), jnp.zeros_like(pieces[0])), jnp.arange(chunks + 1))
        return hs[None, 1:].reshape(1, shape.steps, shape.batch, shape.hidden)

    part, whole = PartitionSpec("layer"), PartitionSpec()
    run = jax.shard_map(both, mesh=mesh, in_specs=(part, whole), out_specs=part, check_vma=False)

    def loss(params: Any, xs: Any) -> Any:
        return (run(params, xs)[1] ** 2).mean()

    compiled = jax.jit(jax.value_and_grad(loss, (0, 1)))

    def values(result: Any) -> dict[str, np.ndarray]:
        value, (gradients, others) = jax.device_get(result)
        found = [{name: x[place] for name, x in gradients.items()} for place in range(2)]
        found[0]["kernel"] = found[0]["kernel"][: shape.inputs]
        return {"loss": np.asarray(value), **numbered(found), "xs": others}

    return Ready(lambda: jax.block_until_ready(compiled(stacked, xs)), values)


def _widened(value: np.ndarray, name: str, width: int) -> Any:
    return jnp.pad(value, [(0, width - len(value)), (0, 0)]) if name == "kernel" else jnp.asarray(value)


def _piece(params: Any, xs: Any, carry: Any) -> Any:
    """One layer over a piece of the sequence, on the engine that the package takes."""
    before = lstm.Carry(h=carry[0], c=carry[1])
    valid = jnp.ones(xs.shape[:2], bool)
    wx = product_of(xs, params["kernel"]) + params["bias"]
    after, hs = fused(lstm.pointwise, (), params["recurrent"], before, before, wx, valid, ~valid)
    return (after.h, after.c), hs
