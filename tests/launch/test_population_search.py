"""Population-based training: who takes over from whom, and that a course of runs is one training."""

import json
import math
from dataclasses import replace

import jax
import pytest

from lstm_research.cli.board import schedules
from lstm_research.data.paths import DataPaths
from lstm_research.launch.batches import Batches
from lstm_research.launch.execute import as_recorded, complete
from lstm_research.launch.plan import recorded_runs
from lstm_research.launch.rounds import first_runs, most_updates, search, settle
from lstm_research.launch.space import Axis, Search, Told
from lstm_research.launch.tasks import Tasks
from lstm_research.launch.watch import Watch
from lstm_research.results.store import Store
from lstm_research.training import checkpoint
from lstm_research.types import ConfigError, Interrupted

SPACE = {"rate": Axis(low=1e-4, high=1.0, scale="log"), "drop": Axis(low=0.0, high=0.5)}
TEN = Search(kind="population", trials=10, every=5, space=SPACE)


def told(asked, values):
    return [
        Told(one, value, None, value, (f"run{k} of {len(values)}",))
        for k, (one, value) in enumerate(zip(asked, values, strict=True))
    ]


def test_the_worst_take_over_from_the_best():
    """2 of 10 do, and one that diverged; all others go on as they are."""
    first = TEN.ask((), [], 20)
    assert [one.course for one in first] == [(("training.stop", 5),)] * 10
    values = [0.5, 0.1, 0.9, 0.4, None, 0.3, 0.2, 0.8, 0.6, 0.7]
    second = TEN.ask((), told(first, values), 20)
    for place, (one, before) in enumerate(zip(second, first, strict=True)):
        if place not in (4, 2):
            assert (one.setting, one.course) == (before.setting, (("training.stop", 10),))
            continue
        assert one.setting != before.setting
        (name, runs), stop = one.course
        assert (name, stop) == ("training.after", ("training.stop", 10))
        assert runs in (["run1 of 10"], ["run6 of 10"])
    third = TEN.ask((), [*told(first, values), *told(second, values)], 20)
    assert third[4].course != second[4].course
    fourth = TEN.ask(
        (), [*told(first, values), *told(second, values), *told(third, [0.1, *values[1:4], *[0.1] * 6])], 20
    )
    assert fourth[9].course == (), "to the end, from its own beginning"
    assert [name for name, _ in fourth[2].course] == ["training.after"]
    assert TEN.ask((), told(first, values) * 4, 20) == []
    assert TEN.ask((), told(first, [None] * 10), 20) == []


def test_values_are_multiplied_or_drawn_anew_within_their_range():
    many = replace(TEN, trials=200, share=0.5)
    first = many.ask((), [], 20)
    values = [0.0] + [1.0] * 199
    kept, anew, clipped = many.ask((), told(first, values), 20), 0, 0
    parents = {f"run{k} of 200": dict(one.setting) for k, one in enumerate(first)}
    moved = [one for one in kept if one.course[0][0] == "training.after"]
    assert len(moved) == 100
    for one in moved:
        parent = parents[one.course[0][1][0]]
        for name, value in one.setting:
            axis = SPACE[name]
            assert axis.low <= value <= axis.high
            factor = value / parent[name]
            clipped += value == axis.high
            anew += value != axis.high and not any(math.isclose(factor, by, rel_tol=1e-3) for by in (0.8, 1.2))
    assert 25 < anew < 75, "a quarter of 200"
    assert clipped
    assert many.ask((), told(first, values), 20) == kept
    assert replace(many, seed=1).ask((), told(first, values), 20) != kept
    never = replace(many, resample=0.0).ask((), told(first, values), 20)
    assert sum(one.course[0][0] == "training.after" for one in never) == 100


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"every": None}, "kind=population needs every"),
        ({"trials": 1}, "needs 2 trials"),
        ({"share": 0.6}, "0 < share <= 0.5"),
        ({"space": {"kind": Axis(values=["a", "b"])}}, "multiplies numbers of a range, and kind has values"),
        ({"kind": "random"}, "every=5 is for kind=population"),
    ],
)
def test_searches_that_make_no_sense_are_refused(wrong, said):
    with pytest.raises(ValueError, match=said):
        replace(TEN, **wrong).check()


SMALL = """\
task: {kind: adding, length: 5, n_valid: 16, n_test: 16}
model: {cell: {kind: rnn, hidden: 4}, dropout: 0.1}
optimizer: {kind: adam, learning_rate: 0.01}
training: {steps: 14, batch: 2, eval_every: 2}
execution: {layout: sharded_map}
seeds: 0:2
"""
POPULATION = """\
search:
  kind: population
  trials: 4
  every: 4
  share: 0.5
  space: {optimizer.learning_rate: {low: 0.0001, high: 1.0e+36, scale: log}, model.dropout: {low: 0, high: 0.5}}
"""


def batches_of(sweep):
    return Batches(sweep, lambda own, compared: (own.model.cell.hidden, 1.0))


@pytest.fixture
def tasks_in(tmp_path):
    return lambda name: Tasks(DataPaths(data_dir=None, cache_dir=tmp_path / "cache"), Store(tmp_path / name))


def rows_of(store, run, population):
    return [{**row, "run": ""} for row in store.metrics(population) if row["run"] == run]


