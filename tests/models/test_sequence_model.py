"""The parts of a model, one at a time, and the whole under jit."""

import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from lstm_research.cells import gru, lstm, rnn
from lstm_research.config.schema import ModelConfig
from lstm_research.models.dropout import dropout
from lstm_research.models.layer import Layer
from lstm_research.models.sequence_model import SequenceModel, pool
from lstm_research.recurrence import Batch

T, B, D, H, K = 5, 4, 3, 4, 2
MASK = jnp.asarray(np.arange(T)[:, None] < np.array([5, 3, 0, 1]))
ALL = jnp.ones((T, B), bool)
LSTM = lstm.Config(hidden=H)


def model(head: str = "step", tokens: bool = False, seed: int | None = 0, **fields: Any) -> SequenceModel:
    rngs = None if seed is None else nnx.Rngs(seed)
    config = ModelConfig(**{"cell": LSTM} | fields)
    return SequenceModel(config, inputs=D, tokens=tokens, outputs=K, head=head, rngs=rngs)


def batch(inputs: Any = None, mask: Any = MASK, reset: Any = None) -> Batch:
    inputs = np.random.default_rng(0).normal(size=(T, B, D)).astype(np.float32) if inputs is None else inputs
    reset = jnp.zeros_like(mask) if reset is None else reset
    return Batch(jnp.asarray(inputs), None, mask, reset, jnp.ones(mask.shape[1]))


def run(model: SequenceModel, data: Batch, carry: Any = None, key: Any = None) -> Any:
    """The model, compiled."""
    graph, params = nnx.split(model)
    return jax.jit(lambda p, *rest: nnx.merge(graph, p)(*rest))(params, data, carry, key)


def moved(model: SequenceModel) -> SequenceModel:
    """With no parameter at zero: learned carries start there."""
    nnx.update(model, jax.tree.map(lambda x: x + 0.1, nnx.state(model, nnx.Param)))
    return model


def close(found: Any, expected: Any, **options: Any) -> None:
    for a, b in zip(jax.tree.leaves(found), jax.tree.leaves(expected), strict=True):
        np.testing.assert_allclose(a, b, **{"rtol": 1e-5, "atol": 1e-6} | options)


def test_stack_of_directions_by_hand() -> None:
    """Two bidirectional residual layers are what their parts give one after another."""
    built = model(layers=2, bidirectional=True, residual=True, encoder="linear", encoder_size=2 * H)
    data = batch()
    carry, outputs = run(built, data)
    xs = jnp.where(MASK[..., None], data.inputs, jnp.zeros_like(data.inputs))
    xs = xs @ built.encoder.kernel[...] + built.encoder.bias[...][None, None]
    for (forward, backward), last in zip(built.layers, carry, strict=True):
        assert (forward.reverse, backward.reverse) == (False, True)
        pairs = [layer(xs, None, MASK) for layer in (forward, backward)]
        close(last, [pair[0] for pair in pairs])
        xs = xs + jnp.concatenate([pair[1] for pair in pairs], axis=-1)
    close(outputs, xs @ built.head.kernel[...] + built.head.bias[...][None, None])


def test_residual_where_widths_agree() -> None:
    """The first layer widens, so only the second one adds its input."""
    plain = model(layers=2)
    data = batch()
    hs = plain.layers[0][0](data.inputs, None, MASK)[1]
    after = plain.layers[1][0](hs, None, MASK)[1]
    close(run(plain, data)[1], after @ plain.head.kernel[...])
    close(run(model(layers=2, residual=True), data)[1], (hs + after) @ plain.head.kernel[...])


@pytest.mark.parametrize(
    "fields",
    [{"layers": 2, "residual": True}, {"learned_carry": True, "encoder": "linear"}, {"cell": gru.Config(hidden=H)}],
    ids=["residual", "learned", "gru"],
)
def test_fold_of_step_equals_the_call(fields: dict) -> None:
    built = moved(model(**fields))
    data = batch(mask=ALL)
    last, outputs = run(built, data)
    step = jax.jit(built.step)
    carry, folded = built.initial_carry(B), []
    for x in data.inputs:
        carry, out = step(carry, x)
        folded.append(out)
    close((carry, jnp.stack(folded)), (last, outputs))


def test_step_of_tokens_and_of_both_directions() -> None:
    tokens = jnp.asarray(np.random.default_rng(0).integers(0, D, (T, B)), jnp.int32)
    built = model(tokens=True, encoder="embedding")
    close(built.step(built.initial_carry(B), tokens[0])[1], run(built, batch(tokens, ALL))[1][0])
    both = model(bidirectional=True)
    with pytest.raises(ValueError, match=r"set model\.bidirectional=false"):
        both.step(both.initial_carry(B), batch().inputs[0])


