"""Runs of several sizes in one program: each is the run at its own size, and what it is filled up with stays zero."""

from dataclasses import replace

import jax
import numpy as np
import pytest
import tiny_runs as tiny

from lstm_research.config.load import from_dict, to_dict
from lstm_research.config.traced import split
from lstm_research.data.paths import DataPaths
from lstm_research.launch.execute import assemble, complete
from lstm_research.launch.padding import widening_told
from lstm_research.launch.plan import make_plan, widened
from lstm_research.launch.tasks import Tasks
from lstm_research.launch.watch import Watch
from lstm_research.results.store import Store
from lstm_research.training.layout import Layout
from lstm_research.training.population import Population
from lstm_research.training.widened import embedded, narrowed
from lstm_research.types import ConfigError

NOTES, WHOLE = tiny.NotesConfig(), tiny.NotesConfig(window=None)
MODELS = {
    "lstm": (NOTES, {"cell": {"kind": "lstm"}, "layers": 2, "learned_carry": True}),
    "gru": (WHOLE, {"cell": {"kind": "gru"}, "bidirectional": True, "layers": 2}),
    "rnn": (NOTES, {"cell": {"kind": "rnn"}, "encoder": "linear"}),
    "gru_reset_before": (None, {"cell": {"kind": "gru_reset_before"}, "encoder": "embedding"}),
    "peephole_lstm": (WHOLE, {"cell": {"kind": "peephole_lstm"}, "convolution": {"width": 2}}),
}
MODELS |= {
    f"lstm_variant {name}": (NOTES, {"cell": {"kind": "lstm_variant", "variant": name}})
    for name in ("nig", "nfg", "nog", "niaf", "noaf", "cifg")
}
POOLED = {name: (None, {"cell": {"kind": "gru"}, "head": name}) for name in ("mean", "max", "attention")}


def pair(notes, model, sizes=(3, 5), wide=5):
    """A population of several sizes, and those of its members alone."""
    rule = {"kind": "adamw", "learning_rate": 0.02, "weight_decay": 0.01, "clip_norm": 0.5}
    configs = [
        tiny.config(notes, model={**model, "cell": {**model["cell"], "hidden": size}}, optimizer=rule)
        for size in (*sizes, wide)
    ]
    parts = [split(one) for one in configs]
    task = configs[0].task.build(None)
    layout = Layout("map", 1, "cpu")
    seeds = list(range(len(sizes)))
    wider = Population(parts[-1][0], [part[1] for part in parts[:-1]], seeds, task, layout, None, sizes)
    alone = [
        Population(static, [scalars], [seed], task, layout)
        for seed, (static, scalars) in zip(seeds, parts[:-1], strict=True)
    ]
    return wider, alone


def strayed(notes, model, steps=12):
    """How far members of several sizes are from those alone, and what stands where there should be zeros."""
    wider, alone = pair(notes, model)
    state = wider.train(wider.init(), steps)
    sums = wider.evaluate(state.params, "valid")
    far, beyond = 0.0, 0.0
    for place, (own, size) in enumerate(zip(alone, (3, 5), strict=True)):
        mine = own.train(own.init(), steps)
        expected, found = tiny.member(mine.params, 0), tiny.member(state.params, place)
        cut = narrowed(found, expected, 5, size)
        back = embedded(jax.tree.map(np.asarray, cut), found, size, 5)
        pairs = zip(jax.tree.leaves(back), jax.tree.leaves(found), strict=True)
        beyond = max(beyond, *(float(np.abs(x - y).max()) for x, y in pairs))
        if "pooling" in expected:
            # Softmax does not depend on it: its gradient is rounding, and AdamW takes whole steps along that.
            cut["pooling"]["score"]["bias"] = expected["pooling"]["score"]["bias"]
        pairs = zip(jax.tree.leaves(cut), jax.tree.leaves(expected), strict=True)
        far = max(far, *(float(np.abs(x - y).max()) for x, y in pairs))
        for name, value in own.evaluate(mine.params, "valid")[0].items():
            assert sums[place][name].count == value.count
            np.testing.assert_allclose(sums[place][name].total, value.total, rtol=1e-4)
    return far, beyond


EVERY = MODELS | POOLED
QUICK = ("rnn",)


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in QUICK else pytest.mark.slow) for name in EVERY]
)
def test_a_member_is_the_run_at_its_own_size(name):
    far, beyond = strayed(*EVERY[name])
    assert far < 1e-4
    assert beyond == 0


@pytest.mark.slow
def test_the_law_can_fail():
    """This cell says that it cannot: gates of a unit that is zero are a half, and others look at gates."""
    with pytest.raises(AssertionError, match="Not equal to tolerance"):
        strayed(None, {"cell": {"kind": "full_gate_lstm"}})


def config(hidden, **execution):
    made = to_dict(tiny.config(model={"cell": {"kind": "gru", "hidden": hidden}}))
    return from_dict(made | {"execution": {"pad_hidden": 8, **execution}})


@pytest.mark.slow
def test_sizes_share_a_program_in_the_store(tmp_path):
    """One population; records have the parameters of their own; a run is the same run without padding."""
    tasks = Tasks(DataPaths(data_dir=None, cache_dir=tmp_path / "cache"), Store(tmp_path / "runs"))
    runs = [run for hidden in (3, 6, 8, 9) for run in tasks.runs(config(hidden))]
    plan = make_plan(runs, tasks)
    assert [len(group.runs) for group in plan.groups] == [3, 1]
    told = widening_told([run.config for run in plan.groups[0].runs])
    assert told == "3 to 8 units filled up to 8, 1.7 times the multiply-adds of the cells"
    assert widening_told([runs[2].config]) == ""
    assert widened(runs[3].config).model.cell.hidden == 16
    said = []
    records = complete(runs[:3], tasks, Watch(say=said.append))
    assert any(told in line for line in said)
    alone = Tasks(tasks.paths, Store(tmp_path / "alone"))
    plain = [run for hidden in (3, 6, 8) for run in alone.runs(config(hidden, pad_hidden=None))]
    expected = complete(plain, alone, Watch())
    assert records.keys() == expected.keys()
    for run in records:
        assert records[run].parameters == expected[run].parameters
        assert records[run].valid == pytest.approx(expected[run].valid, rel=1e-3)
    whole = assemble(plain[:1], alone)
    start = replace(plain[0].config, model=replace(plain[0].config.model, init_from=plain[0].id))
    begun = assemble(tasks.runs(start), tasks)
    shapes = [x.shape for x in jax.tree.leaves(whole.abstract.params)]
    assert [(1, *x.shape) for x in jax.tree.leaves(begun.given)] == shapes, "cut to its own size"


@pytest.mark.parametrize(
    ("model", "said"),
    [
        (
            {"cell": {"kind": "layer_norm_lstm", "hidden": 4}},
            "units of model.cell.kind=layer_norm_lstm",
        ),
        ({"dropout": 0.1}, "with model.dropout a wider model would be another one"),
        ({"residual": True, "layers": 2}, "with model.residual"),
    ],
)
def test_what_zeros_cannot_stand_beside_is_refused(tmp_path, model, said):
    tasks = Tasks(DataPaths(data_dir=None, cache_dir=tmp_path), Store(tmp_path / "runs"))
    with pytest.raises(ConfigError, match=said):
        tasks.runs(tiny.config(model=model, execution={"pad_hidden": 8}))
