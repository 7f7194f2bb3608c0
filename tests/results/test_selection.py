"""Selection: on validation, NaN-aware, never a diverged run."""

import math

import pytest
from made_results import experiment, record

from lstm_research.results import Published
from lstm_research.results.experiment import Asked, Experiment
from lstm_research.results.selection import best, best_index, choose
from lstm_research.types import ConfigError


@pytest.mark.parametrize(
    ("values", "higher", "index"),
    [
        ([math.nan, 2.0, 1.0], False, 2),
        ([math.nan, 2.0, 1.0], True, 1),
        ([-math.inf, math.inf, 3.0], True, 2),
        ([1.0, 1.0], False, 0),
        ([math.nan, None], False, None),
        ([], True, None),
    ],
)
def test_best_index(values, higher, index):
    assert best_index(values, higher) == index


def test_a_diverged_run_is_never_best():
    lost = record("a", status="diverged", best_step=1)
    assert best([lost, record("b", valid=math.nan), record("c", valid=9.0)], "nll", False).run == "c"
    assert best([lost], "nll", False) is None


def test_test_metrics_are_refused_everywhere():
    with pytest.raises(ConfigError, match="selecting on a test metric"):
        best([record()], "test_nll", False)
    with pytest.raises(ConfigError, match="selecting on a test metric"):
        experiment(select="test/nll")
    with pytest.raises(ConfigError, match="select='accuracy', but higher_is_better is that of 'nll'"):
        experiment(select="accuracy")
    with pytest.raises(ConfigError, match="did you mean 'nll'"):
        best([record()], "nl", False)


def asked(made: Experiment, records: dict) -> list[Asked]:
    return [
        Asked(row=r.row, setting=r.setting, seed=s, run=r.row + r.setting) for r in made.tuning_runs() for s in r.seeds
    ]


def test_choose_passes_over_settings_that_diverged():
    made = experiment()
    low, high = "optimizer.learning_rate=0.001", "optimizer.learning_rate=0.01"
    records = {
        "g/GRU" + low: record(valid=2.0), "g/GRU" + high: record(status="diverged"),
        "g/LSTM" + low: record(status="diverged"), "g/LSTM" + high: record(status="diverged"),
    }  # fmt: skip
    chosen = choose(made, asked(made, records), records)
    assert chosen == {"g/GRU": (low,), "g/LSTM": ()}
    assert [request.row for request in made.final_runs(chosen)] == ["g/GRU"]
    del records["g/GRU" + low]
    with pytest.raises(ConfigError, match="has not finished"):
        choose(made, asked(made, records), records)


def test_published_needs_to_know_what_its_spread_is():
    with pytest.raises(ConfigError, match="spread_kind"):
        Published(1.0, "x", spread=0.1)
