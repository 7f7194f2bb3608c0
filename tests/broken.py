"""One deliberately broken cell or layer for every law: what the law is there to catch."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial, wraps
from typing import Any

import jax
import jax.numpy as jnp
from subject import Subject

from lstm_research.cells import lstm, min_gru, rnn
from lstm_research.models.layer import Layer
from lstm_research.recurrence import linear

CONFIG = rnn.Config(hidden=4)
LINEAR = min_gru.Config(hidden=4)


class FusedForgetsTheCarry(Layer):
    """An engine that is right in value and drops the gradient of the carry."""

    def run(self, xs: Any, carry: Any, mask: Any, reset: Any) -> Any:
        return super().run(xs, jax.lax.stop_gradient(carry) if self.engine == "fused" else carry, mask, reset)


class CheckpointedTruncates(Layer):
    """Segments that are right in value, and pass no gradient on to the one before."""

    def _fold(self, engine: str, initial: Any, carry: Any, xs: Any, mask: Any, reset: Any) -> Any:
        carry = jax.lax.stop_gradient(carry) if self.engine == "checkpointed" else carry
        return super()._fold(engine, initial, carry, xs, mask, reset)


class CheckpointedRunsOn(Layer):
    """The steps that fill the last segment are run like others."""

    def _fold(self, engine: str, initial: Any, carry: Any, xs: Any, mask: Any, reset: Any) -> Any:
        filled = jnp.logical_not(mask.any(axis=1, keepdims=True)) if self.engine == "checkpointed" else False
        return super()._fold(engine, initial, carry, xs, mask | filled, reset)


class AssociativeForgetsDecay(Layer):
    """An associative engine that is right in value and drops the gradient of a in h' = a h + b."""

    def _fold(self, engine: str, initial: Any, carry: Any, xs: Any, mask: Any, reset: Any) -> Any:
        if engine != "associative":
            return super()._fold(engine, initial, carry, xs, mask, reset)
        a, b = self.cell.coefficients(self.cell.project(jnp.where(mask[..., None], xs, jnp.zeros_like(xs))))
        return linear(jax.lax.stop_gradient(a), b, carry, initial, mask, reset, parallel=True)


class AssociativeKeepsThePast(Layer):
    """An associative engine that does not see resets."""

    def _fold(self, engine: str, initial: Any, carry: Any, xs: Any, mask: Any, reset: Any) -> Any:
        return super()._fold(engine, initial, carry, xs, mask, reset & (engine != "associative"))


class StepForgetsBias(Layer):
    def step(self, carry: Any, x: Any) -> Any:
        return self.cell.step(carry, x @ self.cell.kernel[...])


class NanGetsIn(Layer):
    """Masks with `where` after the step only: values are right, and 0 x NaN is in the gradient."""

    def run(self, xs: Any, carry: Any, mask: Any, reset: Any) -> Any:
        def body(carry: Any, inputs: Any) -> Any:
            x, valid, again = inputs
            carry = jax.tree.map(lambda a, b: jnp.where(again[:, None], a, b), self.initial_carry(len(again)), carry)
            new, _ = self.cell(carry, x)
            carry = jax.tree.map(lambda a, b: jnp.where(valid[:, None], a, b), new, carry)
            return carry, carry.h

        return jax.lax.scan(body, carry, (xs, mask, reset))


class RunsThroughPadding(Layer):
    """The inputs are cleared, but the carry goes on."""

    def run(self, xs: Any, carry: Any, mask: Any, reset: Any) -> Any:
        return super().run(jnp.where(mask[..., None], xs, jnp.zeros_like(xs)), carry, jnp.ones_like(mask), reset)


class ZeroAtPadding(Layer):
    """h is zero at padding, where ours repeats the last valid h."""

    def run(self, xs: Any, carry: Any, mask: Any, reset: Any) -> Any:
        last, hs = super().run(xs, carry, mask, reset)
        return last, jnp.where(mask[..., None], hs, jnp.zeros_like(hs))


class NothingMeansInitial(Layer):
    """Without a step the carry that comes back is the initial one, as `flax.nnx.RNN` has it."""

    def run(self, xs: Any, carry: Any, mask: Any, reset: Any) -> Any:
        last, hs = super().run(xs, carry, mask, reset)
        return (last, hs) if len(xs) else (self.initial_carry(xs.shape[1]), hs)


class SeesTheFuture(Layer):
    def run(self, xs: Any, carry: Any, mask: Any, reset: Any) -> Any:
        return super().run(xs + 1e-6 * xs.sum(axis=0, keepdims=True), carry, mask, reset)


class NormalisesOverTheBatch(Layer):
    def run(self, xs: Any, carry: Any, mask: Any, reset: Any) -> Any:
        return super().run(xs - xs.mean(axis=1, keepdims=True), carry, mask, reset)


class IgnoresTheCarry(Layer):
    def run(self, xs: Any, carry: Any, mask: Any, reset: Any) -> Any:
        return super().run(xs, self.initial_carry(xs.shape[1]), mask, reset)


class ResetsToZero(Layer):
    """A reset clears the carry, though the initial one is learned."""

    def run(self, xs: Any, carry: Any, mask: Any, reset: Any) -> Any:
        first, self.first = self.first, None
        try:
            return super().run(xs, carry, mask, reset)
        finally:
            self.first = first


class ResetsLate(Layer):
    """In reverse, the reset is made at the first step of a sequence, which is the last one run."""

    def run(self, xs: Any, carry: Any, mask: Any, reset: Any) -> Any:
        moved = jnp.concatenate([jnp.zeros_like(reset[:1]), reset[:-1]]) if self.reverse else reset
        return super().run(xs, carry, mask, moved)


