"""Wrong configs and wrong words: exit code, one line, what is allowed, the nearest match. Nothing compiles."""

import subprocess
import sys
from pathlib import Path

import pytest

import lstm_research

ROOT = Path(__file__).parents[2]

WRONG = {
    "config name": (("run", "smal"), "config 'smal' not found", "did you mean 'small'?"),
    "section": (("run", "small", "trainin.steps=3"), "override 'trainin.steps=3': trainin: unknown key", "'training'?"),
    "key of a section": (("run", "small", "model.dropot=0.1"), "model.dropot: unknown key", "did you mean 'dropout'?"),
    "key of a cell": (("run", "small", "model.cell.hiden=3"), "unknown key of kind 'rnn'", "did you mean 'hidden'?"),
    "kind": (("run", "small", "model.cell.kind=lsmt"), "kind 'lsmt' not in cells/", "did you mean 'lstm'?"),
    "type": (("run", "small", "optimizer.learning_rate=no"), "found the string 'no'", "allowed: a number > 0"),
    "range": (("run", "small", "training.batch=0"), "training.batch", ">= 1"),
    "seeds": (("run", "small", "seeds=5:5"), "the range 5:5 is empty", "5:10"),
    "cell and engine": (
        ("run", "small", "model.cell.kind=layer_norm_lstm", "model.engine=fused"),
        "model.engine=fused does not run model.cell.kind=layer_norm_lstm",
        "allowed for this cell: auto, checkpointed, reference",
    ),
    "checkpoints of another engine": (
        ("run", "small", "model.checkpoint_every=9"),
        "model.checkpoint_every=9 is given, but model.engine=auto",
        "set model.engine=checkpointed",
    ),
    "budget": (("run", "small", "training.eval_every=9"), "training.eval_every=9 is more than", "lower eval_every"),
    "head and task": (
        ("run", "small", "model.head=step"),
        "model.head=step",
        "task.kind=adding wants one per sequence",
    ),
    "selecting on test": (("run", "small", "training.select=test_mse"), "training.select=test_mse", "never selects"),
    "run to start from": (("run", "small", "model.init_from=abc"), "model.init_from: run 'abc' is not known", "none"),
    "run to start from, of digits": (
        ("run", "small", "model.init_from=0657"),
        "model.init_from: run '0657' is not known",
        "none",
    ),
    "width that a cell cannot have": (
        ("run", "small", "model.cell.kind=transformer", "model.cell.hidden=9"),
        "model.cell.hidden=9: model.cell.kind=transformer needs a multiple of 4",
        "for example 8",
    ),
    "carry of what has none": (
        ("run", "small", "model.cell.kind=tcn", "model.learned_carry=true"),
        "model.learned_carry=true, but model.cell.kind=tcn hands nothing on",
        "set it to false",
    ),
    "noise on tokens": (
        ("run", "small", "task={kind: delayed_recall, delay: 3}", "model.input_noise=0.1"),
        "model.input_noise=0.1 is for features, task.kind=delayed_recall shows tokens",
        "leave it out",
    ),
    "stop": (
        ("run", "small", "training.stop=3"),
        "training.stop=3 is no multiple of training.eval_every=2 below training.steps=4",
        "leave it out",
    ),
    "residual": (("run", "small", "model.residual=true"), "model.residual=true adds nothing", "model.layers=2"),
    "sweep as config": (("run", "sweeps/rates"), "rates.yaml: a sweep, not a config", "lstm-research sweep"),
    "config as sweep": (("sweep", "small"), "small.yaml: a config, not a sweep", "lstm-research run"),
    "no jobs": (("sweep", "rates", "--jobs", "0"), "--jobs 0: allowed: 1 to ", "the cores that this process may use"),
    "jobs in words": (("table", "tiny", "--jobs", "two"), "--jobs two: allowed: 1 to ", "each job has one at least"),
    "bucket as store": (("list", "runs", "--runs-dir", "s3://b/runs"), "s3://b/runs: not a folder", "copy finished"),
    "file as store": (("list", "runs", "--runs-dir", "configs/small.yaml"), "is a file", "name a folder"),
    "override": (("run", "small", "seeds"), "override 'seeds'", "a.b=value"),
    "command": (("rn", "small"), "command 'rn' is not known", "did you mean 'run'?"),
    "option": (("run", "small", "--tset"), "unrecognized argument '--tset'", "lstm-research run --help"),
    "table": (("table", "tin"), "experiment 'tin' not found", "did you mean 'tiny'?"),
    "group": (("table", "tiny", "--only", "c"), "group 'c' is not known", "allowed: a, b"),
    "group among overrides": (("table", "tiny", "--only", "a", "b"), "'b' is a group of tiny", "--only b"),
    "override of a table": (("table", "tiny", "seeds=3"), "override 'seeds=3'", "only execution.* may be given"),
    "committed": (("table", "tiny", "--committed"), "no committed numbers", "lstm-research table tiny"),
    "run": (("show", "abc"), "run 'abc' is not known", "allowed: none"),
    "query": (("query", "selct 1"), "query: ", "tables: runs, evaluations, metrics"),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_words_are_one_line_and_exit_2(case, call):
    arguments, *said = WRONG[case]
    code, out, err = call(*arguments)
    assert code == 2
    assert out == ""
    assert err.startswith("error: ")
    assert len(err.splitlines()) == 1
    for part in said:
        assert part in err


def test_every_fault_of_a_file_is_a_line_with_its_place(lab, call):
    (lab / "configs" / "small.yaml").write_text("task: {kind: adding}\nmodle: {}\nseeds: [1, 1]\n")
    code, _, err = call("run", "small")
    assert code == 2
    assert "configs/small.yaml:2: modle: unknown key" in err
    assert "configs/small.yaml:3: seeds: seed 1 stands 2 times" in err


def test_a_value_of_a_grid_is_blamed_on_the_sweep(lab, call):
    sweep = lab / "configs" / "sweeps" / "rates.yaml"
    sweep.write_text("config: small\ngrid: {model.cell.hidden: [4, 0]}\n")
    code, _, err = call("sweep", "rates")
    assert code == 2
    assert "rates.yaml: override 'model.cell.hidden=0': model.cell.hidden: found 0; allowed: a whole number >= 1" in err
    sweep.write_text("config: small\ngrid: {model.cell.hidden: 4}\n")
    code, _, err = call("sweep", "rates")
    assert code == 2
    assert "rates.yaml:2: grid.model.cell.hidden: found 4; allowed: a list" in err


def test_a_table_that_cannot_be_told_is_refused_before_anything_is_trained(lab, call):
    file = lab / "experiments" / "tiny.py"
    text = file.read_text()
    file.write_text(text.replace('metric="mse"', 'metric="nll"'))
    code, _, err = call("table", "tiny")
    assert code == 2
    assert "metric 'nll' is not known" in err
    wide = (
        'Row(label="wide", group=group, config="small", overrides=("model.cell.hidden=40",),'
        " tune=TUNE, seeds=(0, 1, 2)),"
    )
    file.write_text(text.replace('naive="chance"),', f'naive="chance"),\n{wide}'))
    code, _, err = call("table", "tiny")
    assert code == 2
    assert "parameters" in err
    assert not (lab / "runs").exists()


def test_missing_data_exit_3_and_say_what_to_put_where(lab, call, monkeypatch):
    # What another test has prepared would do as well.
    monkeypatch.setenv("LSTM_RESEARCH_CACHE", str(lab / "cache"))
    code, _, err = call("run", "chung2014/jsb", "--offline", "--data-dir", str(lab))
    assert code == 3
    assert "JSB_Chorales.mat" in err
    assert f"at {lab}/polyphonic_music/JSB_Chorales.mat" in err
    assert "sha256" in err


def test_a_bug_of_ours_says_so_and_debug_shows_where(call, monkeypatch):
    from lstm_research.cli.commands import show

    def broken(options):
        raise ZeroDivisionError("of our making")

    monkeypatch.setattr(show, "act", broken)
    code, _, err = call("show", "abc")
    assert code == 1
    assert err.startswith("error: a bug of ours, not of your input: ZeroDivisionError: of our making (")
    assert len(err.splitlines()) == 1
    assert "--debug" in err
    code, _, err = call("show", "abc", "--debug")
    assert code == 1
    assert "Traceback" in err


def test_windows_is_refused_and_wsl_named(call, monkeypatch):
    monkeypatch.setattr(sys, "platform", "win32")
    code, _, err = call("run", "small")
    assert code == 2
    assert "WSL" in err


def test_help_and_lists_import_nothing_heavy(call):
    code = """
import sys
from lstm_research.cli.main import main
for words in ("--help", "run --help", "--version", "list cells", "list tasks", "list optimizers", "list configs",
              "list tables", "list runs", "run nowhere", "run adding trainin.steps=3", "show abc"):
    main(words.split())
heavy = {"jax", "jaxlib", "numpy", "flax", "optax", "orbax", "matplotlib", "scipy", "duckdb"} & set(sys.modules)
sys.exit(f"imported {heavy}" if heavy else 0)
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    for word in ("peephole_lstm", "temporal_order", "rmsprop", "chung2014/jsb", "chung2014_music", "no runs in"):
        assert word in done.stdout


def test_an_empty_range_of_a_sweep_is_refused_where_it_stands(lab, call):
    ranges = "optimizer.learning_rate: {low: 0, high: 0.01, scale: log}"
    (lab / "configs/sweeps/drawn.yaml").write_text(f"config: small\nsearch:\n  trials: 2\n  space:\n    {ranges}\n")
    code, _, err = call("sweep", "drawn", "--dry-run")
    assert code == 2
    assert "configs/sweeps/drawn.yaml:5: search.space.optimizer.learning_rate: low=0.0" in err


def test_a_fault_in_ones_own_experiment_is_told_with_its_line(lab, call):
    (lab / "experiments/faulty.py").write_text("from lstm_research.results import Group\nGroup(name='a')\n")
    code, _, err = call("table", "faulty")
    assert code == 2
    assert "experiments/faulty.py:2: TypeError: " in err


def test_version_and_what_is_required(call, monkeypatch):
    monkeypatch.setitem(vars(lstm_research), "__version__", "1.2")  # a checkout need not be installed
    assert call("--version") == (0, "lstm-research 1.2\n", "")
    for command, wanted in {"run": "CONFIG", "sweep": "SWEEP", "table": "TABLE"}.items():
        assert f"required: {wanted};" in call(command)[2]


def test_options_that_hold_everywhere_stand_anywhere(lab, call):
    for words in (("--runs-dir", "there", "runs", "clean"), ("runs", "--runs-dir", "there", "clean")):
        assert call(*words) == call("runs", "clean", "--runs-dir", "there")
    assert call("runs", "clean", "--runs-dir", "there")[:2] == (0, f"nothing to clean in {lab / 'there'}\n")


def test_show_config_says_where_each_value_comes_from(call):
    code, out, _ = call("config", "show", "small", "training.batch=3")
    assert code == 0
    lines = {line.split()[0]: line for line in out.splitlines()}
    assert "configs/small.yaml:3" in lines["model.cell.hidden"]
    assert "override 'training.batch=3'" in lines["training.batch"]
    assert "default" in lines["model.layers"]
    assert "Number of stacked recurrent layers." in lines["model.layers"]
