"""`Program`: pure functions of one member, made from a config and a task. Model meets task here, and only here."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from flax import nnx
from jaxtyping import Array, Key

from lstm_research.config.schema import ModelConfig, RunConfig
from lstm_research.config.traced import bind
from lstm_research.models.sequence_model import SequenceModel
from lstm_research.models.transducer import Transducer
from lstm_research.recurrence import Batch
from lstm_research.tasks.base import Rolls, Spec, Task, WholeSplit
from lstm_research.tasks.source import Source
from lstm_research.tasks.source.bucketed import Bucketed, buckets_of
from lstm_research.training.state import Member, TrainState
from lstm_research.types import Sum

STREAMS = {"init": 1, "data": 2, "dropout": 3, "noise": 4, "inputs": 5}
"""Every use of randomness has its own stream of keys, so that changing one seed moves only its own."""


class Program(NamedTuple):
    """What can be done with a member. All three are pure and may be traced, mapped and sharded."""

    init: Callable[[Member], TrainState]
    """State before the first update."""
    step: Callable[[Member, TrainState, Any], TrainState]
    """One update, with the arrays of the training source. A member whose loss, gradient or new parameters are not
    finite keeps its old parameters, is frozen and marked."""
    evaluate: Callable[[Member, Any, Any, Any], tuple[dict[str, Sum], dict[str, Any], Any]]
    """Metrics of parameters, with a carry, or () at the beginning, and the arrays of the evaluation source: a Sum per
    batch of it, stacked; what the task keeps of every row (see `tasks.base.WholeSplit`), with its `weight`; and the
    carry after them, where the source has one."""


def head_of(config: ModelConfig, spec: Spec) -> str:
    """The head that `auto` means for a task."""
    if config.head == "auto":
        return "step" if spec.per_step else "last"
    return config.head


Model = SequenceModel | Transducer


def build_model(config: ModelConfig, spec: Spec, rngs: nnx.Rngs | None) -> Model:
    """The model of a config for a task."""
    if spec.source:
        return Transducer(config, inputs=spec.source, outputs=spec.outputs, rngs=rngs)
    head = head_of(config, spec)
    return SequenceModel(
        config, inputs=spec.inputs, tokens=spec.tokens, outputs=spec.outputs, head=head, letters=spec.letters, rngs=rngs
    )


def make_program(
    static: RunConfig,
    task: Task,
    train: Source | Bucketed | None,
    evaluation: Source | Bucketed,
    initial: Any = None,
    spread: Callable[[Batch], Batch] = lambda batch: batch,
) -> Program:
    """The program of all members whose config has the static part `static` (see `config.traced.split`).

    Args:
      task: as `static.task` builds it.
      train: its training source; None where only `evaluate` is needed.
      evaluation: the source of the split to evaluate on.
      initial: parameters to start from, by default the model's own initial values.
      spread: what is done with every batch before anything is computed of it: where its rows go.
    """
    training = static.training

    def model_with(config: RunConfig, params: Any) -> Model:
        model = build_model(config.model, task.spec, None)
        nnx.update(model, params)
        return model

    def init(member: Member) -> TrainState:
        config = bind(static, member.scalars)
        model = build_model(config.model, task.spec, nnx.Rngs(params=_key("init", training.init_seed, member.seed)))
        params = nnx.state(model, nnx.Param)
        if initial is not None:
            nnx.update(model, initial)  # the carry between windows may be a parameter
            params = jax.tree.map(jnp.asarray, initial)
        return TrainState(
            step=jnp.zeros((), jnp.int32),
            params=params,
            optimizer=config.optimizer.build(training.steps).init(_wide(params)),
            carry=model.initial_carry(training.batch) if train is not None and train.carried else (),
            best=params,
            active=jnp.ones((), bool),
            bad_step=jnp.full((), -1, jnp.int32),
            loss=Sum(jnp.zeros((), jnp.float32), jnp.zeros((), jnp.float32)),
        )

    def step(member: Member, state: TrainState, arrays: Any) -> TrainState:
        assert train is not None
        config = bind(static, member.scalars)
        keys = {name: _key(name, None, member.seed) for name in ("dropout", "noise", "inputs")}
        order = data_key(static, member.seed)

        def differentiate(source: Source) -> Any:
            batch = spread(source.training_batch(arrays, order, state.step))
            if config.model.input_noise is not None:
                key = jax.random.fold_in(keys["inputs"], state.step)
                inputs = batch.inputs.astype(config.model.dtype)
                batch = batch._replace(inputs=_perturb(key, inputs, config.model.input_noise))

            def objective(params: Any) -> tuple[Array, tuple[Sum, Any]]:
                noisy = _perturb(jax.random.fold_in(keys["noise"], state.step), params, config.model.weight_noise)
                model = model_with(config, noisy)
                dropout = jax.random.fold_in(keys["dropout"], state.step)
                carry, outputs = _apply(model, batch, state, source.carried, dropout)
                loss = task.loss(outputs, batch)
                mean = loss.total / jnp.maximum(loss.count, 1).astype(loss.total.dtype)
                return mean, (loss, carry)

            return jax.value_and_grad(objective, has_aux=True)(state.params)

        if isinstance(train, Bucketed) and len(train.buckets) > 1:
            # A bucket is a shape: one is computed, all are compiled. Under `vmap` all would be computed as well.
            branches = [partial(differentiate, bucket) for bucket in train.buckets]
            (mean, (loss, carry)), gradient = jax.lax.switch(train.bucket(order, state.step), branches)
        else:
            (mean, (loss, carry)), gradient = differentiate(*buckets_of(train))
        rule = config.optimizer.build(training.steps)
        updates, optimizer = rule.update(_wide(gradient), state.optimizer, _wide(state.params))
        params = optax.apply_updates(state.params, updates)
        # Loss and gradient can still be finite in the step that writes the first NaN, so the parameters are looked at;
        # and an infinite mean of squares in the optimizer would stop a member without a trace.
        good = _finite((mean, gradient, params, optimizer)) & state.active
        new = state._replace(
            step=state.step + 1,
            params=params,
            optimizer=optimizer,
            carry=jax.lax.stop_gradient(carry),
            loss=_add(state.loss, loss),
        )
        bad = jnp.where(state.active & ~good, state.step, state.bad_step)
        frozen = state._replace(active=jnp.zeros((), bool), bad_step=bad)
        return jax.tree.map(lambda x, y: jnp.where(good, x, y), new, frozen)

    def evaluate(member: Member, params: Any, before: Any, arrays: Any) -> tuple[dict[str, Sum], dict[str, Any], Any]:
        model = model_with(bind(static, member.scalars), params)

        def over(source: Source) -> tuple[dict[str, Sum], dict[str, Any], Any]:
            def body(carry: Any, index: Array) -> tuple[Any, tuple[dict[str, Sum], dict[str, Any]]]:
                batch = spread(source.evaluation_batch(arrays, index))
                if isinstance(task, Rolls):
                    after, outputs = (), task.rolled(lambda shown: _wide(model(shown)[1]), batch)
                elif isinstance(model, Transducer):
                    after, outputs = (), model.answer(batch)
                else:
                    after, outputs = model(batch, carry if source.carried else None)
                outputs = _wide(outputs)
                sums = {"loss": task.loss(outputs, batch)} | task.metrics(outputs, batch)
                kept = {}
                if isinstance(task, WholeSplit):
                    kept = task.keep(outputs, batch) | {"weight": batch.weight}
                return after if source.carried else carry, (sums, kept)

            start: Any = before
            if source.carried and not jax.tree.leaves(before):
                rows = jax.eval_shape(lambda: source.evaluation_batch(arrays, jnp.zeros((), jnp.int32))).mask.shape[1]
                start = model.initial_carry(rows)
            after, (sums, kept) = jax.lax.scan(body, start, jnp.arange(source.evaluation_batches, dtype=jnp.int32))
            return sums, jax.tree.map(lambda x: x.reshape(-1, *x.shape[2:]), kept), after

        *parts, afters = zip(*map(over, buckets_of(evaluation)), strict=True)
        # Buckets hold whole sequences: what is carried is carried by a source that is one.
        sums, kept = (jax.tree.map(lambda *each: jnp.concatenate(each), *part) for part in parts)
        return sums, kept, afters[-1]

    return Program(init, step, evaluate)


def data_key(static: RunConfig, seed: Array) -> Key[Array, ""]:
    """The key of a member's data and of their order."""
    return _key("data", static.training.data_seed, seed)


