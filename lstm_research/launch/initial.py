"""`model.init_from`: the best parameters of a finished run, as the first ones of others."""

from typing import Any

import jax
import numpy as np

from lstm_research.launch.plan import described, recorded_runs
from lstm_research.launch.tasks import Tasks
from lstm_research.training import checkpoint
from lstm_research.types import ConfigError, DataError


def parameters_of(run: str, tasks: Tasks, wanted: Any) -> Any:
    """Best parameters of one run, as NumPy arrays.

    Args:
      run: whole run id.
      wanted: shapes of the parameters that they are for.

    Raises:
      ConfigError: the run is gone, or its parameters have another structure, shape or type.
      DataError: its checkpoints are missing or damaged.
    """
    from lstm_research.launch.execute import assemble, precision
    from lstm_research.training.layout import Layout

    store = tasks.store
    name = store.record(run).population
    members = recorded_runs(store, name, trust_code=True)
    layout = Layout(**described(store, name)["layout"])
    folder = store.folder(name) / "checkpoints"
    with precision(members):
        restored = checkpoint.load(folder, assemble(members, tasks, layout).abstract, lambda line: None)
    if restored is None:
        raise DataError(f"{folder}: no checkpoint, so run {run} cannot be started from")
    place = [member.id for member in members].index(run)
    found = jax.tree.map(lambda x: np.asarray(x)[place], restored.state.best)
    _check(run, found, wanted)
    return found


def _check(run: str, found: Any, wanted: Any) -> None:
    have = {jax.tree_util.keystr(path): x for path, x in jax.tree_util.tree_leaves_with_path(found)}
    need = {jax.tree_util.keystr(path): x for path, x in jax.tree_util.tree_leaves_with_path(wanted)}
    for name in [*need, *have]:
        if name not in have or name not in need:
            side = "run" if name not in need else "this model"
            raise ConfigError(f"model.init_from={run}: only {side} has the parameter {name}; give both the same model")
        if have[name].shape != need[name].shape or have[name].dtype != need[name].dtype:
            raise ConfigError(
                f"model.init_from={run}: parameter {name} is {have[name].dtype}{list(have[name].shape)} there and "
                f"{need[name].dtype}{list(need[name].shape)} here; give both the same model"
            )
