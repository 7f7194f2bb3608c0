"""A finished run that goes on with a text."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from lstm_research.cells._whole import ENGINES
from lstm_research.config.fields import kind_name
from lstm_research.launch.evaluate import asked, best_parameters
from lstm_research.launch.execute import precision
from lstm_research.launch.plan import widened
from lstm_research.launch.tasks import Tasks
from lstm_research.launch.watch import Watch
from lstm_research.results.record import Record
from lstm_research.results.store import Store
from lstm_research.training.program import build_model
from lstm_research.types import ConfigError


def sample(
    record: Record,
    store: Store,
    tasks: Tasks,
    watch: Watch,
    *,
    prompt: str,
    tokens: int,
    temperature: float,
    seed: int,
    trust_code: bool = False,
) -> str:
    """What a run writes after `prompt`: so many tokens, the same for the same seed.

    Args:
      temperature: at 0 the most probable token each time; 1 draws as the run believes, less is bolder in its belief.

    Raises ConfigError where the run's task writes nothing.
    """
    about = asked(
        record, store, "writer", "writes nothing; `sample` is for runs of a task such as language_model",
        trust_code=trust_code,
    )  # fmt: skip
    config = about.run.config
    if config.model.cell.engines == ENGINES:
        raise ConfigError(
            f"run {record.run}: model.cell.kind={kind_name(config.model.cell)} cannot go on step by step; `sample` is "
            "for recurrent cells"
        )
    task: Any = config.task.writer(about.fitted)
    shown = task.read(prompt)
    with precision(about.runs):
        # The task without data stands in for the one that was trained: the data of then need not be here.
        there, best = tasks.instead(config, task), {about.place: record.best_step}
        stacked = best_parameters(record.population, about.runs, best, store, there, watch.say)
        params = jax.tree.map(lambda x: jnp.asarray(np.asarray(x)[about.place]), stacked)
        banned = jnp.zeros(task.spec.outputs, bool).at[0].set(True)  # the unknown token is no text

        @jax.jit
        def decode(params: Any, shown: Any, key: Any, temperature: Any) -> Any:
            model: Any = build_model(widened(config).model, task.spec, None)
            nnx.update(model, params)
            return model.decode(shown, key, tokens, temperature, banned)

        key = jax.random.key(seed, impl="threefry2x32")
        written = decode(params, jnp.asarray(shown), key, jnp.float32(temperature))
    return task.written(np.asarray(written))
