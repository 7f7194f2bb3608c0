"""Searches that adapt: where they look, what they are told, and that they ask for the same again."""

import math
import sys
from dataclasses import replace
from pathlib import Path

import optuna
import pytest

from lstm_research.data.paths import DataPaths
from lstm_research.launch.batches import Batches
from lstm_research.launch.optuna_file import write
from lstm_research.launch.rounds import Outcome, search, settle
from lstm_research.launch.space import Axis, Search, Told
from lstm_research.launch.tasks import Tasks
from lstm_research.launch.watch import Watch
from lstm_research.results.record import Record
from lstm_research.results.store import Store
from lstm_research.types import ConfigError, Interrupted

BOWL = {"rate": Axis(low=1.2345e-4, high=1.0, scale="log"), "drop": Axis(low=0.0, high=1.0)}
BOTH = pytest.mark.parametrize("kind", ["tpe", "cmaes"])


def bowl(setting):
    """Best at a rate of 0.003 and a drop of 0.3."""
    return (math.log10(setting["rate"]) + 2.5) ** 2 + 4 * (setting["drop"] - 0.3) ** 2


def searched(search, objective=bowl, around=()):
    """All trials, one batch after the other."""
    told = []
    while asked := search.ask(around, told):
        told += [Told(one, objective(dict(one.setting)), None) for one in asked]
    return told


def settings(told):
    return [one.asked.setting for one in told]


@BOTH
def test_it_looks_where_it_was_told_that_it_is_good(kind):
    """Fails where nothing is told, or the worse as the better."""
    for seed in range(3):
        last = searched(Search(kind=kind, trials=80, space=BOWL, seed=seed))[-32:]
        drawn = Search(trials=32, space=BOWL, seed=seed).points()
        near = sum(bowl({"rate": BOWL["rate"].at(u), "drop": v}) < 0.3 for u, v in drawn)
        assert sum(one.value < 0.3 for one in last) > max(16, 2 * near)


@BOTH
def test_more_trials_begin_with_the_fewer_and_the_same_is_asked_for_again(kind):
    short = Search(kind=kind, trials=21, batch=8, space=BOWL)
    told = searched(replace(short, trials=32))
    assert settings(told)[:21] == settings(searched(short))
    assert settings(told) != settings(searched(replace(short, trials=32, seed=1)))
    other = [replace(one, value=-one.value) for one in told[:16]]
    assert [one.setting for one in replace(short, trials=32).ask((), other)] != settings(told)[16:24]


@BOTH
def test_it_keeps_away_from_what_diverges(kind):
    """Told as failed to Optuna, TPE asks for more of it from batch to batch."""
    diverged = [0] * 4
    for seed in range(4):
        told = searched(
            Search(kind=kind, trials=64, space=BOWL, seed=seed),
            lambda one: None if one["rate"] > 0.01 else (math.log10(one["rate"]) + 2.1) ** 2 + one["drop"],
        )
        diverged = [n + sum(one.value is None for one in told[16 * k : 16 * k + 16]) for k, n in enumerate(diverged)]
    assert sum(diverged[2:]) < 0.75 * 65, "half of the space diverges, and so would 65 of 128 draws"


def test_every_axis_is_told_as_it_was_trained():
    space = {
        "kind": Axis(values=["sgd", "adam"]),
        "momentum": Axis(low=0.5, high=0.99, when={"kind": "sgd"}),
        "gate": Axis(low=0.0, high=1.0, when={"cell": "lstm"}),
        "layers": Axis(values=[[8], {"a": 1}, None, 3]),
        "size": Axis(low=1.0, high=64.0, integer=True, scale="log"),
        "narrow": Axis(low=0.10004, high=0.10016),
        **BOWL,
    }
    told = []
    asking = Search(kind="tpe", trials=48, space=space)
    while asked := asking.ask([("cell", "gru")], told):
        told += [Told(one, bowl(dict(one.setting)), None if k % 2 else 100) for k, one in enumerate(asked)]
    drawn = [dict(one) for one in settings(told)]
    assert len(drawn) == 48
    assert all(("momentum" in one) == (one["kind"] == "sgd") for one in drawn)
    assert {one["kind"] for one in drawn} == {"sgd", "adam"}
    assert not any("gate" in one for one in drawn)
    assert all(any(one["layers"] is value for value in space["layers"].values) for one in drawn)
    assert all(isinstance(one["size"], int) and 1 <= one["size"] <= 64 for one in drawn)
    assert all(one[name] == space[name].rounded(one[name]) for one in drawn for name in (*BOWL, "narrow"))
    assert all(0.10004 <= one["narrow"] <= 0.10016 for one in drawn)
    assert len({one["narrow"] for one in drawn}) > 10, "as many digits as the range needs"


def test_a_missing_library_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "cmaes", None)
    with pytest.raises(ConfigError, match=r"needs Optuna: pip install 'lstm_research\[optuna\]'"):
        Search(kind="tpe", trials=2, space=BOWL).ask((), [])


SMALL = """\
task: {kind: adding, length: 5, n_valid: 16, n_test: 16}
model: {cell: {kind: rnn, hidden: 4}}
optimizer: {kind: adam, learning_rate: 0.01}
training: {steps: 4, batch: 2, eval_every: 2}
seeds: 0:2
"""
TPE = (
    "search: {kind: tpe, trials: 24, batch: 12, space: {optimizer.learning_rate: {low: 0.001, high: 1, scale: log}}}\n"
)


NO_STORE = Store(Path("nowhere"))
"""These searches ask for none."""


def batches_of(sweep):
    return Batches(sweep, lambda own, compared: (own.model.cell.hidden, 1.0))