def test_carry_goes_on_and_reset_begins_anew() -> None:
    built = moved(model(layers=2, learned_carry=True))
    whole = batch(mask=ALL)
    first, second = (batch(whole.inputs[part], ALL[part]) for part in (slice(0, 2), slice(2, T)))
    carry, early = run(built, first)
    after, late = run(built, second, carry)
    close((after, jnp.concatenate([early, late])), run(built, whole))
    again = second._replace(reset=second.reset.at[0].set(True))
    close(run(built, again, carry), run(built, second))


def test_learned_carry_gets_a_gradient() -> None:
    """It starts at zero, one for each layer and direction."""
    built = model(learned_carry=True, cell=rnn.Config(hidden=H), bidirectional=True)
    graph, params = nnx.split(built)
    gradient = jax.jit(jax.grad(lambda p: nnx.merge(graph, p)(batch())[1].sum()))(params)
    for before, slope in ((nnx.merge(graph, p).layers[0] for p in pair) for pair in [(params, gradient)]):
        for layer, change in zip(before, slope, strict=True):
            assert not np.any(layer.first.h[...])
            assert np.any(change.first.h[...])


@pytest.mark.parametrize("head", ["last", "mean", "max"])
def test_pool(head: str) -> None:
    """Of the valid steps alone; a sequence without any, or a batch without steps, gives zeros."""
    random = np.random.default_rng(1)
    hs, mask = random.normal(size=(T, 6, H)), np.arange(T)[:, None] < np.array([5, 3, 0, 1, 2, 5])
    mask[1, 0] = mask[4, 5] = False  # padding in the middle, and at the end of a full row
    by_hand = {"last": lambda h: h[-1], "mean": lambda h: h.mean(axis=0), "max": lambda h: h.max(axis=0)}[head]
    expected = [by_hand(hs[mask[:, row], row]) if mask[:, row].any() else np.zeros(H) for row in range(6)]
    hs[~mask] = np.nan
    pooled = jax.jit(functools.partial(pool, head))
    value, valid = jnp.asarray(hs, jnp.float32), jnp.asarray(mask)
    close(pooled(value, valid), np.stack(expected))
    close(pooled(value[:0], valid[:0]), np.zeros((6, H)))
    gradient = np.asarray(jax.grad(lambda hs: pooled(hs, valid).sum())(value))
    assert np.isfinite(gradient).all()
    assert not np.any(gradient[~mask])
    close(gradient.sum(axis=0), np.broadcast_to(mask.any(axis=0)[:, None], (6, H)))


@pytest.mark.parametrize("head", ["step", "last", "max"])
def test_padding_never_matters(head: str) -> None:
    """To the whole model, in value and gradient, bit for bit."""
    graph, params = nnx.split(model(head, layers=2, bidirectional=True, encoder="linear"))

    @jax.jit
    def both(params: Any, xs: Any) -> Any:
        def loss(params: Any) -> Any:
            outputs = nnx.merge(graph, params)(batch(xs))[1]
            return (outputs**2).sum(), outputs

        return jax.value_and_grad(loss, has_aux=True)(params)

    mask = np.asarray(MASK)[..., None]
    clean = np.where(mask, batch().inputs, np.float32(0))
    expected, found = both(params, clean), both(params, np.where(mask, clean, np.float32("nan")))
    for a, b in zip(jax.tree.leaves(found), jax.tree.leaves(expected), strict=True):
        np.testing.assert_array_equal(a, b)
        assert np.isfinite(a).all()


def test_tokens_one_hot_are_features() -> None:
    """Without an encoder a token is its one-hot vector; a linear encoder of it is an embedding with a bias."""
    tokens = np.random.default_rng(0).integers(0, D, (T, B)).astype(np.int32)
    close(run(model(tokens=True), batch(tokens, ALL)), run(model(), batch(np.eye(D, dtype=np.float32)[tokens], ALL)))
    embedding = model(tokens=True, encoder="embedding")
    linear = model(tokens=True, encoder="linear", seed=None)
    linear.layers, linear.head = embedding.layers, embedding.head
    linear.encoder.kernel[...] = embedding.encoder.table[...]
    close(run(linear, batch(tokens))[1], run(embedding, batch(tokens))[1])


