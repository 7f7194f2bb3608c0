"""A baseline's answers, judged by the task's own metrics."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

ROWS = 256


def scored(task: Any, split: str, outputs: np.ndarray) -> dict[str, float]:
    """The metrics of a split for outputs [n ...], in the order of evaluation and in the form of a model's outputs; per
    step, [n t ...].
    """
    source = task.source(split, ROWS)
    width = (ROWS, *outputs.shape[1:])

    @jax.jit
    def judged(arrays: Any, index: Any, part: Any) -> Any:
        batch = source.evaluation_batch(arrays, index)
        return task.metrics(part, batch), task.keep(part, batch)

    totals: dict[str, np.ndarray] = {}
    parts = []
    for index in range(source.evaluation_batches):
        rows = outputs[index * ROWS : (index + 1) * ROWS]
        part = np.zeros(width, np.float32)
        part[: len(rows)] = rows
        if task.spec.per_step:
            part = np.moveaxis(part, 0, 1)
        sums, kept = jax.device_get(judged(source.arrays, jnp.int32(index), part))
        for name, one in sums.items():
            totals[name] = totals.get(name, np.zeros(2)) + np.array([one.total, one.count], np.float64)
        parts.append({name: x[: len(rows)] for name, x in kept.items()})
    whole = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    return {name: float(total / count) for name, (total, count) in totals.items()} | task.whole(whole)
