"""Selection, early stopping, seeds, traced rates, exact counts, leaks, and the numbers of one step."""

from typing import Any

import jax
import numpy as np
import pytest
import tiny_runs as tiny

from lstm_research.training.loop import Progress, fit

GRU = {"cell": {"kind": "gru", "hidden": 4}}
RNN = {"cell": {"kind": "rnn", "hidden": 4}}


# Counts


def sums(task: tiny.NotesConfig | None, batch: int, dtype: str) -> dict[str, Any]:
    model = {"cell": {"kind": "gru", "hidden": 4}, "dtype": dtype}
    members = tiny.population([tiny.config(task, model=model, execution={"eval_batch": batch})], [0])
    return members.evaluate(members.init().params, "valid")[0]


@pytest.mark.parametrize("dtype", [pytest.param("float32", marks=pytest.mark.slow), "float64"])
@pytest.mark.parametrize(
    "task, count",
    [(None, 24), (tiny.NotesConfig(), 21), (tiny.NotesConfig(window=None), 21)],
    ids=["rows", "stream", "padded"],
)
def test_metrics_do_not_depend_on_the_evaluation_batch(task, count, dtype):
    with jax.enable_x64(dtype == "float64"):
        whole = sums(task, count if task is None else 5, dtype)
        for batch in (1, 7, 64):
            found = sums(task, batch, dtype)
            for name, one in found.items():
                assert one.count == whole[name].count == count
                tolerance = 1e-10 if dtype == "float64" else 1e-5
                np.testing.assert_allclose(one.mean(), whole[name].mean(), rtol=tolerance)


def test_bfloat16_trains_under_every_option_of_the_optimizer():
    """Parameters stay bfloat16; sums are float32, so that a metric has more than three digits."""
    options = {"kind": "adamw", "learning_rate": 0.1, "clip_norm": 0.1, "clip_value": 1.0, "weight_decay": 0.01}
    members = tiny.population([tiny.config(model={**GRU, "dtype": "bfloat16"}, optimizer=options)], [0])
    state = members.init()
    before = tiny.member(state, 0).params
    after = members.train(state, 2)
    assert {x.dtype for x in jax.tree.leaves(after.params)} == {np.dtype("bfloat16")}
    assert not tiny.same(before, tiny.member(after, 0).params)
    assert after.active.all()
    nll = members.evaluate(after.params, "valid")[0]["nll"]
    assert nll.total != float(jax.numpy.bfloat16(nll.total))


# Early stopping and selection


@pytest.fixture(scope="module")
def patient(tmp_path_factory):
    """Three members: one learns, one cannot move, one is thrown about."""
    runs = [
        tiny.config(
            tiny.NotesConfig(),
            model=RNN,
            optimizer={"kind": "sgd", "learning_rate": rate},
            training={"steps": 40, "batch": 2, "eval_every": 4, "patience": 2},
        )
        for rate in (0.05, 1e-30, 3.0)
    ]
    members = tiny.population(runs, [0, 1, 2])
    lines: list[dict[str, Any]] = []
    shown: list[Progress] = []
    fitted = fit(
        members,
        tiny.names(members),
        tmp_path_factory.mktemp("patient"),
        evaluated=lambda step, row: lines.append(row),
        progress=shown.append,
    )
    return members, fitted, lines, shown


def test_each_member_stops_by_its_own_patience(patient):
    members, fitted, lines, _ = patient
    first, still, wild = fitted.standings
    assert still.steps == 8
    assert not still.active
    assert still.best_step == 0
    assert first.steps > 8
    for run, standing in zip(tiny.names(members), fitted.standings, strict=True):
        mine = [line for line in lines if line["run"] == run]
        assert [line["step"] for line in mine] == list(range(0, standing.steps + 1, 4)), "evaluated until it stopped"
        values = [line["valid"]["nll"] for line in mine]
        best = int(np.argmin(values))
        assert standing.best_step == 4 * best
        assert standing.best_value == values[best] == standing.valid["nll"]
        assert standing.steps in (40, standing.best_step + 8)
    assert wild.bad_step is None


def test_a_stopped_member_does_not_change(patient):
    members, fitted, _, _ = patient
    state = members.train(members.init(), 8)
    assert tiny.same(
        tiny.member(fitted.state, 1)._replace(active=True),
        tiny.member(state, 1)._replace(active=True, loss=tiny.member(fitted.state, 1).loss),
    )