def test_dropout_keeps_the_mean_and_its_mask() -> None:
    xs = jnp.ones((40, 50, 20))
    drop = jax.jit(dropout, static_argnames="variational")
    free = np.asarray(drop(jax.random.key(0), xs, jnp.float32(0.3), variational=False))
    fixed = np.asarray(drop(jax.random.key(0), xs, jnp.float32(0.3), variational=True))
    deviation = np.sqrt(0.3 / 0.7)
    for dropped, count in ((free, free.size), (fixed, fixed[0].size)):
        np.testing.assert_allclose(np.unique(dropped), [0, 1 / 0.7], rtol=1e-6)
        assert abs(dropped.mean() - 1) < 4 * deviation / np.sqrt(count)
    np.testing.assert_array_equal(fixed, np.broadcast_to(fixed[:1], fixed.shape))
    assert np.any(free != free[:1])
    np.testing.assert_array_equal(drop(jax.random.key(0), xs, jnp.float32(0), variational=False), xs)
    assert dropout(None, xs, 0.3, variational=False) is xs
    assert dropout(jax.random.key(0), xs, None, variational=False) is xs


def test_dropout_rates_of_members() -> None:
    """A traced rate under vmap is each member's own; nothing is dropped without a key."""
    rates = jnp.array([0.0, 0.2, 0.6])
    params = nnx.state(model(dropout=0.5, layers=2), nnx.Param)

    def member(rate: Any, key: Any) -> Any:
        built = model(dropout=rate, layers=2, seed=None)
        nnx.update(built, params)
        dropped = dropout(jax.random.key(0), jnp.ones((9, 99, 9)), rate, variational=False)
        return built(batch(), key=key)[1], built(batch())[1], (dropped == 0).mean()

    with_key, without, zeros = jax.jit(jax.vmap(member, in_axes=(0, None)))(rates, jax.random.key(1))
    close(with_key[0], without[0])
    assert np.any(with_key[1] != with_key[2])
    close(without[1:], without[:2])
    close(zeros, rates, atol=0.02)


def test_blank_model_takes_parameters() -> None:
    """Made without keys, a model is zeros of the same shapes; `nnx.update` makes it the other."""
    fields = {"layers": 2, "bidirectional": True, "encoder": "linear", "learned_carry": True}
    drawn, blank = model(**fields), model(seed=None, **fields)
    params = nnx.state(drawn, nnx.Param)
    nnx.update(blank, params)
    for found, expected in zip(run(blank, batch()), run(drawn, batch()), strict=True):
        close(found, expected, rtol=0, atol=0)


def test_the_engine_auto_means() -> None:
    assert [model(engine=engine).layers[0][0].engine for engine in ("auto", "reference")] == ["fused", "reference"]
    close(run(model(), batch()), run(model(engine="reference"), batch()))


def test_every_layer_of_a_checkpointed_model_is() -> None:
    fields = {"layers": 2, "bidirectional": True, "residual": True, "learned_carry": True}
    checkpointed = model(engine="checkpointed", checkpoint_every=2, **fields)
    layers = [layer for directions in checkpointed.layers for layer in directions]
    assert [(layer.engine, layer.checkpoint_every) for layer in layers] == [("checkpointed", 2)] * 4
    close(run(checkpointed, batch()), run(model(engine="reference", **fields), batch()))


def test_bfloat16_runs() -> None:
    """And gives what float32 gives, to two digits."""
    fields = {"layers": 2, "encoder": "linear", "learned_carry": True}
    exact = model("mean", **fields)
    graph, _ = nnx.split(model("mean", dtype="bfloat16", dropout=0.1, **fields))
    params = jax.tree.map(lambda x: x.astype(jnp.bfloat16), nnx.split(exact)[1])

    def loss(params: Any) -> Any:
        outputs = nnx.merge(graph, params)(batch(), key=jax.random.key(0))[1]
        return outputs.sum(), nnx.merge(graph, params)(batch())[1]

    (value, outputs), gradient = jax.jit(jax.value_and_grad(loss, has_aux=True))(params)
    assert {x.dtype for x in jax.tree.leaves((value, outputs, gradient))} == {jnp.dtype("bfloat16")}
    assert all(np.isfinite(np.asarray(x, np.float32)).all() for x in jax.tree.leaves((value, gradient)))
    close(np.asarray(outputs, np.float32), run(exact, batch())[1], atol=0.02)


def test_layer_on_an_array() -> None:
    """A layer needs nothing but an array."""
    last, hs = Layer(LSTM.build(D, rngs=nnx.Rngs(0)), engine="fused")(jnp.ones((T, B, D)))
    assert hs.shape == (T, B, H)
    close(last.h, hs[-1])