@jax.custom_jvp
def almost_tanh(x: Any) -> Any:
    return jnp.tanh(x)


almost_tanh.defjvp(lambda primals, tangents: (jnp.tanh(primals[0]), tangents[0] * (1 - jnp.tanh(primals[0]))))


@jax.custom_vjp
def one_way_tanh(x: Any) -> Any:
    return jnp.tanh(x)


one_way_tanh.defvjp(lambda x: (jnp.tanh(x), jnp.tanh(x)), lambda y, dy: (dy * (1 - y * y),))


@dataclass(frozen=True, kw_only=True)
class WithActivation(rnn.Config):
    """An Elman network with a function of ours in the place of tanh."""

    function: Any

    def build(self, inputs: int, *, rngs: Any, dtype: Any = jnp.float32) -> Any:
        cell = super().build(inputs, rngs=rngs, dtype=dtype)
        return _Activated(cell, self.function)


class _Activated(rnn.RNN):
    def __init__(self, cell: rnn.RNN, function: Any):
        self.hidden, self.function = cell.hidden, function
        self.kernel, self.recurrent, self.bias = cell.kernel, cell.recurrent, cell.bias

    def step(self, carry: Any, wx: Any) -> Any:
        h = self.function(wx + carry.h @ self.recurrent[...])
        return rnn.Carry(h=h), h


class MeetsTheOthers(Layer):
    """Under vmap, members see each other's mean: a collective that should not be there."""

    def run(self, xs: Any, carry: Any, mask: Any, reset: Any) -> Any:
        last, hs = super().run(xs, carry, mask, reset)
        return last, hs + _from_the_others(jax.lax.stop_gradient(hs))


@jax.custom_batching.custom_vmap
def _from_the_others(x: Any) -> Any:
    return jnp.zeros_like(x)


@_from_the_others.def_vmap
def _over_members(axis_size: int, in_batched: Any, x: Any) -> Any:
    return x - x.mean(axis=0, keepdims=True), True


class CompilesEveryTime(Layer):
    """A scan outside of `jax.jit`, over a function that is new at every call."""

    def __call__(self, xs: Any, carry: Any = None, mask: Any = None, reset: Any = None) -> Any:
        ones = jnp.ones(xs.shape[:2], bool)
        return self.run(xs, carry, ones if mask is None else mask, ~ones if reset is None else reset)


@dataclass(frozen=True, kw_only=True)
class BranchesOnAScalar(lstm.Config):
    """A Python number is made of what may be a tracer."""

    def build(self, inputs: int, *, rngs: Any, dtype: Any = jnp.float32) -> Any:
        return super(BranchesOnAScalar, replace(self, forget_bias=float(self.forget_bias))).build(
            inputs, rngs=rngs, dtype=dtype
        )


@dataclass(frozen=True, kw_only=True)
class MiscountsParameters(rnn.Config):
    def parameters(self, inputs: int) -> int:
        return super().parameters(inputs) - self.hidden


class WidensToFloat32(Layer):
    def run(self, xs: Any, carry: Any, mask: Any, reset: Any) -> Any:
        last, hs = super().run(xs, carry, mask, reset)
        return last, hs.astype(jnp.float32)


def with_layer(layer: Callable[..., Layer], engine: str = "reference", config: Any = CONFIG) -> Subject:
    return Subject(config, engine, layer)


def filled(layer: type[Layer]) -> Callable[..., Layer]:
    """With segments of which the last is filled."""
    return wraps(layer, updated=())(partial(layer, checkpoint_every=4))


def with_function(function: Any) -> Subject:
    return Subject(WithActivation(hidden=4, function=function), "reference")


BROKEN: dict[str, tuple[Subject, ...]] = {
    "engine_equals_reference": (
        with_layer(FusedForgetsTheCarry, "fused"),
        with_layer(CheckpointedTruncates, "checkpointed"),
        with_layer(filled(CheckpointedRunsOn), "checkpointed"),
        with_layer(AssociativeForgetsDecay, "associative", LINEAR),
        with_layer(AssociativeKeepsThePast, "associative", LINEAR),
    ),
    "fold_of_step_equals_call": (with_layer(StepForgetsBias),),
    "padding_content_never_matters": (with_layer(NanGetsIn), with_layer(SeesTheFuture)),
    "padding_amount_never_matters": (with_layer(RunsThroughPadding),),
    "masked_steps_hold_the_carry": (with_layer(RunsThroughPadding), with_layer(ZeroAtPadding)),
    "length_zero_and_one": (with_layer(NothingMeansInitial),),
    "prefix_causality": (with_layer(SeesTheFuture),),
    "rows_are_independent": (with_layer(NormalisesOverTheBatch),),
    "split_with_carry": (with_layer(IgnoresTheCarry), with_layer(filled(CheckpointedRunsOn), "checkpointed")),
    "reset_is_a_fresh_start": (
        with_layer(ResetsToZero),
        with_layer(AssociativeKeepsThePast, "associative", LINEAR),
    ),
    "reverse_flips_each_sequence": (with_layer(ResetsLate),),
    "finite_differences": (
        with_function(almost_tanh),
        with_layer(FusedForgetsTheCarry, "fused"),
        with_layer(CheckpointedTruncates, "checkpointed"),
        with_layer(AssociativeForgetsDecay, "associative", LINEAR),
    ),
    "forward_mode": (with_function(one_way_tanh),),
    "members_are_independent": (with_layer(MeetsTheOthers),),
    "nothing_compiles_twice": (with_layer(CompilesEveryTime), Subject(BranchesOnAScalar(hidden=4), "reference")),
    "parameter_count": (Subject(MiscountsParameters(hidden=4), "reference"),),
    "keeps_its_type": (with_layer(WidensToFloat32),),
}
"""Law -> subjects that break it."""
