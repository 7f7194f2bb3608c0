"""Searches that learn from what was trained, TPE and CMA-ES, by Optuna: asked for a batch of settings at a time.

A study is made anew for each batch, of the batches before it, and its sampler is seeded by (seed, number of the batch).
So nothing is stored beside the runs, a sweep that was cut asks for the same settings again, and a longer one begins
with those of the shorter.

What is told:

- settings as they were trained, rounded;
- TPE: trials to the end come before those that were stopped, those before the earlier stopped, as among Optuna's
  pruned trials. A setting with a run that diverged is the worst of all. (Told as failed it would be unknown: TPE leaves
  failed trials out, and asks for the like again and again.)
- CMA-ES, which takes each batch as a generation and looks at ranks alone: the best value so far, and infinity for what
  diverged. (A generation with trials that are left out would not be learnt from.)

References: Bergstra, Bardenet, Bengio & Kégl, Algorithms for Hyper-Parameter Optimization, NeurIPS 2011; Hansen &
Ostermeier, Completely Derandomized Self-Adaptation in Evolution Strategies, Evolutionary Computation 9, 2001; Akiba,
Sano, Yanase, Ohta & Koyama, Optuna, KDD 2019.
"""

import contextlib
import json
import math
import warnings
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from lstm_research.launch.space import Asked, Axis, Search, Setting, Told
from lstm_research.types import ConfigError

if TYPE_CHECKING:
    from optuna import Study
    from optuna.distributions import BaseDistribution
    from optuna.samplers import BaseSampler
    from optuna.trial import FrozenTrial


@contextlib.contextmanager
def quiet() -> Iterator[Any]:
    """Optuna, which in the body neither narrates nor warns. Raises ConfigError where it is missing."""
    try:
        import cmaes  # noqa: F401  # here, not in the middle of a sweep
        import optuna
    except ImportError as error:
        raise ConfigError(
            f"this needs Optuna: pip install 'lstm_research[optuna]', or search with kind: sobol ({error})"
        ) from None
    before = optuna.logging.get_verbosity()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        try:
            yield optuna
        finally:
            optuna.logging.set_verbosity(before)


def ask(search: Search, around: Setting, told: Sequence[Told]) -> list[Asked]:
    """See `Search.ask`. Trials of a batch keep apart: TPE takes those asked for before as poor (constant liar)."""
    import numpy as np

    number = len(told) // search.batch
    seed = int(np.random.SeedSequence((search.seed, number)).generate_state(1)[0])
    space = {name: distribution(axis) for name, axis in search.space.items()}
    with quiet() as optuna:
        study = optuna.create_study(sampler=_sampler(search, space, seed))
        study.add_trials([_as_trial(one, space, search.kind) for one in told])
        for _ in range(min(search.batch, search.trials - len(told))):
            study.ask(space)
        asked = study.trials[len(told) :]
    return [Asked(_setting(search, around, one.params), one.system_attrs) for one in asked]


def distribution(axis: Axis) -> "BaseDistribution":
    """An axis as Optuna has it."""
    from optuna import distributions

    if axis.values is not None:
        return distributions.CategoricalDistribution([choice(value) for value in axis.values])
    assert axis.low is not None
    assert axis.high is not None
    log = axis.scale == "log"
    if axis.integer:
        return distributions.IntDistribution(int(axis.low), int(axis.high), log=log)
    return distributions.FloatDistribution(axis.low, axis.high, log=log)


def choice(value: Any) -> Any:
    """A value of a list as Optuna has it: lists and mappings as they are written."""
    return json.dumps(value) if isinstance(value, list | dict) else value


def _setting(search: Search, around: Setting, params: dict[str, Any]) -> tuple[tuple[str, Any], ...]:
    """Every axis is asked for, and those that do not count are left out."""
    there = dict(around)
    setting = []
    for name, axis in search.space.items():
        if axis.drawn_with(there):
            found = params[name]
            if axis.values is not None:
                found = axis.values[[choice(value) for value in axis.values].index(found)]
            there[name] = axis.rounded(found) if isinstance(found, float) and axis.values is None else found
            setting.append((name, there[name]))
    return tuple(setting)


def _as_trial(told: Told, space: "dict[str, BaseDistribution]", kind: str) -> "FrozenTrial":
    from optuna.trial import TrialState, create_trial

    value, stopped = told.value, told.stopped
    if kind == "cmaes":
        value, stopped = math.inf if value is None else value, None
    return create_trial(
        state=TrialState.COMPLETE if value is not None and stopped is None else TrialState.PRUNED,
        value=value,
        intermediate_values={stopped: value} if value is not None and stopped is not None else {},
        params={name: choice(one) for name, one in told.asked.setting},
        distributions={name: space[name] for name, _ in told.asked.setting},
        system_attrs=dict(told.asked.memory),
    )


def _sampler(search: Search, space: "dict[str, BaseDistribution]", seed: int) -> "BaseSampler":
    from optuna.samplers import CmaEsSampler, TPESampler

    if search.kind == "tpe":
        return TPESampler(seed=seed)

    class Evolution(CmaEsSampler):
        """With the first batch as its first generation: by itself it infers the space from finished trials."""

        def infer_relative_search_space(self, study: "Study", trial: "FrozenTrial") -> "dict[str, BaseDistribution]":
            return space

    return Evolution(seed=seed, n_startup_trials=0, popsize=search.batch)