def test_best_parameters_are_kept(patient):
    members, fitted, _, _ = patient
    again = members.evaluate(fitted.state.best, "valid")
    assert [one["nll"].mean() for one in again] == [s.best_value for s in fitted.standings]
    assert [{name: one.mean() for name, one in row.items()} for row in again] == [s.valid for s in fitted.standings]


def test_progress(patient):
    _, fitted, _, shown = patient
    assert [one.step for one in shown] == list(range(4, max(s.steps for s in fitted.standings) + 1, 4))
    assert shown[0].steps == 40
    assert shown[0].metric == "nll"
    assert all(np.isfinite(one.loss) for one in shown)
    assert shown[-1].active < shown[0].active == 3


def test_selection_by_the_task_or_by_the_loss():
    spec = tiny.population([tiny.config()], [0]).task.spec
    assert spec.selection(None) == spec.selection("accuracy") == ("accuracy", True)
    assert spec.selection("loss") == ("loss", False)
    for name in ("nll", "test_accuracy"):
        with pytest.raises(ValueError, match="selects on accuracy or loss; a test metric never selects"):
            spec.selection(name)


# Seeds


def started(seed: int, updates: int = 0, model: dict[str, Any] = GRU, **training: Any) -> Any:
    members = tiny.population([tiny.config(model=model, training=training)], [seed])
    state = members.init()
    return tiny.member(members.train(state, updates) if updates else state, 0)


def test_init_seed_moves_the_initial_parameters_alone():
    assert tiny.same(started(3).params, started(0, init_seed=3).params)
    assert not tiny.same(started(3).params, started(0).params)
    # The data stay the run's own: two seeds from the same parameters part in the first update.
    assert not tiny.same(started(1, 1, init_seed=3).params, started(2, 1, init_seed=3).params)


def test_data_seed_moves_the_data_alone():
    assert tiny.same(started(5).params, started(5, data_seed=9).params)
    whole = started(3, 2)
    assert tiny.same(whole, started(7, 2, init_seed=3, data_seed=3)), "nothing else is random in this run"
    assert not tiny.same(whole.params, started(3, 2, data_seed=4).params)


def test_dropout_and_noise_follow_the_runs_seed_and_move_nothing_else():
    model = {**GRU, "dropout": 0.5}
    one, two = (started(seed, 1, model, init_seed=3, data_seed=3) for seed in (1, 2))
    assert not tiny.same(one.params, two.params)
    assert tiny.same(started(1, 0, model).params, started(1).params)
    off = {**GRU, "dropout": 0.0, "weight_noise": 0.0}
    jax.tree.map(
        lambda x, y: np.testing.assert_allclose(x, y, rtol=1e-5, atol=1e-7),
        started(1, 3, off).params,
        started(1, 3).params,
    )


def test_noise_on_inputs():
    """Of size 0 it is none; of another size it moves what is learnt, with the run's seed, and no evaluation."""
    sgd = {"kind": "sgd", "learning_rate": 0.1}
    runs = [
        tiny.config(tiny.NotesConfig(), model={**RNN, "input_noise": std}, optimizer=sgd) for std in (0.0, 0.3, 0.3)
    ]
    noisy = tiny.population(runs, [1, 1, 2])
    start = noisy.init()
    sums = noisy.evaluate(start.params, "valid")
    assert sums[0] == sums[1]
    state = noisy.train(start, 2)
    plain = tiny.population([tiny.config(tiny.NotesConfig(), model=RNN, optimizer=sgd)], [1])
    expected = tiny.member(plain.train(plain.init(), 2), 0).params
    jax.tree.map(
        lambda x, y: np.testing.assert_allclose(x, y, rtol=1e-5, atol=1e-7), tiny.member(state, 0).params, expected
    )
    moved = [tiny.member(state, place).params for place in (0, 1, 2)]
    assert not tiny.same(moved[0], moved[1])
    assert not tiny.same(moved[1], moved[2])


# Traced rates