def outcome(trial, value, stopped=None, higher=False):
    """Of two seeds, made up; None for one that diverged."""
    rest = {"population": "p", "task": "t", "cell": "c", "config": {}, "steps": stopped or 4, "best_step": 2}
    rest |= {"select": "mse", "higher_is_better": higher, "parameters": 7, "first_bad_step": None, "data_digest": ""}
    ids = [f"{trial.overrides}/{seed}" for seed in (0, 1)]
    ends = ["finished", "finished" if value is not None else "diverged"]
    valid = {"mse": 0.0 if value is None else value}
    records = [
        Record(run=run, seed=seed, status=end, valid=valid, seconds=1.0, **rest)
        for seed, (run, end) in enumerate(zip(ids, ends, strict=True))
    ]
    return Outcome(trial, records, stopped)


def test_each_study_learns_of_its_own_trials(sweep):
    """Two things compared, which differ in where they are best; the higher the better."""
    spec = sweep("compare: {model.cell.init_scale: [0.5, 1.0]}\nmatch: as_published\n" + TPE)
    made, batches = batches_of(spec), []
    while (trials := made.ask()) is not None:
        assert made.ask() is trials
        batches.append(trials)
        best = {"model.cell.init_scale=0.5": 0.003, "model.cell.init_scale=1.0": 0.3}
        rates = [one.config.optimizer.learning_rate for one in trials]
        values = [-abs(math.log(rate / best[one.compared])) for one, rate in zip(trials, rates, strict=True)]
        made.tell([outcome(one, value, higher=True) for one, value in zip(trials, values, strict=True)], NO_STORE)
    assert [len(trials) for trials in batches] == [24, 24]
    studies = [[one.config.optimizer.learning_rate for one in batches[0][k : k + 12]] for k in range(0, 24, 12)]
    assert studies == [studies[0]] * 2, "the first settings are the same for all"
    low, high = (sorted(one.config.optimizer.learning_rate for one in batches[1][k : k + 12]) for k in (0, 12))
    assert low[6] < high[6] / 3, "those after them are not"
    assert sum(map(len, batches_of(spec).budget())) == 48


def test_a_setting_that_is_asked_for_again_is_trained_once(sweep):
    made = batches_of(sweep("search: {kind: tpe, trials: 12, batch: 4, space: {model.dropout: [0.1, 0.2, 0.3]}}"))
    seen = []
    while (trials := made.ask()) is not None:
        seen += trials
        made.tell([outcome(one, one.config.model.dropout) for one in trials], NO_STORE)
    assert len(seen) == len(set(seen)) == len(made.outcomes) <= 3
    assert len(made.asked) == 3


@pytest.mark.slow
def test_a_sweep_that_was_cut_asks_for_the_same_and_trains_nothing_twice(sweep, tmp_path):
    """Cut after its first batch; fails where the second depends on anything but what came of the first."""

    def tasks_in(name):
        return Tasks(DataPaths(data_dir=None, cache_dir=tmp_path / "cache"), Store(tmp_path / name))

    made, said = sweep(TPE.replace("24", "14")), []
    whole = search(batches_of(made), None, tasks_in("whole"), Watch())
    tasks = tasks_in("cut")
    with pytest.raises(Interrupted):
        search(batches_of(made), None, tasks, Watch(said.append, stop=lambda: "batch 2 of 2" in said[-1]))
    again = batches_of(made)
    assert len(settle(again, None, tasks)[0]) == 12
    assert [len(trials) for trials in again.asked] == [12, 2]
    ended = search(batches_of(made), None, tasks, Watch(say=said.append))
    assert [one.trial for one in ended] == [one.trial for one in whole]
    assert [one.value for one in ended] == [one.value for one in whole]
    assert len([line for line in said if line.startswith("training")]) == 2


def test_an_export_is_read_by_optuna(sweep, tmp_path):
    made = sweep("grid: {optimizer.kind: [adam, sgd]}\n" + TPE.replace("24", "3"))
    made_of = [outcome(one, value, stopped) for one, value, stopped in zip(
        batches_of(made).ask(), [0.3, 0.2, None] * 2, [None, 2, 2] * 2, strict=True)]  # fmt: skip
    path = tmp_path / "new/s.db"
    assert write("s", made.spec, made_of, path) == 2
    study = optuna.load_study(study_name="s optimizer.kind=sgd", storage=f"sqlite:///{path}")
    assert study.direction == optuna.study.StudyDirection.MINIMIZE
    for trial, one in zip(study.trials, made_of[3:], strict=True):
        assert trial.params == {"optimizer.learning_rate": one.trial.config.optimizer.learning_rate}
        assert trial.distributions == {"optimizer.learning_rate": optuna.distributions.FloatDistribution(1e-3, 1, True)}
        assert trial.user_attrs["runs"] == [record.run for record in one.records]
    assert [trial.state.name for trial in study.trials] == ["COMPLETE", "PRUNED", "FAIL"]
    assert [trial.value for trial in study.trials] == [0.3, 0.2, None]
    assert study.trials[1].intermediate_values == {2: 0.2}
    with pytest.raises(ConfigError, match=r"s\.db: is there already; name another file, or remove it"):
        write("s", made.spec, made_of, path)
    grid = sweep("grid: {optimizer.kind: [adam, sgd], model.cell.init_scale: [0.5, 1.0]}")
    assert write("g", grid.spec, [outcome(one, 0.1) for one in grid.trials()], tmp_path / "g.db") == 1
    study = optuna.load_study(study_name="g", storage=f"sqlite:///{tmp_path}/g.db")
    assert study.trials[2].params == {"optimizer.kind": "sgd", "model.cell.init_scale": 0.5}
