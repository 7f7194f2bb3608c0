"""What every cell obeys on every engine that runs it. `cells/test_laws.py` holds each cell to each law;
`cells/test_laws_can_fail.py` holds the objects of `broken.py` to them, and each law must object.

A law is a function of a `Subject`. Everything is float64. Where bits must agree the comparison is `==`, elsewhere it
allows for the order of additions and nothing else.
"""

import functools
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from subject import ALL, LENGTHS, MASK, NONE, RESET, B, D, Subject, T, close, dot, inputs, random_like, same

from lstm_research.config.traced import bind, split


def law_engine_equals_reference(subject: Subject) -> None:
    """Values and all gradients, with padding, resets, a carry and both directions."""
    other = replace(subject, engine="reference")
    for reverse in (False, True):
        given = subject.params, inputs(), subject.carry, MASK, RESET
        expected = other.pull(reverse)(*given, subject.weights())
        close(subject.pull(reverse)(*given, subject.weights()), expected, "with gradients")
        if not reverse:
            close(subject.run()(*given), expected[0], "values, not differentiated")


def law_fold_of_step_equals_call(subject: Subject) -> None:
    xs = inputs()
    last, hs = subject.run()(subject.params, xs, subject.carry, ALL, NONE)
    carry = subject.carry
    for t in range(T):
        carry, h = subject.step(subject.params, carry, xs[t])
        close(h, np.asarray(hs)[t], f"h at step {t}")
    close(carry, last, "last carry")


def law_padding_content_never_matters(subject: Subject) -> None:
    """NaN, infinity or anything else: bit for bit the same values and gradients; none flows to padding."""
    xs = inputs()
    results = []
    for rubbish in (0.0, 1e30, np.inf, np.nan):
        given = subject.params, np.where(MASK[..., None], xs, rubbish), subject.carry, MASK, RESET
        results.append(subject.pull()(*given, subject.weights()))
        assert all(np.isfinite(x).all() for x in jax.tree.leaves(results[-1])), f"{rubbish} in padding came through"
        same(results[-1], results[0], f"{rubbish} in padding")
    assert not np.any(np.asarray(results[0][1][1])[~MASK]), "a gradient reaches padding"


def law_padding_amount_never_matters(subject: Subject) -> None:
    half = T // 2
    short = MASK[:half] & (np.arange(half)[:, None] < 3)
    xs = inputs()
    padded = np.concatenate([short, np.zeros_like(short)])
    given = subject.params, xs[:half], subject.carry, short, RESET[:half]
    weights = subject.weights(half)
    (last, hs), (params, dxs, carry) = subject.pull()(*given, weights)
    more = weights[0], np.concatenate([weights[1], np.zeros_like(weights[1])])
    given = subject.params, xs, subject.carry, padded, RESET & padded
    outputs, gradients = jax.tree.map(np.asarray, subject.pull()(*given, more))
    close((outputs[0], outputs[1][:half]), (last, hs), "values")
    close((gradients[0], gradients[1][:half], gradients[2]), (params, dxs, carry), "gradients")


def law_masked_steps_hold_the_carry(subject: Subject) -> None:
    """All-masked rows come back as they were; at padding h repeats the last valid h."""
    last, hs = subject.run()(subject.params, inputs(), subject.carry, MASK, NONE)
    row = int(np.flatnonzero(LENGTHS == 0)[0])
    after, before = (jax.tree.map(lambda x: np.asarray(x)[row], carry) for carry in (last, subject.carry))
    same(after, before, "an all-masked row")
    hs = np.asarray(hs)
    before = np.concatenate([np.asarray(subject.carry.h)[None], hs[:-1]])
    same(np.where(MASK[..., None], hs, before), hs, "h at padding")
    same(last.h, hs[-1], "last h")


def law_length_zero_and_one(subject: Subject) -> None:
    """No step: the carry comes back as it was, and gradients are zero. One step: `step`."""
    given = subject.params, inputs(0), subject.carry, MASK[:0], RESET[:0]
    weights = subject.weights(0)
    (last, hs), (params, _, carry) = subject.pull()(*given, weights)
    same(last, subject.carry, "carry after no step")
    assert hs.shape == (0, *subject.carry.h.shape)
    same(carry, weights[0], "gradient of the carry after no step")
    assert not any(np.any(x) for x in jax.tree.leaves(params)), "a gradient without a step"
    given = subject.params, inputs(1), subject.carry, ALL[:1], NONE[:1]
    carry, h = subject.step(subject.params, subject.carry, given[1][0])
    close(subject.run()(*given), (carry, np.asarray(h)[None]), "one step")


