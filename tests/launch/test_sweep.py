"""Sweeps: what is drawn, what is compared with what, what is refused."""

import re
from dataclasses import replace

import numpy as np
import pytest

from lstm_research.launch.matching import Matching
from lstm_research.launch.rounds import conduct
from lstm_research.launch.space import Axis, Search
from lstm_research.launch.sweep import _written
from lstm_research.launch.watch import Watch
from lstm_research.types import ConfigError

RATE = Axis(low=1e-4, high=1e-2, scale="log")
SIZES = Axis(low=2.0, high=5.0, integer=True)


def settings(search, around):
    """What is drawn at each place."""
    return [search.setting(place, around) for place in search.points()]


def test_an_axis_covers_its_range_evenly():
    places = [k / 1000 for k in range(1000)]
    rates = [RATE.at(u) for u in places]
    assert rates == sorted(rates)
    assert (rates[0], rates[500]) == (1e-4, 1e-3)
    assert rates[-1] < 1e-2
    assert [[SIZES.at(u) for u in places].count(n) for n in (1, 2, 3, 4, 5, 6)] == [0, 250, 250, 250, 250, 0]
    whole = [Axis(low=1.0, high=64.0, scale="log", integer=True).at(u) for u in places]
    assert set(whole) <= set(range(1, 65))
    assert (min(whole), max(whole)) == (1, 64)
    assert whole.count(1) > whole.count(2) > whole.count(8)
    assert [Axis(values=["a", None, 3]).at(u) for u in (0.0, 0.34, 0.99)] == ["a", None, 3]


@pytest.mark.parametrize("kind", ["random", "sobol"])
def test_more_trials_begin_with_the_fewer_and_seeds_differ(kind):
    search = Search(kind=kind, trials=5, space={"a": RATE, "b": SIZES})
    assert settings(replace(search, trials=13), [])[:5] == settings(search, [])
    assert settings(replace(search, seed=1), []) != settings(search, [])


def test_sobol_fills_the_space_more_evenly_than_draws():
    def gaps(kind):
        points = np.array(Search(kind=kind, trials=64, space={"a": RATE, "b": RATE}).points())
        assert ((points >= 0) & (points < 1)).all()
        return [len(np.unique((points[:, axis] * 64).astype(int))) for axis in (0, 1)]

    assert gaps("sobol") == [64, 64], "each of 64 strips holds one"
    assert max(gaps("random")) < 50


