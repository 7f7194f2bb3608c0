"""A sweep from the command line: planned, trained, tested, reported."""

import json

import optuna
import pytest

from lstm_research.config.load import load

SWEEP = """\
config: small
compare: {model.cell.init_scale: [0.5, 1.0]}
search:
  trials: 8
  space:
    optimizer.learning_rate: {low: 0.001, high: 0.1, scale: log}
    optimizer.momentum: [0.0, 0.9]
early: {kind: halving, first: 2, factor: 4}
"""


@pytest.fixture
def swept(lab):
    (lab / "configs/sweeps/s.yaml").write_text(SWEEP)
    return lab


def test_a_sweep_is_planned_trained_tested_and_reported(swept, call):
    code, out, err = call("sweep", "s", "--dry-run")
    assert code == 0, err
    assert "32 runs: 0 finished, 32 to make in 1 population (1 compilation)" in out
    assert "16 settings, 80 updates over all members at most, 62% of training all to the end; the first" in out
    code, _, err = call("sweep", "report", "s")
    assert (code, "nothing of it is finished; `lstm-research sweep s` runs it" in err) == (2, True)
    code, out, err = call("sweep", "s", "--test")
    assert code == 0, err
    assert err.count("after 2 updates 2 of 8 trials go on") == 2
    (kept,) = (swept / "runs/sweeps").glob("s-*.json")
    plan = json.loads(kept.read_text())
    assert [len(one["runs"]) for one in plan["settings"]] == [2] * 16
    assert [len(one["members"]) for one in plan["populations"]] == [32]
    assert out.count("rank  valid mse") == 2
    assert "best of n" not in out, "of trials that a rule stopped it is not known"
    assert "matched by parameters, ratio in brackets; as many settings and seeds for each" in out
    assert out.count("\nmodel.cell.init_scale=") == 3, "two headings but the first, two tested"
    code, out, err = call("sweep", "report", "s")
    assert code == 0, err
    assert "which fields mattered" in out
    assert "optimizer.momentum" in out
    assert "diverged  seed" not in out
    best = load(swept / "tables/s_best2.yaml")
    assert best.model.cell.init_scale == 1.0
    assert f"optimizer.learning_rate={best.optimizer.learning_rate:g}" in out
    assert best.seeds == (0, 1)
    figure = (swept / "tables/s_sweep.svg").read_text()
    for word in ("optimizer.learning_rate", "model.cell.init_scale=0.5"):
        assert word in figure
    assert "best of n" not in figure
    code, out, err = call("sweep", "export-optuna", "s", "--out", "s.db")
    assert (code, "written: s.db, studies: 2, settings: 16 of 16" in out) == (0, True), err
    study = optuna.load_study(study_name="s model.cell.init_scale=1.0", storage="sqlite:///s.db")
    assert sorted(trial.state.name for trial in study.trials) == ["COMPLETE"] * 2 + ["PRUNED"] * 6
    assert study.best_params["optimizer.learning_rate"] == best.optimizer.learning_rate
    code, _, err = call("sweep", "export-optuna", "s", "--out", "s.db")
    assert (code, "--out s.db: is there already; name another file, or remove it" in err) == (2, True)
    code, _, err = call("sweep", "s", "--test")
    assert code == 0
    assert "training" not in err
    assert "evaluating" not in err


def test_a_long_plan_is_measured(swept, call, monkeypatch):
    monkeypatch.setattr("lstm_research.launch.calibrate.WORTH", 0.0)
    monkeypatch.setattr("lstm_research.launch.calibrate.LEAST", 0.01)
    code, out, err = call("sweep", "s", "--dry-run")
    assert code == 0, err
    assert "time: measured on " in out
    assert "for 1 program the first time" in out
    assert not list((swept / "runs").glob("*/population.json")), "nothing is kept"


def test_what_diverged_is_named(swept, call):
    (swept / "configs/sweeps/s.yaml").write_text("config: small\ngrid: {optimizer.learning_rate: [0.01, 1.0e+30]}\n")
    assert call("sweep", "s")[0] == 0
    code, out, err = call("sweep", "report", "s", "--out", "here")
    assert code == 0, err
    assert "diverged      seed  at step  setting" in out
    assert out.count("optimizer.learning_rate=1e+30") == 3
    assert "which fields mattered" not in out
    assert load(swept / "here/s_best.yaml").optimizer.learning_rate == 0.01


def test_of_a_search_that_adapts_the_first_batch_is_planned(swept, call):
    adaptive = SWEEP.replace("  trials: 8", "  kind: tpe\n  trials: 10\n  batch: 4").split("early")[0]
    (swept / "configs/sweeps/s.yaml").write_text(adaptive)
    code, out, err = call("sweep", "s", "--dry-run")
    assert code == 0, err
    assert "16 runs: 0 finished, 16 to make in 1 population (1 compilation)" in out
    assert "20 settings, 160 updates over all members at most; 1 of 3 batches above, the others depend on what" in out
    code, _, err = call("sweep", "export-optuna", "s")
    assert (code, "no file to write; name it with --out FILE.db" in err) == (2, True)
    code, _, err = call("sweep", "export-optuna", "s", "--out", "s.db")
    assert (code, "nothing of it is finished" in err) == (2, True)