def law_prefix_causality(subject: Subject) -> None:
    """By value and by gradient, both exactly; and the past does matter."""
    for reverse in (False, True):
        k = 2
        later = slice(0, T - 1 - k) if reverse else slice(k + 1, None)
        here = T - 1 - k if reverse else k
        rest = subject.carry, ALL, NONE, subject.only(here)
        changed = inputs()
        changed[later] += 1
        (_, hs), (_, dxs, _) = jax.tree.map(np.asarray, subject.pull(reverse)(subject.params, inputs(), *rest))
        (_, moved), _ = jax.tree.map(np.asarray, subject.pull(reverse)(subject.params, changed, *rest))
        past = slice(here, None) if reverse else slice(0, here + 1)
        same(moved[past], hs[past], "later inputs changed earlier outputs")
        assert not np.any(dxs[later]), "a gradient from an earlier output to a later input"
        assert np.all(np.any(dxs[past] != 0, axis=(1, 2))), "no gradient to an earlier input"


def law_rows_are_independent(subject: Subject) -> None:
    xs = inputs()
    given = subject.params, xs, subject.carry, MASK, RESET
    _, hs = subject.run()(*given)
    others = xs.copy()
    others[:, 1:] += 1
    _, changed = subject.run()(subject.params, others, *given[2:])
    same(np.asarray(changed)[:, 0], np.asarray(hs)[:, 0], "row 0, after the other rows changed")


def law_split_with_carry(subject: Subject) -> None:
    half = T // 2
    given = subject.params, inputs(), subject.carry, MASK, RESET
    last, hs = subject.run()(*given)
    carry, first = subject.run()(subject.params, given[1][:half], subject.carry, MASK[:half], RESET[:half])
    carry, second = subject.run()(subject.params, given[1][half:], carry, MASK[half:], RESET[half:])
    close((carry, np.concatenate([first, second])), (last, hs))


def law_reset_is_a_fresh_start(subject: Subject) -> None:
    """After a reset values are those of a new sequence, and no gradient goes back across it."""
    half = T // 2
    reset = NONE.copy()
    reset[half] = True
    given = subject.params, inputs(), subject.carry, ALL, reset
    (last, hs), (_, dxs, dcarry) = jax.tree.map(np.asarray, subject.pull()(*given, subject.only(T - 1)))
    fresh = subject.run()(subject.params, given[1][half:], subject.initial, ALL[half:], NONE[half:])
    close((last, hs[half:]), fresh, "values after a reset")
    assert not np.any(dxs[:half]), "a gradient across a reset"
    assert not any(np.any(x) for x in jax.tree.leaves(dcarry)), "a gradient across a reset, to the carry"


def law_reverse_flips_each_sequence(subject: Subject) -> None:
    """Also where a row holds two sequences: a reset marks a start, which the reverse run meets last."""
    ends = np.array([[6, 6], [4, 4], [1, 1], [0, 0], [2, 5]])  # the first sequence of the last row ends after step 2
    place = np.tile(np.arange(T)[:, None], (1, B))
    mask, reset = np.zeros((T, B), bool), NONE.copy()
    for row, (first, second) in enumerate(ends):
        place[:first, row] = np.arange(first)[::-1]
        place[first:second, row] = np.arange(first, second)[::-1]
        mask[:second, row] = True
        if first < second:
            reset[first, row] = True
    flipped = functools.partial(np.take_along_axis, indices=place[..., None], axis=0)
    carry = subject.initial
    (_, backward), _ = subject.pull(True)(subject.params, inputs(), carry, mask, reset, subject.weights())
    _, forward = subject.run()(subject.params, flipped(inputs()), carry, mask, reset)
    valid = mask[..., None]
    close(np.where(valid, backward, 0), np.where(valid, flipped(np.asarray(forward)), 0))


