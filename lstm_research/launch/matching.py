"""Sizes made comparable: the hidden size that brings a model nearest to another one."""

import math
from dataclasses import replace
from typing import Any

import jax
from flax import nnx

from lstm_research.config.fields import kind_name
from lstm_research.config.schema import RunConfig
from lstm_research.config.traced import bind, scalar_paths, split
from lstm_research.launch.execute import count_parameters
from lstm_research.launch.tasks import Tasks
from lstm_research.training.program import build_model
from lstm_research.types import ConfigError


class Matching:
    """Called as `launch.sweep.Width`.

    Args:
      by: "parameters", or "multiply_adds" of one step.
      differ: largest share by which sizes may still differ.
    """

    def __init__(self, tasks: Tasks, by: str, differ: float):
        self.tasks, self.by, self.differ = tasks, by, differ
        self._sizes: dict[Any, int] = {}

    def __call__(self, own: RunConfig, compared: RunConfig) -> tuple[int, float]:
        """Raises ConfigError where no width comes near enough."""
        wanted, cell = self.size(own), compared.model.cell
        hidden = cell.hidden if self.size(compared) == wanted else self.width(compared, wanted)
        ratio = self.size(_of_width(compared, hidden)) / wanted
        if abs(ratio - 1) > self.differ:
            raise ConfigError(
                f"compare: model.cell.kind={kind_name(cell)} with model.cell.hidden={hidden}, the nearest width, has "
                f"{ratio:.3g} times the {self.by.replace('_', '-')} of the config's own model, {wanted:,}; larger "
                f"models come nearer; or allow it with differ: {math.ceil(abs(ratio - 1) * 100) / 100:g}"
            )
        return hidden, ratio

    def width(self, config: RunConfig, wanted: int) -> int:
        """The hidden size, of those the cell allows, whose size, which grows with it, is nearest to `wanted`."""
        multiple = config.model.cell.multiple

        def size(times: int) -> int:
            return self.size(_of_width(config, times * multiple))

        low, high = 1, 2
        while size(high) < wanted:
            low, high = high, 2 * high
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if size(middle) < wanted else (low, middle)
        return multiple * min((low, high), key=lambda times: abs(size(times) - wanted))

    def size(self, config: RunConfig) -> int:
        """Parameters, or multiply-adds of one step."""
        static = split(config)[0]
        key = static.model, static.task, static.data
        if key not in self._sizes:
            count = count_parameters if self.by == "parameters" else multiply_adds
            self._sizes[key] = count(static, self.tasks[config])
        return self._sizes[key]


def multiply_adds(static: Any, task: Any) -> int:
    """Of the products of one step with matrices: their entries, those of an embedding, which is looked up, aside."""
    config = bind(static, dict.fromkeys(scalar_paths(static), 0.0))
    shapes = jax.eval_shape(lambda: nnx.state(build_model(config.model, task.spec, None), nnx.Param))
    total = 0
    for path, x in jax.tree_util.tree_leaves_with_path(shapes):
        looked_up = "table" in jax.tree_util.keystr(path) and not config.model.tied
        total += math.prod(x.shape) if len(x.shape) > 1 and not looked_up else 0
    return total


def _of_width(config: RunConfig, hidden: int) -> RunConfig:
    return replace(config, model=replace(config.model, cell=replace(config.model.cell, hidden=hidden)))