def _apply(model: Model, batch: Batch, state: TrainState, carried: bool, key: Key[Array, ""]) -> tuple[Any, Any]:
    """Outputs of a training batch; the carry is kept for a stream and dropped otherwise."""
    carry, outputs = model(batch, state.carry if carried else None, key)
    return carry if carried else (), _wide(outputs)


def _key(stream: str, own_seed: int | None, seed: Array) -> Key[Array, ""]:
    """The key of a stream, from its own seed where the config gives one, else from the run's."""
    # The implementation is named: a user's default generator is no part of a run's id.
    key = jax.random.key(seed if own_seed is None else own_seed, impl="threefry2x32")
    return jax.random.fold_in(key, STREAMS[stream])


def _perturb(key: Key[Array, ""], values: Any, std: Any) -> Any:
    """Values + std * N(0, 1), afresh for every update; of weights: Graves, Practical Variational Inference, 2011."""
    if std is None:
        return values
    leaves, structure = jax.tree.flatten(values)
    keys = jax.random.split(key, len(leaves))
    noisy = [
        x + jnp.asarray(std, x.dtype) * jax.random.normal(k, x.shape, x.dtype)
        for k, x in zip(keys, leaves, strict=True)
    ]
    return jax.tree.unflatten(structure, noisy)


def _wide(tree: Any) -> Any:
    """bfloat16 as float32, for optimizer and metrics: in bfloat16 a decay of 0.999 is 1. All else as it is."""
    return jax.tree.map(lambda x: x.astype(jnp.float32) if x.dtype == jnp.bfloat16 else x, tree)


def _finite(tree: Any) -> Array:
    return jnp.stack([jnp.isfinite(x).all() for x in jax.tree.leaves(tree)]).all()


def _add(so_far: Sum, one: Sum) -> Sum:
    return Sum(so_far.total + one.total.astype(jnp.float32), so_far.count + jnp.asarray(one.count).astype(jnp.float32))
