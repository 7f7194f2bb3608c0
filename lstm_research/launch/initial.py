"""`model.init_from`: the best parameters of a finished run, as the first ones of others."""

import warnings
from typing import Any

import jax
import numpy as np

from lstm_research.config.fields import kind_name
from lstm_research.config.schema import RunConfig
from lstm_research.launch.plan import described, recorded_runs, widened
from lstm_research.launch.tasks import Tasks
from lstm_research.results.store import Store
from lstm_research.training.widened import narrowed
from lstm_research.types import ConfigError


def parameters_of(config: RunConfig, tasks: Tasks, wanted: Any) -> Any:
    """Best parameters of the run that a config starts from, as NumPy arrays.

    Args:
      config: with the whole run id in `model.init_from`.
      wanted: shapes of the parameters that they are for.

    Raises:
      ConfigError: the run is gone, or its parameters have another structure, shape or type.
      DataError: its checkpoints are missing or damaged.
    """
    from lstm_research.launch.evaluate import best_parameters
    from lstm_research.launch.execute import precision

    store, run = tasks.store, str(config.model.init_from)
    record = store.record(run)
    name = record.population
    members = recorded_runs(store, name, trust_code=_kinds(store, name) <= set(kinds(config)))
    place = [member.id for member in members].index(run)
    with precision(members):
        stacked = best_parameters(
            name, members, {place: record.best_step}, store, tasks, lambda line: warnings.warn(line, stacklevel=2)
        )
    found = jax.tree.map(lambda x: np.asarray(x)[place], stacked)
    own, wide = (one.model.cell.hidden for one in (members[place].config, widened(members[place].config)))
    if own != wide:
        found = narrowed(found, wanted, wide, own)
    _check(run, found, wanted)
    return found


def kinds(config: RunConfig) -> tuple[str, str, str]:
    """The names of a config's task, cell and optimizer."""
    return kind_name(config.task), kind_name(config.model.cell), kind_name(config.optimizer)


def _kinds(store: Store, population: str) -> set[str]:
    """Dotted kinds that a recorded population names: code, trusted only where the config at hand names it too."""
    found = set()
    for row in described(store, population)["runs"]:
        sections = row["config"]
        found |= {section["kind"] for section in (sections["task"], sections["model"]["cell"], sections["optimizer"])}
    return {kind for kind in found if "." in kind}


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
