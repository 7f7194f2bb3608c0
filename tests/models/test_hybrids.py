"""What may stand around the recurrence: a convolution before it, attention over its states after it."""

from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from lstm_research.cells import gru
from lstm_research.config.load import from_dict
from lstm_research.config.schema import ConvolutionConfig, ModelConfig
from lstm_research.data.paths import DataPaths
from lstm_research.launch.tasks import Tasks
from lstm_research.models.attention import Pooling
from lstm_research.models.convolution import Convolution
from lstm_research.models.sequence_model import SequenceModel
from lstm_research.recurrence import Batch
from lstm_research.results.store import Store
from lstm_research.types import ConfigError

T, B, D, K = 7, 4, 3, 2
MASK = np.arange(T)[:, None] < np.array([7, 4, 0, 1])
XS = np.random.default_rng(0).normal(size=(T, B, D)).astype(np.float32)


@pytest.mark.parametrize(("width", "stride"), [(1, 1), (3, 1), (3, 2), (4, 4), (9, 3)])
def test_convolution_by_hand(width: int, stride: int) -> None:
    one = Convolution(ConvolutionConfig(width=width, stride=stride), D, K, rngs=nnx.Rngs(0), dtype=jnp.float32)
    one.bias[...] = jnp.array([0.3, -0.2])
    ys, valid = one(jnp.asarray(XS), jnp.asarray(MASK))
    kernel, bias = np.asarray(one.kernel[...]), np.asarray(one.bias[...])
    assert ys.shape == (-(-T // stride), B, K)
    for b in range(B):
        length = int(MASK[:, b].sum())
        assert valid[:, b].sum() == -(-length // stride)
        for place in range(len(ys)):
            if not valid[place, b]:
                assert (ys[place, b] == 0).all()
                continue
            last = place * stride + stride - 1
            total = bias.copy()
            for w in range(width):
                t = last - width + 1 + w
                if 0 <= t < length:
                    total += XS[t, b] @ kernel[w]
            np.testing.assert_allclose(ys[place, b], np.maximum(total, 0), rtol=1e-4, atol=1e-6)


def test_attention_pooling_by_hand() -> None:
    one = Pooling(D, rngs=nnx.Rngs(0), dtype=jnp.float32)
    found = one(jnp.asarray(XS), jnp.asarray(MASK))
    for b in range(B):
        states = XS[MASK[:, b], b]
        if len(states) == 0:
            assert (found[b] == 0).all()
            continue
        scores = np.tanh(states @ np.asarray(one.key.kernel[...])) @ np.asarray(one.score.kernel[...])[:, 0]
        weights = np.exp(scores - scores.max()) / np.exp(scores - scores.max()).sum()
        np.testing.assert_allclose(found[b], weights @ states, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("head", ["step", "mean", "attention"])
def test_padding_has_no_influence_on_hybrids(head: str) -> None:
    config = ModelConfig(
        cell=gru.Config(hidden=4), convolution=ConvolutionConfig(width=3, stride=1 if head == "step" else 2)
    )
    model = SequenceModel(config, inputs=D, tokens=False, outputs=K, head=head, rngs=nnx.Rngs(0))
    graph, params = nnx.split(model)

    @jax.jit
    def pulled(params: Any, xs: Any) -> Any:
        def total(params: Any, xs: Any) -> Any:
            batch = Batch(xs, None, jnp.asarray(MASK), jnp.zeros((T, B), bool), jnp.ones(B))
            outputs = nnx.merge(graph, params)(batch)[1]
            return jnp.where(MASK[..., None], outputs, 0).sum() if head == "step" else outputs.sum()

        return jax.value_and_grad(total, argnums=(0, 1))(params, xs)

    clean = pulled(params, np.where(MASK[..., None], XS, 0))
    spoilt = pulled(params, np.where(MASK[..., None], XS, np.nan))
    for a, b in zip(jax.tree.leaves(clean), jax.tree.leaves(spoilt), strict=True):
        np.testing.assert_array_equal(a, b)
    assert not np.asarray(clean[1][1])[~MASK].any()


@pytest.mark.parametrize(
    ("task", "model", "told"),
    [
        (
            {"kind": "copy_memory", "delay": 3},
            {"convolution": {"width": 3, "stride": 2}},
            "convolution.stride=2 leaves",
        ),
        ({"kind": "copy_memory", "delay": 3}, {"head": "attention"}, "one output per sequence"),
    ],
)
def test_combinations_that_cannot_be(task: Any, model: Any, told: str, tmp_path: Path) -> None:
    config = from_dict({
        "task": task, "model": {"cell": {"kind": "gru", "hidden": 2}, **model},
        "optimizer": {"kind": "sgd", "learning_rate": 0.1}, "training": {"steps": 2, "batch": 2, "eval_every": 1},
    })  # fmt: skip
    tasks = Tasks(DataPaths(data_dir=None, cache_dir=tmp_path), Store(tmp_path / "runs"))
    with pytest.raises(ConfigError, match=told):
        tasks.runs(config)


def test_a_stride_never_skips_steps() -> None:
    with pytest.raises(ConfigError, match="stride=3 is more than width=2"):
        from_dict({
            "task": {"kind": "adding", "length": 5},
            "model": {"cell": {"kind": "gru", "hidden": 2}, "convolution": {"width": 2, "stride": 3}},
            "optimizer": {"kind": "sgd", "learning_rate": 0.1}, "training": {"steps": 2, "batch": 2, "eval_every": 1},
        })  # fmt: skip
