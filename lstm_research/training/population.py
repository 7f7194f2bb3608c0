"""`Population`: members that share one compiled program, trained and evaluated together."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from lstm_research.config.schema import RunConfig
from lstm_research.recurrence import Batch
from lstm_research.tasks.base import Task, WholeSplit
from lstm_research.tasks.source import Source
from lstm_research.tasks.source.bucketed import Bucketed, buckets_of
from lstm_research.training import hosts
from lstm_research.training.chunks import Shapes, chunked, plain, streams
from lstm_research.training.feed import Feed, Gatherer
from lstm_research.training.layout import Layout
from lstm_research.training.program import data_key, make_program
from lstm_research.training.state import Member, TrainState
from lstm_research.training.widened import embedded
from lstm_research.types import Sum


class Population:
    """The compiled functions of a population and the arrays they read.

    Args:
      static: the static part of the members' config.
      scalars: values of the Scalars per member.
      seeds: one per member.
      task: as the config builds it.
      layout: how members share devices.
      initial: gives the parameters that all members start from, for their shapes; by default the model's own.
      sizes: hidden sizes of the members, where some are narrower than `static` (see `widened`).

    Members are filled up to a multiple of the devices with copies of the last one that never train.
    """

    def __init__(
        self,
        static: RunConfig,
        scalars: Sequence[Mapping[str, float]],
        seeds: Sequence[int],
        task: Task,
        layout: Layout,
        initial: Callable[[Any], Any] | None = None,
        sizes: Sequence[int] | None = None,
    ):
        self.static, self.task, self.layout, self.initial, self._sizes = static, task, layout, initial, sizes
        self.size = len(seeds)
        fill = layout.padded(self.size) - self.size
        rows = [*scalars, *[scalars[-1]] * fill]
        wide = np.float64 if static.model.dtype == "float64" else np.float32
        stacked = {path: np.array([row[path] for row in rows], wide) for path in rows[0]}
        self._given: Any = (stacked, np.array([*seeds, *[seeds[-1]] * fill], np.uint32))
        self._sources: dict[tuple[str, int], Source | Bucketed] = {}
        self._arrays: dict[tuple[str, int], Any] = {}
        self._evaluators: dict[str, Any] = {}

    @cached_property
    def members(self) -> Member:
        """What makes each member itself, where it lives. Raises ResourceError where its devices are missing."""
        return Member(*self.layout.place_members(self._given))

    @cached_property
    def given(self) -> Any:
        """Parameters that all members start from, or None. Raises ConfigError where they do not fit."""
        if self.initial is None:
            return None
        return self.initial(self._alone)

    @property
    def _alone(self) -> Any:
        """Shapes and types of the parameters of one member."""
        return jax.tree.map(lambda x: jax.ShapeDtypeStruct(x.shape[1:], x.dtype), self.abstract.params)

    def init(self) -> TrainState:
        """States before the first update, stacked."""
        program = make_program(self.static, self.task, self.training, self.training, self.given)
        # One member after another in every layout: `vmap` would make one batch of the QR decompositions of orthogonal
        # initial values, and such a batch can wait for ever on CPU (cells/_initializers.py).
        init = self.layout.unbatched.over_members(program.init)
        state: TrainState = jax.jit(init, out_shardings=self.layout.where)(self.members)
        real = np.arange(len(state.active)) < self.size
        if self._sizes is not None:
            params = self._embedded()
            state = state._replace(params=params, best=jax.tree.map(jnp.copy, params))
        return state._replace(active=self.layout.place_members(np.asarray(real)))

    def _embedded(self) -> Any:
        """First parameters of each member as of its own size, filled up."""
        assert self._sizes is not None
        starts: dict[int, Any] = {}
        members = []
        scalars, seeds = self._given
        model, wide = self.static.model, self._alone
        for place in range(len(seeds)):
            size = self._sizes[min(place, self.size - 1)]
            if size not in starts:
                narrow = replace(self.static, model=replace(model, cell=replace(model.cell, hidden=size)))
                starts[size] = jax.jit(make_program(narrow, self.task, self.training, self.training).init)
            one = starts[size](Member({path: x[place] for path, x in scalars.items()}, seeds[place]))
            members.append(jax.device_get(embedded(one.params, wide, size, model.cell.hidden)))
        return self.layout.place_members(jax.tree.map(lambda *x: np.stack(x), *members))

    def train(self, state: TrainState, steps: int) -> TrainState:
        """`steps` updates in one call; `state` is donated. Members that are not active cost nothing under `map`."""
        if not streams(self.static.execution, self.training):
            arrays = self._placed("train", self.static.training.batch)
            return self._updates(state, arrays, steps, afresh=True)
        step, afresh = self._step(state), True
        while True:
            chunk, left = self._feed.at(step)
            now = min(steps, left)
            state = self._updates(state, chunk, now, afresh=afresh)
            # While the device trains; and no more than one chunk is given it in advance, since it would hold them all.
            self._feed.ahead()
            if now == steps:
                return state
            jax.block_until_ready(state.step)
            step, steps, afresh = step + now, steps - now, False

    def _updates(self, state: TrainState, arrays: Any, steps: int, *, afresh: bool) -> TrainState:
        result: TrainState = self._train(self.members, state, arrays, np.int32(steps), np.bool_(afresh))
        return result

    @cached_property
    def _train(self) -> Any:
        source, streamed = self.training, streams(self.static.execution, self.training)
        if streamed:
            source = chunked(source, self._shapes)
        program = make_program(self.static, self.task, source, source, spread=self._spread)

        def several(member: Member, state: TrainState, arrays: Any, steps: Array, afresh: Array) -> TrainState:
            zero = jnp.zeros((), jnp.float32)

            def run(state: TrainState) -> TrainState:
                # A loop with a traced bound: the last, shorter stretch is no second compilation.
                return jax.lax.fori_loop(0, steps, lambda _, s: program.step(member, s, arrays), state)

            # The loss is that since training was last called for, over however many chunks.
            kept = state._replace(loss=jax.tree.map(lambda x: jnp.where(afresh, zero, x), state.loss))
            return jax.lax.cond(state.active, run, lambda s: s, kept)

        # Each member has chunks of its own; all share the data that lie on the device.
        shared = 2 if streamed else 3
        over = self.layout.over_members(several, shared=shared)
        return jax.jit(over, donate_argnums=1, out_shardings=self.layout.where)

    @cached_property
    def _shapes(self) -> Shapes:
        """Of what streams in training."""
        source, training = self.training, self.static.training
        return Shapes(source, plain(source.arrays), len(self._given[1]), training.steps)

    @cached_property
    def _feed(self) -> Feed:
        """The chunks of training. Raises ResourceError without grain."""
        keys = jax.vmap(partial(data_key, self.static))(jnp.asarray(self._given[1]))
        make = Gatherer(self.training, plain(self.training.arrays), self._shapes, keys)
        return Feed(make, self.static.training.steps, self._shapes.batches, self.layout.place_members)

    def _step(self, state: TrainState) -> int:
        """Updates done, by those who still train: they are all at the same."""
        step, active = hosts.fetch((state.step, state.active))
        return int(np.where(active, step, 0).max())

    @property
    def _spread(self) -> Callable[[Batch], Batch]:
        return partial(self.layout.spread, per_step=self.task.spec.per_step)

    def evaluate(self, params: Any, split: str) -> list[dict[str, Sum]]:
        """Metrics of every member's parameters on a split: sums over all its batches, added in float64 on the host."""
        return [sums for sums, _ in self.examine(params, split)]

    def examine(self, params: Any, split: str) -> list[tuple[dict[str, Sum], dict[str, Any]]]:
        """For every member its metrics, as `evaluate` gives them, and what the task keeps of each example."""
        batch, source = self.static.execution.eval_batch, self.source(split)
        if streams(self.static.execution, source):
            stacked, kept = self._streamed(params, split, source)
        else:
            evaluate = self._evaluator(split, source)
            stacked, kept, _ = hosts.fetch(evaluate(self.members, params, (), self._placed(split, batch)))
        found = []
        for p in range(self.size):
            sums = {
                name: Sum(
                    float(np.asarray(one.total[p], np.float64).sum()), float(np.asarray(one.count[p], np.float64).sum())
                )
                for name, one in stacked.items()
            }
            mine: dict[str, Any] = {}
            if isinstance(self.task, WholeSplit):
                mine = {name: np.asarray(x[p])[np.asarray(kept["weight"][p]) > 0] for name, x in kept.items()}
                # Not a mean over examples, so one of a kind: counted once.
                sums |= {name: Sum(float(value), 1.0) for name, value in self.task.whole(mine).items()}
            found.append((sums, mine))
        return found

    def _evaluator(self, name: Any, source: Source | Bucketed, *, onward: bool = False) -> Any:
        """Compiled; the carry after the last batch is () unless it goes onward."""
        if name not in self._evaluators:
            evaluate = make_program(self.static, self.task, None, source, spread=self._spread).evaluate
            once = evaluate if onward else lambda *args: (*evaluate(*args)[:2], ())
            self._evaluators[name] = jax.jit(self.layout.over_members(once, shared=1))
        return self._evaluators[name]

    def _streamed(self, params: Any, split: str, source: Source | Bucketed) -> Any:
        """What the evaluator gives, chunk by chunk."""
        found, arrays = [], plain(source.arrays)
        for number, part in enumerate(buckets_of(source)):
            batches = part.evaluation_batches
            shapes = Shapes(part, arrays, None, batches)
            feed = Feed(Gatherer(part, arrays, shapes, None), batches, shapes.batches, self.layout.place_shared)
            evaluate = self._evaluator((split, number), chunked(part, shapes), onward=True)
            carry: Any = ()
            for begin in range(0, batches, shapes.batches):
                *some, carry = evaluate(self.members, params, carry, feed.at(begin)[0])
                feed.ahead()
                # What comes after the last batch only fills the last chunk.
                real = min(1.0, (batches - begin) / shapes.batches)
                found.append(jax.tree.map(lambda x, real=real: x[:, : round(real * x.shape[1])], hosts.fetch(some)))
            feed.close()
        return jax.tree.map(lambda *parts: np.concatenate(parts, axis=1), *found)

    def keep_best(self, state: TrainState, improved: Sequence[bool], active: Sequence[bool]) -> TrainState:
        """Remember current parameters as the best of the members that improved; stop those no longer active."""
        fill = [False] * (self.layout.padded(self.size) - self.size)
        flags = self.layout.place_members((np.array([*improved, *fill]), np.array([*active, *fill])))
        kept: TrainState = self._keep_best(state, *flags)
        return kept

    @cached_property
    def _keep_best(self) -> Any:
        def keep(state: TrainState, improved: Array, active: Array) -> TrainState:
            best = jax.tree.map(lambda x, y: jnp.where(improved, x, y), state.params, state.best)
            return state._replace(best=best, active=state.active & active)

        return jax.jit(self.layout.over_members(keep), donate_argnums=0, out_shardings=self.layout.where)

    @cached_property
    def abstract(self) -> TrainState:
        """Shapes and types of the state, for loading a checkpoint; where, and on what devices, does not matter."""
        program = make_program(self.static, self.task, self.training, self.training)
        shapes: TrainState = jax.eval_shape(jax.vmap(program.init), Member(*self._given))
        return shapes

    @property
    def parameters(self) -> int:
        """Number of parameters of one member."""
        return sum(int(np.prod(x.shape[1:])) for x in jax.tree.leaves(self.abstract.params))

    @property
    def training(self) -> Source | Bucketed:
        """Where the batches of training come from."""
        return self._source("train", self.static.training.batch)

    def source(self, split: str) -> Source | Bucketed:
        """Where the batches of evaluation on a split come from."""
        return self._source(split, self.static.execution.eval_batch)

    def _source(self, split: str, batch: int) -> Source | Bucketed:
        if (split, batch) not in self._sources:
            self._sources[split, batch] = self.task.source(split, batch)  # type: ignore[arg-type]
        return self._sources[split, batch]

    def _placed(self, split: str, batch: int) -> Any:
        """The arrays of a source, put on the devices once."""
        if (split, batch) not in self._arrays:
            self._arrays[split, batch] = self.layout.place_shared(self._source(split, batch).arrays)
        return self._arrays[split, batch]
