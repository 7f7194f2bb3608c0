"""The encoder-decoder: padding, teacher forcing against its own steps, attention by hand, beams against all targets."""

from itertools import product
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from lstm_research.cells import gru, lstm
from lstm_research.config.schema import ModelConfig
from lstm_research.models.attention import Attention
from lstm_research.models.transducer import Transducer
from lstm_research.recurrence import Batch, Pair

S, T, B, K = 5, 4, 3, 4
SOURCE = np.array([[1, 2, 3], [2, 0, 1], [3, 0, 2], [0, 0, 1], [0, 0, 1]], np.int32)
LENGTHS = np.array([3, 1, 5])
READ = np.arange(S)[:, None] < LENGTHS
TARGET = np.array([[2, 3, 3], [3, 0, 2], [0, 0, 2], [0, 0, 0]], np.int32)
MASK = np.arange(T)[:, None] < np.array([3, 2, 4])


def model(attention: str = "dot", beam: int = 1, seed: int = 0, **fields: Any) -> Transducer:
    config = ModelConfig(cell=lstm.Config(hidden=6), encoder="embedding", attention=attention, beam=beam, **fields)
    built = Transducer(config, inputs=5, outputs=K, rngs=nnx.Rngs(seed))
    # Far from even, so that the most probable target is not a matter of rounding.
    nnx.update(built, jax.tree.map(lambda x: 2.5 * x, nnx.state(built, nnx.Param)))
    return built


def batch(source: Any = SOURCE, target: Any = TARGET) -> Batch:
    written = np.concatenate([np.ones((1, B), np.int32), target[:-1]])
    pair = Pair(jnp.asarray(source), jnp.asarray(READ), jnp.asarray(written))
    return Batch(pair, {"tokens": jnp.asarray(target)}, jnp.asarray(MASK), jnp.zeros((T, B), bool), jnp.ones(B))


@pytest.mark.parametrize("attention", ["none", "additive", "dot"])
def test_padding_has_no_influence(attention: str) -> None:
    built = model(attention, bidirectional=True, layers=2)
    logits = built(batch())[1].logits
    other = built(batch(np.where(READ, SOURCE, 4), np.where(MASK, TARGET, 3)))[1].logits
    np.testing.assert_allclose(logits[MASK], other[MASK], rtol=1e-6)


@pytest.mark.parametrize("attention", ["none", "additive", "dot"])
def test_decoding_is_the_call_one_step_at_a_time(attention: str) -> None:
    """Shown what it wrote itself, the call finds each of these tokens the most probable."""
    built = model(attention, layers=2)
    data = batch()
    tokens, score = built.decode(data.inputs.source, data.inputs.source_mask, T)
    again = batch(target=np.asarray(tokens))._replace(mask=jnp.ones((T, B), bool))
    logits = built(again)[1].logits
    nats = jax.nn.log_softmax(logits)
    for row in range(B):
        ended, total = False, 0.0
        for t in range(T):
            wanted = 0 if ended else int(jnp.argmax(logits[t, row]))
            assert int(tokens[t, row]) == wanted
            total += 0.0 if ended else float(nats[t, row, wanted])
            ended = ended or wanted == 0
        assert float(score[row]) == pytest.approx(total, rel=1e-5)


def all_targets(built: Transducer, row: int, steps: int) -> dict[tuple[int, ...], float]:
    """Log probability of every target of a source, END at its end or cut off after so many steps."""
    found: dict[tuple[int, ...], float] = {}
    source, mask = jnp.asarray(SOURCE[:, row : row + 1]), jnp.asarray(READ[:, row : row + 1])
    ones = jnp.ones((steps, 1), bool)
    for tokens in product(range(K), repeat=steps):
        end = tokens.index(0) if 0 in tokens else steps
        if any(tokens[end:]):
            continue
        target = np.array(tokens, np.int32)[:, None]
        written = np.concatenate([np.ones((1, 1), np.int32), target[:-1]])
        one = Batch(Pair(source, mask, jnp.asarray(written)), None, ones, ~ones, jnp.ones(1))
        nats = jax.nn.log_softmax(built(one)[1].logits)[:, 0]
        counted = range(min(end + 1, steps))
        found[tokens] = sum(float(nats[t, tokens[t]]) for t in counted)
    return found


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_wide_beam_finds_the_most_probable_of_all_targets(seed: int) -> None:
    steps = 3
    wide = model("additive", beam=K**steps, seed=seed)
    tokens, score = wide.decode(jnp.asarray(SOURCE), jnp.asarray(READ), steps)
    narrow = model("additive", beam=1, seed=seed).decode(jnp.asarray(SOURCE), jnp.asarray(READ), steps)[1]
    for row in range(B):
        every = all_targets(wide, row, steps)
        best = max(every, key=lambda target: every[target])
        assert tuple(np.asarray(tokens[:, row]).tolist()) == best
        assert float(score[row]) == pytest.approx(every[best], rel=1e-5)
        assert float(narrow[row]) <= float(score[row]) + 1e-6


@pytest.mark.parametrize("kind", ["additive", "dot"])
def test_attention_by_hand(kind: str) -> None:
    draw = np.random.default_rng(0)
    queries, states = draw.normal(size=(2, B, 3)).astype(np.float32), draw.normal(size=(S, B, 4)).astype(np.float32)
    one = Attention(kind, queries=3, keys=4, rngs=nnx.Rngs(0), dtype=jnp.float32)
    mask = READ.copy()
    mask[:, 1] = False
    found, weights = one(jnp.asarray(queries), one.keys(jnp.asarray(states)), jnp.asarray(states), jnp.asarray(mask))
    key = np.asarray(one.key[...])
    for t in range(2):
        for b in range(B):
            q, ks = queries[t, b], states[mask[:, b], b]
            if len(ks) == 0:
                assert (weights[t, b] == 0).all()
                assert (found[t, b] == 0).all()
                continue
            if kind == "dot":
                scores = ks @ key @ q
            else:
                scores = np.tanh(q @ np.asarray(one.query[...]) + ks @ key) @ np.asarray(one.score[...])[:, 0]
            expected = np.exp(scores - scores.max()) / np.exp(scores - scores.max()).sum()
            np.testing.assert_allclose(weights[t, b][mask[:, b]], expected, rtol=1e-5)
            np.testing.assert_allclose(found[t, b], expected @ ks, rtol=1e-4, atol=1e-6)


def test_attended_is_where_the_call_looked() -> None:
    weights = model("additive").attended(batch())
    assert weights.shape == (T, B, S)
    np.testing.assert_allclose(np.asarray(weights).sum(axis=-1), 1, rtol=1e-5)
    assert (np.asarray(weights)[:, ~READ.T] == 0).all()


def test_any_cell_decodes() -> None:
    config = ModelConfig(cell=gru.Config(hidden=4), encoder="embedding", learned_carry=True)
    built = Transducer(config, inputs=5, outputs=K, rngs=nnx.Rngs(0))
    tokens, _ = built.decode(jnp.asarray(SOURCE), jnp.asarray(READ), 3)
    assert tokens.shape == (3, B)