def test_a_course_of_runs_is_one_training(sweep, tasks_in):
    """Who takes over has the metrics of the one it comes from, and goes on from there; four rounds, the last short."""
    made, tasks, said = sweep(POPULATION), tasks_in("whole"), []
    batches = batches_of(made)
    assert most_updates(batches.budget()[0], None) == 4 * 2 * 14
    assert (batches.sizes, len(first_runs(batches.ask(), None, tasks))) == ([4] * 4, 8)
    outcomes = search(batches, None, tasks, Watch(say=said.append))
    assert len(outcomes) == 4
    assert {record.steps for one in outcomes for record in one.records if record.status == "finished"} == {14}
    store = tasks.store
    every = {record.run: record for record in store.records()}
    assert len([line for line in said if line.startswith("training")]) == 4, (
        "a program for each round, not for each run"
    )
    assert sum(record.status == "diverged" for record in every.values()), "rates of up to 1e36"
    children = [record for record in every.values() if record.config["training"]["after"]]
    assert children
    for child in children:
        (parent,) = child.config["training"]["after"]
        parent = every[parent]
        before = rows_of(store, parent.run, parent.population)
        assert parent.seed == child.seed
        assert rows_of(store, child.run, child.population)[: len(before)] == before
        assert child.valid[child.select] <= parent.valid[parent.select], "the best on the way counts"
    head, shown = schedules(outcomes, made.spec, store)
    assert head[1:] == ["until", "optimizer.learning_rate", "model.dropout"]
    assert shown[-1][1] == "14"


def test_the_same_values_after_another_run_are_the_run_itself(sweep, tasks_in):
    """To the last bit: what is taken over is all there is."""
    tasks = tasks_in("whole")
    (trial,) = sweep("").trials()
    short = replace(trial.config, training=replace(trial.config.training, stop=4))
    begun = [run.id for run in tasks.runs(short)]
    whole = complete(tasks.runs(trial.config), tasks, Watch())
    complete(tasks.runs(short), tasks, Watch())
    after = replace(trial.config, training=replace(trial.config.training, after=tuple(begun)))
    ended = complete(tasks.runs(after), tasks, Watch())
    assert not whole.keys() & ended.keys()
    states = []
    for records in (whole, ended):
        (name,) = {record.population for record in records.values()}
        abstract = as_recorded(name, recorded_runs(tasks.store, name), tasks.store, tasks).abstract
        found = checkpoint.load(tasks.store.folder(name) / "checkpoints", abstract, lambda line: None)
        states.append([x.tobytes() for x in jax.tree.leaves(found.state)])
    assert states[0] == states[1]
    for one, other in zip(whole.values(), ended.values(), strict=True):
        assert (one.valid, one.best_step) == (other.valid, other.best_step)


@pytest.mark.slow
def test_a_sweep_that_was_cut_ends_as_the_undisturbed_one(sweep, tasks_in):
    made, said = sweep(POPULATION), []
    whole = search(batches_of(made), None, tasks_in("whole"), Watch())
    tasks = tasks_in("cut")
    with pytest.raises(Interrupted):
        search(batches_of(made), None, tasks, Watch(said.append, stop=lambda: "round 3 of 4" in said[-1]))
    part, _ = settle(batches_of(made), None, tasks)
    assert [record.steps for one in part for record in one.records if record.status == "finished"] == [8] * 8
    ended = search(batches_of(made), None, tasks, Watch(say=said.append))

    def seen(outcomes):
        rows = [json.loads(record.to_json()) for one in outcomes for record in one.records]
        return [{key: value for key, value in row.items() if key != "seconds"} for row in rows]

    assert seen(ended) == seen(whole)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (POPULATION.replace("every: 4", "every: 3"), "every=3 is no multiple of training.eval_every=2"),
        (POPULATION.replace("every: 4", "every: 14"), "below training.steps=14"),
        (POPULATION + "overrides: [training.patience=2]\n", "training.patience=2: search.kind=population decides"),
        (
            POPULATION.replace("model.dropout", "training.batch"),
            "space.training.batch: .* these can be: .*learning_r",
        ),
        (POPULATION + "early: {kind: halving, first: 4}\n", "leave early out"),
    ],
)
def test_what_it_cannot_take_through_rounds_is_refused(sweep, text, said):
    with pytest.raises(ConfigError, match=said):
        sweep(text).trials()


def test_a_run_that_does_not_fit_is_refused(sweep, tasks_in):
    tasks = tasks_in("some")
    (trial,) = sweep("").trials()

    def asked(config, **training):
        complete(tasks.runs(replace(config, training=replace(config.training, **training))), tasks, Watch())

    with pytest.raises(ConfigError, match="names 1 runs for 2 seeds; name one for each"):
        asked(trial.config, after=("abc",))
    with pytest.raises(ConfigError, match=r"training\.after=abc: no run of this id"):
        asked(trial.config, after=("abc", "def"))
    asked(trial.config, stop=4)
    begun = [record.run for record in tasks.store.records()]
    with pytest.raises(ConfigError, match="seed 1 and of another program than a run of seed 0"):
        asked(trial.config, after=tuple(reversed(begun)))
    wider = replace(trial.config, model=replace(trial.config.model, dropout=None))
    with pytest.raises(ConfigError, match="only Scalars may differ"):
        asked(wider, after=tuple(begun))
    with pytest.raises(ConfigError, match="need beginnings of one length, shorter than that"):
        asked(trial.config, after=tuple(begun), stop=2)