def test_a_condition_moves_no_other_axis():
    space = {
        "optimizer.kind": Axis(values=["sgd", "adam"]),
        "optimizer.momentum": Axis(low=0.5, high=0.9, when={"optimizer.kind": "sgd"}),
        "model.dropout": Axis(low=0.0, high=0.5),
    }
    drawn = [dict(one) for one in settings(Search(trials=20, space=space), [])]
    assert {one["optimizer.kind"] for one in drawn} == {"sgd", "adam"}
    assert all(("optimizer.momentum" in one) == (one["optimizer.kind"] == "sgd") for one in drawn)
    free = {name: replace(axis, when={}) for name, axis in space.items()}
    for one, other in zip(drawn, settings(Search(trials=20, space=free), []), strict=True):
        assert one.items() <= dict(other).items()
    around = [("model.cell.kind", "gru")]
    only = {"a": Axis(values=[1, 2], when={"model.cell.kind": ["lstm", "rnn"]})}
    assert settings(Search(trials=2, space=only), around) == [[], []]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "search: {trials: 2, space: {model.dropout: {low: 0.1}}}",
            "search.space.model.dropout: give low and high, or",
        ),
        ("search: {trials: 2, space: {model.dropout: {values: []}}}", "search.space.model.dropout: values is empty"),
        ("search: {trials: 2, space: {model.dropout: []}}", "search.space.model.dropout: values is empty"),
        ("search: {trials: 0, space: {model.dropout: [0.1]}}", "search: trials=0"),
        ("search: {trials: 2, space: {a.b: {low: 0.5, high: 2, integer: true}}}", "integer=true needs whole numbers"),
        ("search: {kind: tpo, trials: 2, space: {a.b: [1]}}", "found the string 'tpo'; allowed:"),
        ("grid: {a.b: [1]}\nsearch: {trials: 2, space: {a.b: [1]}}", "search.space.a.b is set by compare or grid"),
        ("search: {kind: cmaes, trials: 2, space: {a.b: [1, 2]}}", "moves a Gaussian over ranges, and a.b has values"),
        (
            "compare: {c.d: [1]}\nsearch: {kind: cmaes, trials: 2, space: {a.b: {low: 0, high: 1, when: {c.d: 1}}}}",
            "and a.b has a condition; take kind: tpe",
        ),
        ("search: {kind: cmaes, trials: 9, batch: 3, space: {a.b: {low: 0, high: 1}}}", "kind=cmaes needs 4 at least"),
        ("search: {kind: tpe, trials: 9, batch: 0, space: {a.b: [1]}}", "batch=0: kind=tpe needs 1 at least"),
        ("search: {kind: tpe, trials: 9, space: {training.steps: [1]}}", "would buy itself more training.steps"),
        (
            "compare: {model.cell.kind: [gru]}\nsearch: {kind: tpe, trials: 9, space: {model.cell.hidden: [1]}}",
            "match: parameters sets model.cell.hidden, so that search.kind=tpe would learn of sizes",
        ),
        ("grid: {a.b: [1]}\ncompare: {a.b: [1]}", "a.b is both compared and in the grid"),
        ("search: {trials: 2, space: {a.b: {values: [1], when: {c.d: 1}}}}", "a.b.when names c.d, which is neither"),
        ("early: {kind: halvin, first: 3}", "did you mean 'halving'"),
        ("grid: {model.cell.hiden: [3]}", "s.yaml: override 'model.cell.hiden=3': model.cell.hiden: unknown key"),
    ],
)
def test_faults_are_told_where_they_stand(sweep, text, said):
    with pytest.raises(ConfigError, match=r"s\.yaml") as caught:
        sweep(text).trials()
    assert said in str(caught.value)


def test_a_setting_drawn_twice_is_one(sweep):
    trials = sweep("search: {trials: 20, space: {model.dropout: [0.1, 0.2]}}").trials()
    assert [trial.overrides for trial in trials] == [("model.dropout=0.1",), ("model.dropout=0.2",)] or len(trials) == 2


def test_what_is_compared_gets_the_same_settings_and_sizes(sweep, tasks):
    text = """\
compare: {model.cell.kind: [rnn, gru, lstm]}
search: {trials: 3, space: {optimizer.learning_rate: {low: 0.001, high: 0.1, scale: log},
                            model.cell.hidden: {low: 60, high: 90, integer: true}}}
"""
    made = sweep(text)
    for by in ("parameters", "multiply_adds"):
        trials = made.matched(made.trials(), Matching(tasks, by, 0.05))
        groups = {name: [one for one in trials if one.compared == name] for name in {one.compared for one in trials}}
        assert len(groups) == 3
        rates = {tuple(one.config.optimizer.learning_rate for one in group) for group in groups.values()}
        assert len(rates) == 1
        for own, gru in zip(groups["model.cell.kind=rnn"], groups["model.cell.kind=gru"], strict=True):
            size = Matching(tasks, by, 1.0).size
            ratio = size(gru.config) / size(own.config)
            assert own.size == 1.0
            assert gru.size == pytest.approx(ratio)
            assert 0.95 < ratio < 1.05
            assert gru.config.model.cell.hidden < own.config.model.cell.hidden / 1.6
    published = sweep(text + "match: as_published\n")
    unmatched = published.matched(published.trials(), Matching(tasks, "parameters", 0.05))
    assert {one.size for one in unmatched} == {None}
    assert len({one.config.model.cell.hidden for one in unmatched}) == 3
    with pytest.raises(
        ConfigError, match=r"compare: model.cell.kind=gru .* nearest width, has .* allow it with differ"
    ):
        made.matched(made.trials(), Matching(tasks, "parameters", 1e-4))


