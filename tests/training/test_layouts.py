"""Which layout is chosen, and what a missing device says."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import tiny_runs as tiny

from lstm_research.training.layout import Layout, choose
from lstm_research.types import ResourceError


@pytest.mark.parametrize(
    ("requested", "members", "work", "kind", "devices"),
    [
        ("auto", 1, 800_000, "map", 1),
        ("auto", 2, 800_000, "sharded_map", 2),
        ("auto", 3, 800_000, "sharded_map", 2),
        ("auto", 6, 50_000, "sharded_map", 2),
        ("auto", 7, 50_000, "sharded_vmap", 2),
        ("auto", 7, 50_001, "sharded_map", 2),
        ("map", 5, 10, "map", 1),
        ("vmap", 5, 10, "vmap", 1),
        ("sharded_vmap", 1, 10, "sharded_vmap", 1),
        ("sharded_map", 5, 10, "sharded_map", 2),
        ("sharded_batch", 1, 10, "sharded_batch", 2),
    ],
)
@pytest.mark.parametrize("device", ["auto", "cpu"])
def test_choice_on_two_host_devices(requested, members, work, kind, devices, device):
    assert jax.device_count() == 2
    assert choose(requested, device, members, work, rows=4) == Layout(kind, devices, "cpu")


def test_a_device_that_is_not_here():
    with pytest.raises(ResourceError, match=r"execution\.device: no tpu here; use execution\.device=cpu, or auto"):
        choose("auto", "tpu", 1, 10, rows=4)


def test_a_recorded_layout_is_not_squeezed_onto_fewer_devices():
    with pytest.raises(ResourceError, match=r"sharded_map over 4 cpu devices, but 2 here: .*JAX_NUM_CPU_DEVICES=4"):
        Layout("sharded_map", 4, "cpu").place_members(np.zeros(4))


def test_the_shape_of_a_state_needs_none_of_its_devices():
    """A run trained elsewhere can be read, and evaluated, here."""
    here = tiny.population([tiny.config()] * 3, [0, 1, 2], "sharded_map")
    there = tiny.population([tiny.config()] * 3, [0, 1, 2])
    there.layout = Layout("sharded_map", 2, "tpu")
    there._given = here._given
    assert jax.tree.map(lambda x: (x.shape, x.dtype), there.abstract) == jax.tree.map(
        lambda x: (x.shape, x.dtype), here.abstract
    )


def test_fillers_never_train_and_are_never_seen():
    members = tiny.population([tiny.config()] * 3, [0, 1, 2], "sharded_map")
    state = members.init()
    assert np.asarray(state.active).tolist() == [True, True, True, False]
    after = members.train(state, 2)
    assert np.asarray(after.step).tolist() == [2, 2, 2, 0]
    assert len(members.evaluate(after.params, "valid")) == 3


DIVIDED = {
    "recall": (None, {}),
    "windows": (tiny.NotesConfig(), {"model": {"dropout": 0.2}}),
    "whole": (tiny.NotesConfig(window=None), {"optimizer": {"clip_norm": 0.1}}),
    "buckets": (tiny.NotesConfig(window=None, bucket_waste=0.2), {}),
    "odd": (None, {"training": {"batch": 3}}),
}


@pytest.mark.parametrize("name", DIVIDED)
def test_a_batch_that_is_divided_gives_the_numbers_of_a_whole_one(name):
    """But for rounding: sums over rows are added up over devices. The same random numbers, carries and clipping."""
    notes, sections = DIVIDED[name]
    configs = [tiny.config(notes, **sections)] * 2
    whole, divided = (tiny.population(configs, [0, 1], layout) for layout in ("map", "sharded_batch"))
    states = [one.train(one.init(), 6) for one in (whole, divided)]
    for x, y in zip(*(jax.tree.leaves(jax.device_get(one.params)) for one in states), strict=True):
        np.testing.assert_allclose(x, y, rtol=2e-4, atol=2e-5)
    sums = [one.evaluate(state.params, "valid") for one, state in zip((whole, divided), states, strict=True)]
    for one, other in zip(*sums, strict=True):
        assert {key: value.count for key, value in one.items()} == {key: value.count for key, value in other.items()}
        for key in one:
            np.testing.assert_allclose(one[key].total, other[key].total, rtol=1e-4)


def test_rows_go_to_devices_where_they_can_be_divided():
    layout = tiny.DIVIDED
    task = tiny.NotesConfig().build(None)

    def spread(rows):
        source = task.source("train", rows)
        return jax.jit(
            lambda: layout.spread(source.training_batch(source.arrays, jax.random.key(0), jnp.int32(0)), per_step=True)
        )()

    four = spread(4)
    assert {len(x.sharding.device_set) for x in jax.tree.leaves(four)} == {2}
    assert four.inputs.addressable_shards[0].data.shape == (4, 2, tiny.KEYS)
    assert {len(x.sharding.device_set) for x in jax.tree.leaves(spread(3))} == {1}
    members = tiny.population([tiny.config()], [0], "sharded_batch")
    assert members.layout.padded(3) == 3
