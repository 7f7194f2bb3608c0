"""A member is the same run, to the last bit, alone and in any company; a member that breaks leaves the others alone."""

import json
from functools import cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import tiny_runs as tiny

from lstm_research.training.loop import Standing, fit

RATES = [0.01, 0.003, 0.03, 0.1, 0.02]
SEEDS = [5, 6, 7, 8, 9]
UPDATES = 6
ADDING = {"kind": "adding", "length": 5, "n_valid": 8}
RNN = {"cell": {"kind": "rnn", "hidden": 4}}


def run_of(place: int) -> Any:
    return tiny.config(
        model={"cell": {"kind": "lstm", "hidden": 4, "forget_bias": 1.0 + place}, "dropout": 0.1 * place},
        optimizer={"kind": "adam", "learning_rate": RATES[place], "clip_norm": 0.5 + place},
    )


@cache
def trained(layout: str, places: tuple[int, ...]) -> list[tuple[Any, Any]]:
    """Whole state and validation sums after some updates, of every member."""
    members = tiny.population([run_of(place) for place in places], [SEEDS[place] for place in places], layout)
    state = members.train(members.init(), UPDATES)
    sums = members.evaluate(state.params, "valid")
    return [(tiny.member(state, place), sums[place]) for place in range(len(places))]


@pytest.mark.parametrize(
    ("layout", "places"),
    [
        pytest.param("map", (3, 1), marks=pytest.mark.slow),
        ("map", (0, 4, 3, 2, 1)),
        pytest.param("sharded_map", (2, 3), marks=pytest.mark.slow),
        ("sharded_map", (1, 3, 2)),
    ],
    ids=str,
)
def test_alone_and_in_a_population_are_the_same_bits(layout, places):
    """Sizes 3 and 5 (2 is slow), member 3 at every position but the last, on one device and on two."""
    state, sums = trained("map", (3,))[0]
    found = trained(layout, places)[places.index(3)]
    assert tiny.same(found[0], state), f"member 3 is another run in {layout} {places}"
    assert found[1] == sums


def test_under_vmap_runs_are_close():
    places = (1, 3, 2)
    for found, expected in zip(trained("vmap", places), trained("sharded_map", places), strict=True):
        jax.tree.map(lambda x, y: np.testing.assert_allclose(x, y, rtol=1e-4, atol=1e-6), found, expected)


SLOW = ("map", "sharded_vmap")
"""The other two are a map and a vmap as well, and both one device and two."""


@pytest.fixture(
    scope="module",
    params=[pytest.param(name, marks=pytest.mark.slow if name in SLOW else ()) for name in tiny.LAYOUTS],
)
def four(request):
    """Four members trained by gradient descent, which a huge learning rate blows up."""
    run = tiny.config(task=ADDING, model=RNN, optimizer={"kind": "sgd", "learning_rate": 0.1, "momentum": 0.9})
    return tiny.population([run] * 4, [0, 1, 2, 3], request.param)


def broken_by(members: Any, way: str, bad: int) -> tuple[Any, Any]:
    """Member `bad` broken in some way: (the population, its state before the first update)."""
    rates = [0.1] * 4
    rates[bad] = {"rate": 1e30, "nan rate": np.nan}.get(way, 0.1)
    broken = tiny.with_scalar(members, "optimizer.learning_rate", rates)
    state = broken.init()
    if way == "nan weight":
        host = jax.tree.map(np.array, state.params)
        for leaf in jax.tree.leaves(host):
            leaf[bad].reshape(-1)[0] = np.nan
        state = state._replace(params=members.layout.place_members(host))
    return broken, state


@pytest.mark.parametrize("way", ["rate", "nan rate", "nan weight"])
def test_a_broken_member_leaves_the_others_the_same_bits(four, way):
    bad = 1
    clean = four.train(four.init(), UPDATES)
    broken, start = broken_by(four, way, bad)
    before = tiny.member(start, bad)
    after = broken.train(start, UPDATES)
    for place in (0, 2, 3):
        assert tiny.same(tiny.member(clean, place), tiny.member(after, place))
        assert tiny.member(after, place).active
    frozen = tiny.member(after, bad)
    assert not frozen.active
    assert frozen.bad_step == frozen.step
    if way != "rate":
        assert frozen.bad_step == 0
        assert tiny.same(frozen.params, before.params)
        assert tiny.same(frozen.optimizer, before.optimizer)
    else:
        assert 0 < frozen.bad_step < UPDATES
        assert all(np.isfinite(x).all() for x in jax.tree.leaves((frozen.params, frozen.loss)))
        # Its parameters are those of the last good update, and that was an update: one less is another state.
        upto, until = (broken.train(broken.init(), int(frozen.bad_step) - less) for less in (0, 1))
        assert tiny.member(upto, bad).active
        assert tiny.same(tiny.member(upto, bad).params, frozen.params)
        assert not tiny.same(tiny.member(until, bad).params, frozen.params)


def test_a_parameter_that_overflows_is_caught_in_the_step_that_writes_it(four):
    """Loss and gradient are finite in this step: only the new parameters are not."""
    huge = tiny.with_scalar(four, "optimizer.learning_rate", [0.1, 3e38, 0.1, 0.1])
    start = huge.init()
    params = jax.tree.map(lambda x: x.at[1].set(jnp.float32(3e38)) if x.ndim == 2 else x, start.params)
    state = tiny.member(huge.train(start._replace(params=huge.layout.place_members(params)), 3), 1)
    assert not state.active
    assert all(np.isfinite(x).all() for x in jax.tree.leaves(state.params))


def test_a_diverged_member_is_marked_and_never_selected(four, tmp_path):
    broken, _ = broken_by(four, "rate", 2)
    fitted = fit(broken, tiny.names(broken), tmp_path)
    bad = fitted.standings[2]
    assert bad.bad_step == bad.steps == int(fitted.state.bad_step[2])
    assert not bad.active
    assert [s.bad_step for s in fitted.standings if s is not bad] == [None] * 3
    assert [s.steps for s in fitted.standings if s is not bad] == [12] * 3
    # What it was selected on, if anything, came before it broke.
    assert bad.best_step is None or bad.best_step <= bad.bad_step
    assert isinstance(bad, Standing)


def test_what_is_written_of_a_diverged_run_depends_on_no_company_and_no_dispatch(tmp_path):
    """A member that breaks: alone, and beside a sound one in dispatches of one update."""
    texts = []
    for number, (rates, dispatch) in enumerate([((1e30,), None), ((1e30, 0.1), 1)]):
        runs = [
            tiny.config(
                task=ADDING,
                model=RNN,
                optimizer={"kind": "sgd", "learning_rate": rate},
                execution={"steps_per_dispatch": dispatch},
            )
            for rate in rates
        ]
        members = tiny.population(runs, [0, 1][: len(rates)])
        folder = tmp_path / str(number)
        assert fit(members, tiny.names(members), folder).standings[0].bad_step in (1, 2)
        lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
        texts.append([line for line in lines if line["run"] == "run0"])
    assert texts[0] == texts[1]
    assert [line["step"] for line in texts[0]] == [0, 4]
    assert not texts[0][1]["active"]
