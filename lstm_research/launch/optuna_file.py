"""The outcomes of a sweep as a SQLite file of Optuna studies, for its dashboard: written from our runs, never read.

A study for each thing compared and, where there is a search, each point of the grid; without a search the fields of the
grid are its parameters. A trial is COMPLETE, PRUNED where it was stopped early (then with its best value so far, at the
update at which it stopped), RUNNING where it may go on, or FAIL where a run diverged.
"""

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from lstm_research.launch.adaptive import distribution, quiet
from lstm_research.launch.rounds import Outcome
from lstm_research.launch.space import Axis
from lstm_research.launch.sweep_file import SweepConfig
from lstm_research.types import ConfigError, LabError

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution
    from optuna.trial import FrozenTrial


def write(name: str, spec: SweepConfig, outcomes: Sequence[Outcome], path: Path) -> int:
    """Write a new file; returns the number of studies. Raises ConfigError where it is there already."""
    if path.exists():
        raise ConfigError(f"--out {path}: is there already; name another file, or remove it")
    space = spec.search.space if spec.search else {key: Axis(values=values) for key, values in spec.grid.items()}
    studies: dict[str, list[Outcome]] = {}
    for one in outcomes:
        grid = [f"{key}={value}" for key, value in one.trial.point if key not in space]
        studies.setdefault(" ".join(filter(None, [name, one.trial.compared, *grid])), []).append(one)
    first = outcomes[0].records[0]
    with quiet() as optuna:
        axes = {key: distribution(axis) for key, axis in space.items()}
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(prefix=".optuna-", dir=path.parent) as folder:
                storage = optuna.storages.RDBStorage(f"sqlite:///{folder}/studies.db")
                for title, some in studies.items():
                    direction = "maximize" if first.higher_is_better else "minimize"
                    study = optuna.create_study(storage=storage, study_name=title, direction=direction)
                    study.set_metric_names([f"valid {first.select}"])
                    study.add_trials([_trial(one, axes) for one in some])
                storage.remove_session()
                storage.engine.dispose()
                os.replace(f"{folder}/studies.db", path)
        except OSError as error:
            raise LabError(f"--out {path}: cannot be written ({error.strerror or error})") from error
    return len(studies)


def _trial(one: Outcome, axes: "dict[str, BaseDistribution]") -> "FrozenTrial":
    from optuna.trial import TrialState, create_trial

    params = {key: value for key, value in one.trial.point if key in axes}
    reached = {} if one.value is None or one.stopped is None else {one.stopped: one.value}
    state = TrialState.FAIL if one.value is None else TrialState.PRUNED if reached else TrialState.COMPLETE
    if one.undecided:
        state = TrialState.RUNNING
    return create_trial(
        state=state,
        value=None if one.undecided else one.value,
        intermediate_values=reached,
        params=params,
        distributions={key: axes[key] for key in params},
        user_attrs={
            "runs": [record.run for record in one.records],
            "seeds": [record.seed for record in one.records],
            "diverged": sum(record.status != "finished" for record in one.records),
            "updates": one.updates,
            "parameters": one.records[0].parameters,
            "setting": " ".join(one.trial.overrides),
        },
    )
