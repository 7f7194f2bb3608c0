"""What belongs to a run's name, and the two halves of a config."""

import copy
import dataclasses
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tinylab.cells.wide import Config as Wide
from tinylab.rules.steep import Config as Steep
from tinylab.schema import Execution, Model, Run

from lstm_research.config import identity
from lstm_research.config.identity import canonical, difference, run_id
from lstm_research.config.load import to_dict
from lstm_research.config.traced import HOLE, bind, scalar_paths, split
from lstm_research.config.validate import validate


def make(**cell: Any) -> Run:
    return Run(model=Model(cell=Wide(hidden=3, **cell)))


def test_only_what_differs_from_a_default_and_has_a_meaning_counts() -> None:
    assert difference(make()) == {"model": {"cell": {"kind": "wide", "hidden": 3}}}
    config = Run(model=Model(cell=Wide(hidden=3, note="mine", rule=Steep(slope=1.0)), layers=2), seeds=(4,))
    assert difference(config) == {
        "model": {"cell": {"kind": "wide", "hidden": 3, "rule": {"kind": "steep", "slope": 1.0}}, "layers": 2}
    }
    same = dataclasses.replace(config, execution=Execution(device="gpu"), seeds=(1, 2))
    assert run_id(config, 1, "d") == run_id(same, 1, "d")


def test_the_id_of_a_known_run() -> None:
    """This id stands in committed results: if it changes, they are all orphans. Raise RESULTS_EPOCH on purpose only."""
    assert run_id(make(), 0, "abc") == "b4a11f8867a6"


def test_everything_that_counts_changes_the_id(monkeypatch: pytest.MonkeyPatch) -> None:
    ids = [run_id(make(), 0, ""), run_id(make(), 1, ""), run_id(make(), 0, "x"), run_id(make(forget_bias=2.0), 0, "")]
    monkeypatch.setattr(identity, "RESULTS_EPOCH", identity.RESULTS_EPOCH + 1)
    ids.append(run_id(make(), 0, ""))
    assert len(set(ids)) == 5
    assert all(len(name) == 12 for name in ids)


def test_one_number_has_one_spelling() -> None:
    assert canonical({"b": 2.0, "a": (-0.0, True)}) == '{"a":[0,true],"b":2}'
    assert run_id(make(forget_bias=2), 0, "") == run_id(make(forget_bias=2.0), 0, "")
    assert run_id(make(scale=1.0), 0, "") == run_id(make(), 0, "")
    with pytest.raises(ValueError, match="JSON"):
        canonical(float("nan"))


def test_an_id_survives_the_record() -> None:
    config = make(rule=Steep(slope=0.1), pair=(1, 2.5))
    assert run_id(validate(Run, to_dict(config)), 3, "d") == run_id(config, 3, "d")


def test_split_gives_one_static_for_all_values_and_none_is_another() -> None:
    first, second = make(rule=Steep(slope=1.0)), make(rule=Steep(slope=2.0), forget_bias=9.0)
    static, scalars = split(first)
    assert static == split(second)[0]
    assert hash(static) == hash(split(second)[0])
    assert static.model.cell.forget_bias is HOLE
    assert static.model.dropout is None
    assert scalars == {
        "model.cell.forget_bias": 1.0,
        "model.cell.scale": 1.0,
        "model.cell.rule.slope": 1.0,
        "rate": 0.1,
    }
    assert scalar_paths(first) == tuple(scalars) == scalar_paths(static)
    assert all(type(value) is float for value in scalars.values())
    dropped = dataclasses.replace(first, model=dataclasses.replace(first.model, dropout=0.1))
    assert split(dropped)[0] != static
    assert split(static) == (static, {})


def test_a_hole_is_one_object_in_copies_and_pickles() -> None:
    assert copy.deepcopy(HOLE) is HOLE
    assert pickle.loads(pickle.dumps(HOLE)) is HOLE
    assert repr(HOLE) == "HOLE"


@given(st.floats(allow_nan=False), st.floats(allow_nan=False))
def test_bind_is_the_inverse_of_split_and_takes_any_object(bias: float, slope: float) -> None:
    config = make(forget_bias=bias, rule=Steep(slope=slope))
    static, scalars = split(config)
    assert bind(static, scalars) == config
    tracer = object()
    assert bind(static, {**scalars, "model.cell.rule.slope": tracer}).model.cell.rule.slope is tracer


def test_bind_wants_every_path_and_no_other() -> None:
    static, scalars = split(make())
    with pytest.raises(KeyError, match=r"no Scalar at rat; there are model\.cell\.forget_bias"):
        bind(static, {**scalars, "rat": 1.0})
    with pytest.raises(KeyError, match="rate"):
        bind(static, {path: value for path, value in scalars.items() if path != "rate"})
