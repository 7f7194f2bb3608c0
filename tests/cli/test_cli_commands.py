"""The commands from an empty store to a table, on runs of a moment, in this process."""

import csv
import json
import sys
import types
import warnings

import jax
import numpy as np
import pytest

from lstm_research.data.paths import DataPaths
from lstm_research.launch.evaluate import evaluate
from lstm_research.launch.tasks import Tasks
from lstm_research.launch.watch import Watch
from lstm_research.results.lock import population_lock
from lstm_research.results.store import Store


def ids(out: str) -> list[str]:
    return [line.split()[0] for line in out.splitlines()]


def test_a_run_from_its_config_to_its_evaluation(lab, call):
    code, out, err = call("run", "small", "--dry-run")
    assert code == 0
    assert "2 runs: 0 finished, 2 to make in 1 population (1 compilation)" in out
    assert "GFLOP/s" in out
    assert not (lab / "runs").exists()

    code, out, err = call("run", "small", "--test")
    assert code == 0, err
    assert "training adding-rnn-" in err
    assert "layout" in err
    first, second = ids(out)[:2]
    assert out.count("  test mse") == 2
    assert "test was opened 2 times" in out
    assert "valid mse" in out

    code, out, err = call("run", "small", "seeds=0:4")
    assert code == 0
    assert "4 runs: 2 finished, 2 to make" in err
    third, fourth = ids(out)[2:]
    assert ids(out)[:2] == [first, second]

    code, out, _ = call("list", "runs")
    assert {first, second, third} <= set(ids(out))
    code, out, _ = call("show", first[:6])
    assert '"learning_rate": 0.01' in out
    assert "evaluated on test: " in out
    assert "train loss" in out
    code, out, _ = call("query", "SELECT seed, count(*) FROM runs JOIN metrics USING (run) GROUP BY seed ORDER BY seed")
    assert [line.split() for line in out.splitlines()[1:]] == [[seed, "3"] for seed in "0123"]

    code, out, _ = call("evaluate", third, "--split", "valid")
    record = Store(lab / "runs").record(third)
    evaluation = Store(lab / "runs").evaluations(third)[0]
    assert evaluation.metrics == pytest.approx(record.valid, rel=1e-6)
    assert "test was opened" not in out

    assert call("runs", "forget", third, fourth)[0] == 0
    assert Store(lab / "runs").openings().keys() == {first, second}
    assert ids(call("run", "small", "seeds=2:4")[1]) == [third, fourth]
    code, out, _ = call("resume")
    assert (code, out) == (0, f"nothing to resume in {lab}/runs\n")


def test_init_from_starts_where_another_run_was_best(lab, call):
    before = ids(call("run", "small")[1])[0]
    code, out, err = call("run", "small", "seeds=3:5", f"model.init_from={before[:8]}")
    assert code == 0, err
    store = Store(lab / "runs")
    old, new = store.record(before), store.record(ids(out)[0])
    assert new.config["model"]["init_from"] == before
    starts = [row for row in store.metrics(new.population) if row["step"] == 0]
    assert [row["valid"] for row in starts] == [pytest.approx(old.valid, rel=1e-6)] * 2

    code, _, err = call("run", "small", f"model.init_from={before}", "model.cell.hidden=5")
    assert code == 2
    assert "float32[" in err
    assert "give both the same model" in err
    assert len(err.splitlines()) <= 3
    assert call("runs", "clean")[0] == 0


def test_parameters_of_another_step_are_not_taken_for_the_best(lab, call):
    """The last checkpoint of a finished run is damaged; the one before it was saved before the best step."""
    code, out, err = call("run", "small", "seeds=0", "execution.checkpoint_minutes=1e-9", "training.eval_every=1")
    assert code == 0, err
    record = Store(lab / "runs").record(ids(out)[0])
    _, newest = sorted((lab / "runs" / record.population / "checkpoints").iterdir())
    assert record.best_step == record.steps, "or this test shows nothing"
    for path in newest.rglob("*"):
        if path.is_file():
            path.write_bytes(path.read_bytes()[:-1])
    for words in (("evaluate", record.run, "--split", "test"), ("run", "small", f"model.init_from={record.run}")):
        with warnings.catch_warnings():
            warnings.simplefilter("default")
            code, _, err = call(*words)
        assert code == 3, err
        assert "trying the one before it" in err
        assert f"not {record.best_step}; restore the folder" in err
    assert Store(lab / "runs").evaluations() == []