def test_a_width_that_a_cell_cannot_have_is_matched_all_the_same(sweep, tasks):
    made = sweep("compare: {model.cell.kind: [lstm, transformer]}\ngrid: {model.cell.hidden: [37]}\ndiffer: 0.2")
    lstm, transformer = made.matched(made.trials(), Matching(tasks, "parameters", 0.2))
    assert transformer.config.model.cell.hidden % 4 == 0
    assert lstm.config.model.cell.hidden < 37, "the config's own is a plain network of 37"
    assert tasks.runs(transformer.config)


def test_multiply_adds_leave_out_what_is_looked_up_and_added(sweep, tasks):
    (trial,) = sweep("overrides: [model.cell.hidden=5]").trials()
    assert Matching(tasks, "multiply_adds", 1.0).size(trial.config) == 5 * 2 + 5 * 5 + 5


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("compare: {model.cell.hidden: [4, 8]}", "sets model.cell.hidden, which is compared"),
        ("compare: {training.steps: [8, 16]}", "training.steps is compared"),
        ("compare: {model.engine: [fused, reference]}", "model.engine cannot be varied: it is no part of a run"),
        ("grid: {execution.layout: [map, vmap]}", "execution.layout cannot be varied: it is no part of a run"),
        ("grid: {seeds: [[0], [1]]}", "seeds cannot be varied: every setting is trained with the seeds of the sweep"),
        ("grid: {training.select: [loss, mse]}", "training.select cannot be varied: settings would be ranked by"),
        ("compare: {model.cell.kind: [gru, rnn]}\ngrid: {model.cell: [{kind: lstm, hidden: 4}]}", "would replace"),
        ("grid: {optimizer.learning_rate: [0.1, 0.1]}", "a value of learning_rate twice"),
        ("search: sobol", "search"),
        ("search: {trials: 2, share: 0.3, space: {model.dropout: {low: 0.1, high: 0.2}}}", "share=0.3 is for kind=pop"),
        ("search: {trials: 2, space: {model.dropout: {values: [0.1], low: 0.1}}}", "values are given; leave them out"),
        (
            "grid: {optimizer.kind: [sgd, adam]}\n"
            "search: {trials: 2, space: {optimizer.momentum: {low: 0.1, high: 0.9, when: {optimizer.kind: sdg}}}}",
            "waits for optimizer.kind=sdg, which it never is",
        ),
        ("overrides: [optimizer.learning_rate=0.3]\ngrid: {optimizer.learning_rate: [0.1, 0.2]}", "has no effect"),
        ("early: {kind: halving, first: 3}", "early: compares after 3 updates, no multiple of training.eval_every=2"),
        ("overrides: [training.stop=8]\nearly: {kind: halving, first: 4}", "early: it decides how far trials are"),
    ],
)  # fmt: skip
def test_what_would_say_something_false_is_refused(sweep, tasks, text, said):
    with pytest.raises(ConfigError, match=re.escape(said)):
        conduct((made := sweep(text)).trials(), made.spec.early, tasks, Watch())


def test_settings_that_are_ranked_differently_are_refused(sweep, tasks):
    made = sweep("grid: {task: [{kind: adding, length: 5}, {kind: selective_copy, length: 40}]}")
    with pytest.raises(ConfigError, match="settings would be ranked by different metrics"):
        conduct(made.trials(), None, tasks, Watch())


def test_what_depends_on_what_is_compared_does_not_reach_the_config_itself(sweep, tasks):
    made = sweep(
        "compare: {model.cell.kind: [gru, lstm]}\nsearch: {trials: 2, space: "
        "{model.cell.forget_bias: {low: 0.0, high: 2.0, when: {model.cell.kind: lstm}}}}\ndiffer: 0.5"
    )
    matched = made.matched(made.trials(), Matching(tasks, "parameters", 0.5))
    assert len({one.config.model.cell.forget_bias for one in matched if one.compared.endswith("lstm")}) == 2


def test_values_keep_their_range_and_their_quotes(sweep):
    narrow = Axis(low=0.999, high=0.99999)
    drawn = [narrow.at(k / 50) for k in range(50)]
    assert len({*drawn}) == 50
    assert 0.999 <= min(drawn) <= max(drawn) <= 0.99999
    assert Axis(low=0.001, high=1.0, scale="log").at(0.5) == 0.03162
    assert [_written(text) for text in ("adam", "a #1", "2020", "")] == ["adam", '"a #1"', '"2020"', '""']