def test_rates_are_members_of_one_program():
    """Learning rate, clipping, decay, dropout, noise and forget bias of each member, and one compilation."""

    def run(rate: float, dropout: float, noise: float, bias: float) -> Any:
        return tiny.config(
            model={
                "cell": {"kind": "lstm", "hidden": 4, "forget_bias": bias},
                "dropout": dropout,
                "weight_noise": noise,
                "learned_carry": True,
                "layers": 2,
            },
            optimizer={"kind": "adamw", "learning_rate": rate, "clip_value": 0.1 + dropout, "weight_decay": noise},
        )

    settings = [(0.01, 0.0, 0.0, 1.0), (0.01, 0.5, 0.0, 1.0), (0.01, 0.0, 0.1, 1.0), (0.01, 0.0, 0.0, 3.0)]
    members = tiny.population([run(*one) for one in settings], [0] * 4)
    start = members.init()
    carries = [
        x for path, x in jax.tree_util.tree_leaves_with_path(start.params) if "first" in jax.tree_util.keystr(path)
    ]
    assert carries
    before = [np.asarray(x) for x in carries]
    state = members.train(start, 3)
    found = [tiny.member(state, place).params for place in range(4)]
    for place in range(1, 4):
        assert not tiny.same(found[0], found[place]), settings[place]
    after = [
        x for path, x in jax.tree_util.tree_leaves_with_path(state.params) if "first" in jax.tree_util.keystr(path)
    ]
    assert all((np.asarray(x) != y).any() for x, y in zip(after, before, strict=True)), "the carry is learned"
    for rates in ([0.1] * 4, [0.0, 1.0, 2.0, 3.0]):
        other = tiny.with_scalar(members, "optimizer.learning_rate", rates)
        state = other.train(state, 2)
        other.evaluate(state.params, "valid")
    assert members._train._cache_size() == 1
    assert members._evaluators["valid"]._cache_size() == 1


# Leaks


def fitted_on(spoilt: str, folder: Any) -> Any:
    run = tiny.config(tiny.NotesConfig(spoilt=spoilt), model=GRU, training={"batch": 2})
    members = tiny.population([run], [0])
    return fit(members, ["run0"], folder), (folder / "metrics.jsonl").read_text()


def test_validation_moves_no_parameter_and_test_moves_nothing(tmp_path):
    (plain, text), (valid, other), (test, same_text) = (
        fitted_on(x, tmp_path / f"on{x}") for x in ("", "valid", "test")
    )
    assert tiny.same(plain.state.params, valid.state.params)
    assert tiny.same(plain.state.optimizer, valid.state.optimizer)
    assert text != other
    assert tiny.same(plain.state, test.state)
    assert plain.standings == test.standings
    assert text == same_text


# The numbers of one step

GOLDEN: dict[str, tuple[float, float, float]] = {
    "recall": (1.074044108390808, 13.184050193056464, 69.33720174059272),
    "stream": (3.628404140472412, 8.89607804035768, 51.08190971100703),
    "adding": (1.4475271701812744, 25.674485293391626, 107.52347824889148),
}
"""Loss of the first update; sum of parameters, and of their absolute values, after it."""

RUNS = {
    "recall": lambda: tiny.config(),
    "stream": lambda: tiny.config(
        tiny.NotesConfig(),
        model={**GRU, "weight_noise": 0.1, "dropout": 0.2},
        optimizer={"kind": "rmsprop", "learning_rate": 0.01, "clip_norm": 1.0},
    ),
    "adding": lambda: tiny.config(
        task={"kind": "adding", "length": 6, "n_valid": 8},
        model={"cell": {"kind": "peephole_lstm", "hidden": 4}, "layers": 2},
        optimizer={"kind": "sgd", "learning_rate": 0.1, "momentum": 0.9},
    ),
}


@pytest.mark.parametrize("name", RUNS)
def test_golden(name):
    members = tiny.population([RUNS[name]()], [0])
    state = tiny.member(members.train(members.init(), 1), 0)
    leaves = [np.asarray(x, np.float64) for x in jax.tree.leaves(state.params)]
    sums = [sum(float(each.sum()) for each in leaves), sum(float(np.abs(each).sum()) for each in leaves)]
    found = (float(state.loss.total / state.loss.count), *sums)
    np.testing.assert_allclose(
        found,
        GOLDEN[name],
        rtol=1e-5,
        err_msg=f"{name}: {found}: a default, or a number that a run computes, has changed. If that is meant, raise "
        "RESULTS_EPOCH in lstm_research/config/identity.py, so that old runs no longer count as done, and store the "
        "new numbers in GOLDEN",
    )
