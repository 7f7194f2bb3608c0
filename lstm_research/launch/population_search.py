"""Population-based training: hyperparameters that change while a population trains (Jaderberg et al. 2017).

All members are trained for `every` updates; then the worst take over state and hyperparameters of one of the best, and
explore from there; and so on to the end. What comes out is a schedule of hyperparameters, not a setting.

A round is a set of runs that end at `training.stop`; those of the next one go on from them: from a shorter run of their
own, or, `training.after`, from another's. So a search that was cut goes on by asking again, as all of them do, and only
Scalars can be searched for: whatever needs another program has another state.

Reference: Jaderberg, Dalibard, Osindero, Czarnecki, Donahue, Razavi, Vinyals, Green, Dunning, Simonyan, Fernando &
Kavukcuoglu, Population Based Training of Neural Networks, arXiv:1711.09846, 2017.
"""

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import TYPE_CHECKING, Any

import numpy as np

from lstm_research.launch.space import Asked, Search, Setting, Told

if TYPE_CHECKING:
    from lstm_research.results.record import Record
    from lstm_research.results.store import Store

FACTORS = (0.8, 1.2)
"""A hyperparameter that is not drawn anew is multiplied by one of these (section 4.1.1 of the paper)."""


def rounds(search: Search, steps: int) -> int:
    """How often the population is trained for `every` updates, the last time for what is left of `steps`."""
    assert search.every is not None
    return -(-steps // search.every)


def ask(search: Search, around: Setting, told: Sequence[Told], steps: int) -> list[Asked]:
    """The members of the next round, given those of all rounds before; none when they are trained to the end, or when
    all have diverged.
    """
    assert search.every is not None
    number, left = divmod(len(told), search.trials)
    assert not left
    if number == rounds(search, steps):
        return []
    stop = search.every * (number + 1)
    until = (("training.stop", stop),) if stop < steps else ()
    if not told:
        return [Asked(tuple(search.setting(place, around)), course=until) for place in search.points()]
    members = told[-search.trials :]
    alive = [k for k, one in enumerate(members) if one.latest is not None]
    if not alive:
        return []
    ranked = sorted(alive, key=lambda k: (members[k].latest, k))
    few = max(1, int(search.share * search.trials))
    best = ranked[:few]
    worst = {*range(search.trials)} - {*ranked[: search.trials - few]} - {*best}
    asked = []
    for place, one in enumerate(members):
        if place not in worst:
            kept = tuple(item for item in one.asked.course if item[0] == "training.after")
            asked.append(Asked(one.asked.setting, course=(*kept, *until)))
            continue
        # Of this member alone, so that nothing but the ranks decides what it becomes.
        chance = np.random.default_rng([search.seed, number, place])
        taken = members[best[chance.integers(len(best))]]
        course = (("training.after", list(taken.runs)), *until)
        asked.append(Asked(_explored(search, taken.asked.setting, chance), course=course))
    return asked


def _explored(search: Search, setting: Setting, chance: np.random.Generator) -> tuple[tuple[str, float], ...]:
    found = []
    for name, value in setting:
        axis = search.space[name]
        anew, up, place = chance.random() < search.resample, int(chance.integers(2)), chance.random()
        found.append((name, axis.at(place) if anew else axis.rounded(value * FACTORS[up])))
    return tuple(found)


def latest(records: Sequence["Record"], store: "Store") -> dict[str, float]:
    """Run -> the selected metric at its last evaluation; those that diverged are left out."""
    found = {}
    for run, curve in store.curves(record for record in records if record.status == "finished").items():
        if seen := [value for _, value in curve if value is not None]:
            found[run] = seen[-1]
    return found


def mean_latest(records: Sequence["Record"], values: Mapping[str, float]) -> float | None:
    """Over the seeds of a member; None where one diverged."""
    if any(record.run not in values for record in records):
        return None
    return fmean(values[record.run] for record in records)


def schedule(last: "Record", every: Mapping[str, "Record"], names: Sequence[str]) -> list[tuple[int, dict[str, float]]]:
    """How a run came about: (update up to which, hyperparameter -> value), from the start.

    Args:
      every: run -> record, of the store.
      names: of the hyperparameters.
    """
    stages = []
    record: Record | None = last
    while record is not None:
        stages.append((record.steps, {name: _at(record.config, name) for name in names}))
        after = record.config["training"].get("after")
        record = every.get(after[0]) if after else None  # it may have been forgotten
    return stages[::-1]


def _at(config: Mapping[str, Any], name: str) -> float:
    *sections, last = name.split(".")
    for key in sections:
        config = config[key]
    return float(config[last])