def test_double_precision_is_double(lab, call):
    code, out, err = call("run", "small", "model.dtype=float64")
    assert code == 0, err
    store = Store(lab / "runs")
    [name] = store.populations()
    values = [array for path in (lab / "runs" / name / "checkpoints").glob("*") for array in arrays(path)]
    assert any(value.dtype == np.float64 and (value.astype(np.float32) != value).any() for value in values)
    assert not jax.config.values["jax_enable_x64"]
    code, _, err = call("run", "small", f"model.init_from={ids(out)[0]}")
    assert code == 2
    assert "is float64[" in err
    assert "and float32[" in err


def arrays(path):
    from orbax.checkpoint import v1 as ocp

    with jax.enable_x64(True):
        return [np.asarray(value) for value in ocp.load(path).values()]


def test_a_cell_of_the_users_own_needs_trust_only_where_somebody_else_names_it(lab, call):
    (lab / "my_lab" / "cells").mkdir(parents=True)
    (lab / "my_lab" / "cells" / "foo.py").write_text(
        "from dataclasses import dataclass\n\nfrom lstm_research.cells import rnn\n\n\n"
        "@dataclass(frozen=True, kw_only=True)\nclass Config(rnn.Config):\n    pass\n"
    )
    code, out, err = call("run", "small", "model.cell.kind=my_lab.cells.foo", "--test")
    assert code == 0, err
    assert "adding my_lab.cells.foo seed 0" in out
    run = ids(out)[0]
    code, _, err = call("evaluate", run, "--split", "valid")
    assert code == 2
    assert "--trust-code" in err
    assert call("evaluate", run, "--split", "valid", "--trust-code")[0] == 0
    code, _, err = call("run", "small", f"model.init_from={run}")
    assert code == 2
    assert "--trust-code" in err
    assert call("run", "small", f"model.init_from={run}", "model.cell.kind=my_lab.cells.foo")[0] == 0


def test_runs_of_a_cell_of_the_users_own_are_other_runs_after_an_edit(lab, call):
    source = (
        "from dataclasses import dataclass\n\nfrom lstm_research.cells import rnn\n\n\n"
        "@dataclass(frozen=True, kw_only=True)\nclass Config(rnn.Config):\n    pass\n"
    )
    (lab / "edited_lab" / "cells").mkdir(parents=True)
    file = lab / "edited_lab" / "cells" / "foo.py"
    file.write_text(source)
    words = ("run", "small", "model.cell.kind=edited_lab.cells.foo", "--dry-run")
    _, before, _ = call(*words)
    assert call(*words)[1] == before
    file.write_text(source + "# edited\n")
    assert name_of(call(*words)[1]) != name_of(before)


def name_of(dry_run):
    return next(line.split()[0] for line in dry_run.splitlines() if line.startswith("adding-"))


def test_a_population_begun_on_other_data_is_not_gone_on_with(lab, call):
    code, out, err = call("run", "small")
    assert code == 0, err
    [name] = Store(lab / "runs").populations()
    file = lab / "runs" / name / "population.json"
    file.write_text(file.read_text().replace('"data_digest": ""', '"data_digest": "another"'))
    code, _, err = call("evaluate", ids(out)[0], "--split", "valid")
    assert code == 3
    assert "begun on data of digest another" in err


def test_run_held_by_another_process_exits_4_and_names_it(lab, call):
    call("run", "small", "--dry-run")
    _, out, _ = call("run", "small", "--dry-run")
    name = next(line.split()[0] for line in out.splitlines() if line.startswith("adding-rnn-"))
    with population_lock(lab / "runs" / name):
        code, _, err = call("run", "small")
    assert code == 4
    assert "error: " in err
    assert "held by process " in err


