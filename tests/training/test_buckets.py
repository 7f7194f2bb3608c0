"""Training and evaluation in buckets: the same run alone and in company, the same values as without buckets."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import tiny_runs as tiny

from lstm_research.launch.check import check_task
from lstm_research.launch.padding import padding_told
from lstm_research.recurrence import Batch
from lstm_research.training.layout import choose
from lstm_research.training.program import make_program
from lstm_research.types import ConfigError

WHOLE = tiny.NotesConfig(window=None)
BUCKETS = replace(WHOLE, bucket_waste=0.3)
UPDATES = 6


def run_of(notes, **sections):
    return tiny.config(notes, **({"training": {"batch": 2}, "execution": {"eval_batch": 2}} | sections))


@pytest.mark.parametrize(
    ("layout", "dtype"),
    [("sharded_map", "float32")]
    + [
        pytest.param(layout, dtype, marks=pytest.mark.slow)
        for layout in tiny.LAYOUTS
        for dtype in ("float32", "float64")
        if (layout, dtype) != ("sharded_map", "float32")
    ],
)
def test_evaluation_in_buckets_is_evaluation(layout, dtype):
    """Under every layout: no bucket depends on a member here."""
    with jax.enable_x64(dtype == "float64"):
        model = {"cell": {"kind": "lstm", "hidden": 4}, "dtype": dtype}
        plain, parted = (
            tiny.population([run_of(notes, model=model)] * 2, [0, 1], layout)
            for notes in (WHOLE, replace(WHOLE, bucket_waste=0.1))
        )
        params = plain.init().params
        for split in ("train", "valid", "test"):
            assert len(parted.task.source(split, 2).buckets) > 1 or split == "test"
            for found, expected in zip(parted.evaluate(params, split), plain.evaluate(params, split), strict=True):
                assert found.keys() == expected.keys()
                for name, one in expected.items():
                    assert found[name].count == one.count
                    np.testing.assert_allclose(found[name].total, one.total, rtol=1e-10 if dtype == "float64" else 1e-5)


def test_an_update_in_a_bucket_is_the_update_on_its_pieces_however_padded():
    parts = tiny.population([run_of(BUCKETS)], [0])
    source = parts.training
    assert [bucket.length for bucket in source.buckets] == [11, 5]
    key = jax.random.fold_in(jax.random.key(0, impl="threefry2x32"), 2)

    class Longer:
        """The batches of one bucket, padded to more than the longest of all."""

        carried, arrays, evaluation_batches = False, source.arrays, 1

        def __init__(self, bucket):
            self.bucket = bucket

        def training_batch(self, arrays, key, step):
            made = self.bucket.training_batch(arrays, key, step)
            more = [(0, 13 - len(made.mask))]
            return Batch(*(jnp.pad(x, more + [(0, 0)] * (x.ndim - 1)) for x in made[:4]), made.weight)

    state = jax.tree.map(lambda x: x[0], parts.init())
    plain = [Longer(bucket) for bucket in source.buckets]
    steps = [jax.jit(make_program(parts.static, parts.task, one, one).step) for one in plain]
    member = jax.tree.map(lambda x: x[0], parts.members)
    seen = set()
    for _ in range(4):
        bucket = int(source.bucket(key, state.step))
        seen.add(bucket)
        state = steps[bucket](member, state, source.arrays)
    assert seen == {0, 1}
    found = tiny.member(parts.train(parts.init(), 4), 0)
    jax.tree.map(lambda x, y: np.testing.assert_allclose(x, y, rtol=1e-5, atol=1e-6), found, jax.device_get(state))
    assert found.loss.count == state.loss.count == 48  # both epochs whole


@pytest.mark.parametrize("layout", [pytest.param("map", marks=pytest.mark.slow), "sharded_map"])
def test_alone_and_in_a_population_are_the_same_bits(layout):
    members = tiny.population([run_of(BUCKETS)] * 3, [4, 5, 6], layout)
    alone = tiny.population([run_of(BUCKETS)], [5])
    found, expected = (one.train(one.init(), UPDATES) for one in (members, alone))
    assert tiny.same(tiny.member(found, 1), tiny.member(expected, 0))
    assert not tiny.same(tiny.member(found, 0).params, tiny.member(found, 1).params)


def test_a_run_that_was_cut_goes_on_to_the_same_bits(tmp_path):
    members = tiny.population([run_of(BUCKETS)] * 2, [0, 1])
    whole = tiny.finish(members, tmp_path / "whole")
    assert 0 < tiny.sit(members, tmp_path / "cut", 2) < 12
    assert tiny.finish(members, tmp_path / "cut") == whole


def test_layouts_that_would_compute_every_bucket():
    config = run_of(BUCKETS, execution={"eval_batch": 2, "layout": "sharded_vmap"})
    task = config.task.build(None)
    with pytest.raises(ConfigError, match=r"sharded_vmap would compute all 2 buckets .* use layout=sharded_map, or"):
        check_task(config, task.spec, task.source("train", 2))
    one = replace(config.task, bucket_waste=0.5).build(None)
    check_task(config, one.spec, one.source("train", 2))
    assert choose("auto", "cpu", 7, 10, rows=2).kind == "sharded_vmap"
    assert choose("auto", "cpu", 7, 10, rows=2, bucketed=True).kind == "sharded_map"


def test_a_bound_that_cannot_be_kept_names_one_that_can():
    config = run_of(replace(WHOLE, bucket_waste=0.1))
    task = config.task.build(None)
    with pytest.raises(
        ConfigError, match=r"bucket_waste=0\.1 cannot .* training\.batch=2.* set task\.bucket_waste=0\.25"
    ):
        check_task(config, task.spec, task.source("train", 2))
    can = replace(config.task, bucket_waste=0.25).build(None)
    check_task(config, can.spec, can.source("train", 2))


def test_padding_is_told():
    task = BUCKETS.build(None)
    assert padding_told(task.source("train", 2)) == "padding 25 % of steps in 2 buckets, without buckets 45 %"
    assert padding_told(WHOLE.build(None).source("train", 2)) == "padding 45 % of steps"
    assert padding_told(tiny.NotesConfig().build(None).source("train", 2)) == ""
