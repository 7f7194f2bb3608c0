"""Which layout is chosen, and what a missing device says."""

import jax
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
    ],
)
@pytest.mark.parametrize("device", ["auto", "cpu"])
def test_choice_on_two_host_devices(requested, members, work, kind, devices, device):
    assert jax.device_count() == 2
    assert choose(requested, device, members, work) == Layout(kind, devices, "cpu")


def test_a_device_that_is_not_here():
    with pytest.raises(ResourceError, match=r"execution\.device: no tpu here; use execution\.device=cpu, or auto"):
        choose("auto", "tpu", 1, 10)


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