def test_table_runs_what_is_missing_and_nothing_twice(lab, call):
    code, out, _ = call("table", "tiny", "--dry-run")
    assert code == 0
    assert "2 runs: 0 finished, 2 to make" in out
    assert "then test is opened 3 times: once for each reported run that lacks it" in out

    code, first, err = call("table", "tiny")
    assert code == 0, err
    assert "no verdict: 3 finished runs, 5 needed" in first
    assert "The test split was opened 3 times for 3 runs" in first
    assert err.count("training ") == 2
    code, again, err = call("table", "tiny")
    assert code == 0
    assert again == first
    assert "training " not in err
    assert "evaluating " not in err

    # Another process, which found the same runs not yet evaluated, comes too late and opens nothing.
    store = Store(lab / "runs")
    tasks = Tasks(DataPaths(data_dir=None, cache_dir=lab), store)
    finished = [record for record in store.records() if record.run in store.openings()]
    again = evaluate(finished, "test", store, tasks, Watch(), again=False)
    assert {one.run: one.metrics for one in again} == {one.run: one.metrics for one in store.evaluations()}
    assert set(store.openings().values()) == {1}

    kept = (lab / "tables" / "tiny.runs.csv").read_text()
    code, out, err = call("table", "tiny", "--only", "b", "execution.eval_batch=8")
    assert code == 0, err
    assert "-- B" in out
    assert "-- A" not in out
    written = (lab / "tables" / "tiny.runs.csv").read_text()
    assert set(kept.splitlines()) < set(written.splitlines())
    markdown = (lab / "tables" / "tiny.md").read_text()
    assert markdown.index("## A") < markdown.index("## B")
    for ending in ("tex", "csv", "svg"):
        assert (lab / "tables" / f"tiny.{ending}").stat().st_size > 500

    # Committed beside the experiment, the numbers make the same table in a store that has no runs.
    (lab / "experiments" / "results").mkdir()
    (lab / "experiments" / "results" / "tiny.runs.csv").write_text(written)
    code, out, err = call("table", "tiny", "--committed", "--out", "experiments", "--runs-dir", "elsewhere")
    assert code == 0
    assert (lab / "experiments" / "tables" / "tiny.md").read_text() == markdown
    assert (lab / "experiments" / "figures" / "tiny.svg").exists()
    code, out, err = call("table", "tiny", "--reuse-committed", "--runs-dir", "elsewhere", "--out", "other")
    assert code == 0
    assert out == first
    assert "training " not in err
    assert (lab / "other" / "tiny.runs.csv").read_text() == kept
    code, out, _ = call("table", "tiny", "--dry-run", "--reuse-committed", "--runs-dir", "elsewhere")
    assert (code, out) == (0, "then test is opened 0 times: once for each reported run that lacks it\n")
    assert not (lab / "elsewhere").exists()
    assert call("table", "tiny", "--reuse-committed")[1] == first, "an opening that is committed too counts once"
    assert call("table", "tiny", "--committed", "--only", "b", "--out", "experiments")[0] == 0
    assert (lab / "experiments" / "results" / "tiny.runs.csv").read_text() == written
    assert len(Store(lab / "runs").records()) == 2 * 4


def test_table_that_no_longer_fits_is_put_aside(lab, call):
    (lab / "tables").mkdir()
    head = "row,role,setting,run,seed,status,select,higher_is_better,valid,test,best_step,steps,first_bad_step,"
    old = head + "parameters,seconds,openings,data_digest\nb/gone,naive,,,,,,,,0.1,,,,,,0,\n"
    (lab / "tables" / "tiny.runs.csv").write_text(old)
    code, _, err = call("table", "tiny")
    assert code == 0
    assert "put aside" in err
    assert (lab / "tables" / "tiny.runs.csv.old").read_text() == old
    with open(lab / "tables" / "tiny.runs.csv") as file:
        assert {row["row"] for row in csv.DictReader(file)} == {"a/chance", "a/RNN"}


def test_tensorboard_gets_every_evaluation(lab, call, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorboardX", None)
    code, _, err = call("run", "small", "execution.tensorboard=true", "seeds=0")
    assert code == 2
    assert "pip install 'lstm-research[tensorboard]'" in err

    written = []

    class SummaryWriter:
        def __init__(self, folder, **_):
            self.folder = folder

        def add_scalar(self, name, value, step):
            written.append((self.folder, name, value, step))

        def flush(self):
            pass

    monkeypatch.setitem(sys.modules, "tensorboardX", types.SimpleNamespace(SummaryWriter=SummaryWriter))
    code, out, err = call("run", "small", "execution.tensorboard=true", "seeds=0")
    assert code == 0, err
    [population] = Store(lab / "runs").populations()
    rows = [json.loads(line) for line in (lab / "runs" / population / "metrics.jsonl").read_text().splitlines()]
    assert [(step, value) for _, name, value, step in written if name == "valid/mse"] == [
        (row["step"], row["valid"]["mse"]) for row in rows
    ]
    assert {folder for folder, *_ in written} == {str(lab / "runs" / population / "tensorboard" / ids(out)[0])}


def test_doctor_finds_devices_and_says_what_is_missing(call):
    code, out, _ = call("doctor")
    assert code == 0
    assert "cpu" in out
    assert "polyphonic_music: " in out
    assert "cache" in out