def law_finite_differences(subject: Subject) -> None:
    """The gradient along a random direction of parameters, inputs and carry together."""
    point = subject.params, inputs(), subject.carry
    weights, direction = subject.weights(), random_like(point, seed=5)
    _, gradient = subject.pull()(*point, MASK, RESET, weights)

    def loss(epsilon: float) -> Any:
        moved = jax.tree.map(lambda x, d: np.asarray(x) + epsilon * d, point, direction)
        return dot(subject.run()(*moved, MASK, RESET), weights)

    epsilon = 1e-5
    np.testing.assert_allclose(
        dot(gradient, direction), (loss(epsilon) - loss(-epsilon)) / (2 * epsilon), rtol=1e-7, atol=1e-8
    )


def law_forward_mode(subject: Subject) -> None:
    """jvp and vjp agree: on the reference engine, the only one that has both."""
    run = subject.run()
    point = subject.params, inputs(), subject.carry
    weights, direction = subject.weights(), random_like(point, seed=5)
    _, change = jax.jit(lambda p, d: jax.jvp(lambda *p: run(*p, MASK, RESET), p, d))(point, direction)
    _, gradient = subject.pull()(*point, MASK, RESET, weights)
    np.testing.assert_allclose(dot(change, weights), dot(gradient, direction), rtol=1e-10)


def law_members_are_independent(subject: Subject) -> None:
    """Under vmap over parameters, values and gradients are those of each member alone."""
    half = T // 2
    other = jax.tree.map(lambda x: 0.9 * np.asarray(x), subject.params)
    both = jax.tree.map(lambda x, y: np.stack([x, y]), subject.params, other)
    rest = inputs(half), subject.carry, MASK[:half], RESET[:half]
    weights = subject.weights(half)
    together = jax.jit(jax.vmap(subject.pull(), in_axes=(0, None, None, None, None, None)))(both, *rest, weights)
    for number, params in enumerate((subject.params, other)):
        alone = subject.pull()(params, *rest, weights)
        close(jax.tree.map(lambda x, n=number: np.asarray(x)[n], together), alone, f"member {number}")


def law_nothing_compiles_twice(subject: Subject) -> None:
    """Neither a second call, traced or not, nor a new value of a Scalar of the config."""
    layer = subject.merged(subject.params)
    layer(jnp.asarray(inputs()), subject.carry)
    compiled = []
    jax.monitoring.register_event_duration_secs_listener(listener := lambda name, *_, **__: compiled.append(name))
    try:
        layer(jnp.asarray(inputs(seed=7)), subject.carry)
    finally:
        jax.monitoring.unregister_event_duration_listener(listener)
    assert not [name for name in compiled if name.endswith("backend_compile_duration")], "a second call compiles again"

    static, scalars = split(subject.config)
    traces = []

    @jax.jit
    def initial_values(scalars: Any) -> Any:
        traces.append(1)
        made = replace(subject, config=bind(static, scalars)).build(rngs=nnx.Rngs(0))
        return nnx.state(made, nnx.Param)

    for value in (0.5, 1.5):
        jax.eval_shape(initial_values, {path: jnp.float32(value) for path in scalars})
    assert len(traces) == 1, "a new value of a Scalar traces again"


def law_parameter_count(subject: Subject) -> None:
    """The formula is right, the initial carry aside; without keys there are as many, ready to be replaced."""

    def shapes(rngs: nnx.Rngs | None) -> Any:
        return nnx.state(subject.config.build(D, rngs=rngs, dtype=jnp.float64), nnx.Param)

    drawn = jax.eval_shape(lambda: shapes(nnx.Rngs(0)))
    assert sum(x.size for x in jax.tree.leaves(drawn)) == subject.config.parameters(D)
    assert drawn == jax.eval_shape(lambda: shapes(None))


def law_keeps_its_type(subject: Subject) -> None:
    """Parameters, carry and outputs are of the type asked for: under strict promotion nothing else can be."""
    for dtype in (jnp.float32, jnp.bfloat16):

        def run(dtype: Any = dtype) -> Any:
            layer = subject.build(dtype=dtype, rngs=nnx.Rngs(0))
            return nnx.state(layer, nnx.Param), layer(jnp.zeros((T, B, D), dtype))

        assert {x.dtype for x in jax.tree.leaves(jax.eval_shape(run))} == {jnp.dtype(dtype)}


LAWS: dict[str, Callable[[Subject], None]] = {
    name.removeprefix("law_"): law for name, law in list(globals().items()) if name.startswith("law_")
}
