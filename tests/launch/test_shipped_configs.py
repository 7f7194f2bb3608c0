"""Every shipped config can be trained, every sweep is resolved; every committed table is what its CSV says."""

import os
from dataclasses import replace
from pathlib import Path

import jax
import pytest

from lstm_research.config import paths
from lstm_research.config.load import load
from lstm_research.data.paths import DataPaths
from lstm_research.launch.check import check_config
from lstm_research.launch.execute import assemble, complete
from lstm_research.launch.sweep import load_sweep
from lstm_research.launch.tasks import Tasks
from lstm_research.launch.watch import Watch
from lstm_research.results.experiment import read
from lstm_research.results.lines import read_csv
from lstm_research.results.render import latex, markdown, rows_csv
from lstm_research.results.store import Store
from lstm_research.results.table import build
from lstm_research.tasks.base import WholeSplit
from lstm_research.training.program import make_program

EXPERIMENTS = Path(__file__).parents[2] / "experiments"
CONFIGS = [name for name in paths.listing("configs") if not name.startswith("sweeps/")]
SWEEPS = [name.removeprefix("sweeps/") for name in paths.listing("configs") if name.startswith("sweeps/")]
COMMITTED = sorted(EXPERIMENTS.glob("results/*.runs.csv"))

LIKE_ANOTHER = {
    "adding",
    "chung2014/musedata", "chung2014/nottingham", "chung2014/piano_midi", "copy_memory", "etth1_96", "fsdd",
    "m4_hourly", "memory/delayed_recall", "mnist_rows", "names", "physionet2012", "sms_spam", "text", "trec",
    "wikitext2",
}  # fmt: skip
"""Configs of a task and data like another's, or whose data take long to prepare: slow."""

TRAINED = {"csv_classify", "etth1", "jsb", "selective_copy", "tiny_shakespeare"}
"""Of each way from data to outputs one that is compiled and trained; the others are slow."""

TINY = ("training.steps=2", "training.eval_every=1", "training.batch=2", "model.cell.hidden=3", "seeds=0")


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.slow if name in LIKE_ANOTHER else ()) for name in CONFIGS]
)
def test_every_config_can_be_trained(name, tmp_path):
    """Update and evaluation are traced, which meets every shape and type; what XLA makes of them is in the slow one."""
    config, tasks = tiny(name, tmp_path)
    population = assemble(tasks.runs(config), tasks)
    assert population.parameters > 0
    source, valid = population.training, population.source("valid")
    program = make_program(population.static, population.task, source, valid)
    member = jax.tree.map(lambda x: x[0], population.members)
    state = jax.eval_shape(program.init, member)
    after = jax.eval_shape(program.step, member, state, source.arrays)
    assert jax.tree.structure(after) == jax.tree.structure(state)
    sums, _, _ = jax.eval_shape(program.evaluate, member, after.params, (), valid.arrays)
    metric, _ = population.task.spec.selection(config.training.select)
    assert metric in sums or isinstance(population.task, WholeSplit)


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in TRAINED else pytest.mark.slow) for name in CONFIGS]
)
def test_every_config_trains_two_tiny_steps(name, tmp_path):
    config, tasks = tiny(name, tmp_path)
    records = complete(tasks.runs(config), tasks, Watch())
    assert [record.status for record in records.values()] == ["finished"]
    assert all(record.steps == 2 and record.valid for record in records.values())


def tiny(name, folder):
    """A config of hardly any size, on its own data or a file made up, and tasks with an empty store."""
    config = load(name, TINY)
    if hasattr(config.data, "path"):
        # One file for configs of a user's own series, sequences and texts alike.
        text = hasattr(config.data, "text")
        lines = [f"{k},{k % 7},s{k // 5},{'ab'[k // 5 % 2]}" + f",word {k % 9}" * text for k in range(300)]
        (folder / "my.csv").write_text("\n".join(["date,y,id,class" + ",text" * text, *lines]))
        config = replace(config, data=replace(config.data, path=str(folder / "my.csv")))
    if getattr(config.task, "bucket_waste", None) is not None:
        config = replace(config, task=replace(config.task, bucket_waste=None))  # each bucket is a compilation
    generated = hasattr(config.task, "n_valid")
    if generated:
        config = replace(config, task=replace(config.task, n_valid=4, n_test=4))
    elif not hasattr(config.data, "path") and not os.environ.get("LSTM_RESEARCH_DATA"):
        pytest.skip("needs the data files: LSTM_RESEARCH_DATA is not set")
    store = Store(folder / "runs")
    return config, Tasks(DataPaths(data_dir=paths.data_dir(), cache_dir=paths.cache_dir(), offline=True), store)


@pytest.mark.parametrize("name", SWEEPS)
def test_every_sweep_resolves(name):
    trials = load_sweep(name).trials()
    assert len({trial.overrides for trial in trials}) == len(trials) > 1
    for trial in trials:
        check_config(trial.config)


@pytest.mark.parametrize("path", COMMITTED, ids=lambda path: path.name)
def test_committed_tables_are_what_their_numbers_say(path):
    name = path.name.removesuffix(".runs.csv")
    experiment = read(EXPERIMENTS / f"{name.removesuffix('_quick')}.py").narrowed(["*"], quick=name.endswith("_quick"))
    table = build(experiment, read_csv(path.read_text("utf-8"), str(path)))
    for file, text in {
        f"tables/{name}.md": markdown(table),
        f"tables/{name}.tex": latex(table),
        f"results/{name}.csv": rows_csv(table),
    }.items():
        assert (EXPERIMENTS / file).read_text("utf-8") == text, f"{file}: run `make tables`"
