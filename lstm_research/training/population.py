"""`Population`: members that share one compiled program, trained and evaluated together."""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from lstm_research.config.schema import RunConfig
from lstm_research.tasks.base import Task, WholeSplit
from lstm_research.tasks.source import Source
from lstm_research.tasks.source.bucketed import Bucketed
from lstm_research.training.layout import Layout
from lstm_research.training.program import make_program
from lstm_research.training.state import Member, TrainState
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
    ):
        self.static, self.task, self.layout, self.initial = static, task, layout, initial
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
        return self.initial(jax.tree.map(lambda x: jax.ShapeDtypeStruct(x.shape[1:], x.dtype), self.abstract.params))

    def init(self) -> TrainState:
        """States before the first update, stacked."""
        program = make_program(self.static, self.task, self.training, self.training, self.given)
        # One member after another in every layout: `vmap` would make one batch of the QR decompositions of orthogonal
        # initial values, and such a batch can wait for ever on CPU (cells/_initializers.py).
        init = self.layout.unbatched.over_members(program.init)
        state: TrainState = jax.jit(init, out_shardings=self.layout.where)(self.members)
        real = np.arange(len(state.active)) < self.size
        return state._replace(active=self.layout.place_members(np.asarray(real)))

    def train(self, state: TrainState, steps: int) -> TrainState:
        """`steps` updates in one call; `state` is donated. Members that are not active cost nothing under `map`."""
        arrays = self._placed("train", self.static.training.batch)
        result: TrainState = self._train(self.members, state, arrays, jnp.asarray(steps, jnp.int32))
        return result

    @cached_property
    def _train(self) -> Any:
        program = make_program(self.static, self.task, self.training, self.training)

        def several(member: Member, state: TrainState, arrays: Any, steps: Array) -> TrainState:
            zero = jnp.zeros((), jnp.float32)

            def run(state: TrainState) -> TrainState:
                # A loop with a traced bound: the last, shorter stretch is no second compilation.
                return jax.lax.fori_loop(0, steps, lambda _, s: program.step(member, s, arrays), state)

            fresh = state._replace(loss=Sum(zero, zero))
            return jax.lax.cond(state.active, run, lambda s: s, fresh)

        return jax.jit(self.layout.over_members(several, shared=2), donate_argnums=1, out_shardings=self.layout.where)

    def evaluate(self, params: Any, split: str) -> list[dict[str, Sum]]:
        """Metrics of every member's parameters on a split: sums over all its batches, added in float64 on the host."""
        return [sums for sums, _ in self.examine(params, split)]

    def examine(self, params: Any, split: str) -> list[tuple[dict[str, Sum], dict[str, Any]]]:
        """For every member its metrics, as `evaluate` gives them, and what the task keeps of each example."""
        batch = self.static.execution.eval_batch
        if split not in self._evaluators:
            program = make_program(self.static, self.task, None, self._source(split, batch))
            self._evaluators[split] = jax.jit(self.layout.over_members(program.evaluate, shared=1))
        stacked, kept = jax.device_get(self._evaluators[split](self.members, params, self._placed(split, batch)))
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

    def _source(self, split: str, batch: int) -> Source | Bucketed:
        if (split, batch) not in self._sources:
            self._sources[split, batch] = self.task.source(split, batch)  # type: ignore[arg-type]
        return self._sources[split, batch]

    def _placed(self, split: str, batch: int) -> Any:
        """The arrays of a source, put on the devices once."""
        if (split, batch) not in self._arrays:
            self._arrays[split, batch] = self.layout.place_shared(self._source(split, batch).arrays)
        return self._arrays[split, batch]
