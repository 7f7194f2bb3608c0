"""A run that goes on from a shorter one is the run from the start: records, parameters and lines of metrics."""

import json
import shutil

import jax
import pytest

from lstm_research.config.load import from_dict
from lstm_research.data.paths import DataPaths
from lstm_research.launch import onward
from lstm_research.launch.execute import assemble, complete
from lstm_research.launch.tasks import Tasks
from lstm_research.launch.watch import Watch
from lstm_research.results.store import Store
from lstm_research.training import checkpoint
from lstm_research.types import ConfigError, DataError

RATES = (0.003, 0.01, 0.03, 1e30)
"""The last one diverges."""


def runs_of(tasks, stop=None, rates=RATES, patience=None):
    found = []
    for rate in rates:
        made = {
            "task": {"kind": "adding", "length": 5, "n_valid": 16, "n_test": 16},
            "model": {"cell": {"kind": "rnn", "hidden": 3}, "dropout": 0.1},
            "optimizer": {"kind": "adam", "learning_rate": rate, "schedule": "cosine"},
            "training": {"steps": 16, "batch": 2, "eval_every": 2, "stop": stop, "patience": patience},
            "execution": {"layout": "sharded_map"},
        }
        found += tasks.runs(from_dict(made))
    return found


@pytest.fixture
def made(tmp_path):
    """(name -> an empty store, its tasks, what was said)"""

    def make(name):
        store = Store(tmp_path / name)
        said = []
        return store, Tasks(DataPaths(data_dir=None, cache_dir=tmp_path / "cache"), store), said

    return make


def finish(store, tasks, said, runs):
    return complete(runs, tasks, Watch(say=said.append))


def told(store, records, run):
    """All that must be equal of a run: the record but for its seconds and population, and its lines of metrics."""
    record = json.loads(records[run].to_json())
    rows = [row for row in store.metrics(record["population"]) if row["run"] == run]
    return {name: record[name] for name in record if name not in ("seconds", "population")}, rows


def params(store, tasks, record, runs):
    there = [run for run in runs if run.id in {r.run for r in store.records() if r.population == record.population}]
    there.sort(key=lambda run: [row["run"] for row in store.population(record.population)["runs"]].index(run.id))
    state = checkpoint.load(
        store.folder(record.population) / "checkpoints", assemble(there, tasks).abstract, lambda line: None
    ).state
    place = [run.id for run in there].index(record.run)
    return [x[place].tobytes() for x in jax.tree.leaves(state)]


@pytest.mark.parametrize("patience", [None, pytest.param(2, marks=pytest.mark.slow)])
def test_survivors_are_the_runs_from_the_start(made, patience):
    """Two rungs, of which the second has fewer members, in another order and on both devices."""
    whole, tasks, said = made("whole")
    full = runs_of(tasks, rates=RATES[:3], patience=patience)
    expected = finish(whole, tasks, said, full)
    store, tasks, said = made("halved")
    finish(store, tasks, said, runs_of(tasks, 4, patience=patience))
    finish(store, tasks, said, runs_of(tasks, 8, RATES[2:0:-1], patience=patience))
    assert sum("goes on from step 4 of shorter runs" in line for line in said) == 1
    last = runs_of(tasks, None, RATES[1:3], patience=patience)
    found = finish(store, tasks, said, last)
    assert sum("goes on from step 8 of shorter runs" in line for line in said) == 1
    assert len(found) == 2
    for run in last:
        assert told(store, found, run.id) == told(whole, expected, run.id)
        assert params(store, tasks, found[run.id], last) == params(whole, tasks, expected[run.id], full)
        assert found[run.id].seconds > 0


def test_it_goes_on_only_from_the_same(made):
    store, tasks, said = made("one")
    finish(store, tasks, said, runs_of(tasks, 4, RATES[:2]))
    before = [record.run for record in store.records()]
    found = onward.shorter(runs_of(tasks, None, RATES[1::-1]), "", store)
    assert [record.run for record in found] == before[::-1]
    assert onward.shorter(runs_of(tasks, None, RATES[:3]), "", store) is None, "one of three has none"
    assert onward.shorter(runs_of(tasks, None, RATES[:2], patience=3), "", store) is None
    assert onward.shorter(runs_of(tasks, None, RATES[:2]), "other data", store) is None
    assert onward.shorter(runs_of(tasks, 2, RATES[:2]), "", store) is None, "none is shorter"
    assert onward.shorter(runs_of(tasks, None, RATES[3:]), "", store) is None


def test_a_lost_checkpoint_is_told(made):
    store, tasks, said = made("one")
    finish(store, tasks, said, runs_of(tasks, 4, RATES[:2]))
    name = store.records()[0].population
    shutil.rmtree(store.folder(name) / "checkpoints")
    with pytest.raises(DataError, match=f"{name}/checkpoints: the one at step 4 is missing or damaged"):
        finish(store, tasks, said, runs_of(tasks, None, RATES[:2]))


def test_stop_is_an_evaluation_before_the_end(made):
    _, tasks, _ = made("one")
    for stop in (3, 16, 18):
        with pytest.raises(ConfigError, match=f"training.stop={stop} is no multiple of training.eval_every=2 below"):
            runs_of(tasks, stop)
