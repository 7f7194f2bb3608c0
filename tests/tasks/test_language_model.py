"""Language modelling: tokens, what a batch shows, and metrics that no batch, window or engine changes."""

from itertools import pairwise
from math import exp, log, log2

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lstm_research.baselines import ngram
from lstm_research.config.load import from_dict
from lstm_research.config.traced import split
from lstm_research.data.running_text import RunningText
from lstm_research.tasks.language_model import Config, split_up
from lstm_research.training.layout import Layout
from lstm_research.training.population import Population
from lstm_research.types import ConfigError, DataError

WORDS = "the cat sat \n on the mat\n\nthe dog sat"
TEXT = RunningText("abracadabra\n" * 20, "abc\n" * 9, "cadabra\nzab\n" * 5)
RNG = np.random.default_rng(4)


def characters(**fields):
    return Config(tokens="characters", **{"window": 5, "stretches": 3, **fields})


def test_tokens_are_characters_or_words_with_line_ends():
    assert split_up("to be", "characters") == ["t", "o", " ", "b", "e"]
    words = ["the", "cat", "sat", "<eos>", "on", "the", "mat", "<eos>", "<eos>", "the", "dog", "sat", "<eos>"]
    assert split_up(WORDS, "words") == words
    assert split_up("a b\n", "words") == ["a", "b", "<eos>"]


def test_the_vocabulary_is_that_of_train():
    task = Config(tokens="words", window=3, min_count=2).build(RunningText(WORDS, "a cat", "the bird sat"))
    assert task.vocabulary == ("<unk>", "<eos>", "the", "sat")
    assert task.tokens("test").tolist() == [2, 0, 3, 1]
    assert task.written(np.array([2, 3, 1, 2])) == "the sat\nthe"
    assert task.read("the sat\n").tolist() == [1, 2, 3]
    with pytest.raises(ConfigError, match=r"task\.min_count=9 leaves 0 tokens"):
        Config(tokens="words", window=3, min_count=9).build(RunningText(WORDS, "a", "b"))
    with pytest.raises(DataError, match="the text of valid is empty"):
        RunningText("a", " \n", "b")


@pytest.mark.parametrize("batch", [1, 2, 5])
def test_a_batch_shows_each_token_after_the_one_before_it(batch):
    task = characters().build(TEXT)
    source = task.source("valid", batch)
    seen = []
    for index in range(source.evaluation_batches):
        shown = jax.device_get(source.evaluation_batch(source.arrays, jnp.int32(index)))
        assert shown.inputs.dtype == shown.targets.dtype == np.int32
        for row in range(batch):
            mask = shown.mask[:, row]
            seen += list(zip(shown.inputs[mask, row], shown.targets[mask, row], shown.reset[mask, row], strict=True))
    assert len(seen) == len(TEXT.valid)
    assert sum(reset for *_, reset in seen) == 3
    assert all(given == task.start for given, _, reset in seen if reset)
    pairs = {(a, b) for part in task.stretches("valid") for a, b in pairwise(part)}
    assert {(given, wanted) for given, wanted, reset in seen if not reset} == pairs


def population(window, eval_batch, hidden=6, **model):
    config = from_dict({
        "task": {"kind": "language_model", "tokens": "characters", "window": window, "stretches": 3},
        "data": {"kind": "tiny_shakespeare"},
        "model": {"cell": {"kind": "gru", "hidden": hidden}, **model},
        "optimizer": {"kind": "sgd", "learning_rate": 0.1},
        "training": {"steps": 2, "batch": 2, "eval_every": 1},
        "execution": {"eval_batch": eval_batch},
    })  # fmt: skip
    static, scalars = split(config)
    return Population(static, [scalars], [0], config.task.build(TEXT), Layout("map", 1, "cpu"))


def test_perplexity_depends_neither_on_the_batch_nor_on_the_window():
    found = []
    for window, batch in ((5, 64), (5, 2), (17, 1), (200, 3)):
        one = population(window, batch)
        found.append({name: float(s.mean()) for name, s in one.evaluate(one.init().params, "test")[0].items()})
    for other in found[1:]:
        assert other == pytest.approx(found[0], rel=2e-6)
    first = found[0]
    assert first["perplexity"] == pytest.approx(exp(first["nll"]), rel=1e-6)
    assert first["bits_per_character"] == pytest.approx(first["nll"] / log(2), rel=1e-6)
    assert first["unknown"] == pytest.approx(5 / len(TEXT.test))


def test_bits_per_character_of_words_count_blanks_and_line_ends():
    task = Config(tokens="words", window=4, stretches=1).build(RunningText("aa b aa b", "aa b", "aa b"))
    source = task.source("valid", 1)
    batch = source.evaluation_batch(source.arrays, jnp.int32(0))
    found = task.metrics(jnp.zeros((4, 1, 4)), batch)
    assert float(found["bits_per_character"].mean()) == pytest.approx(3 * log2(4) / (3 + 2 + 1), rel=1e-6)


def slow_probability(train, before, token, n, task):
    """Kneser-Ney as it is written in Chen & Goodman, one count at a time."""
    line = [task.start] * (n - 1) + list(train)
    raw = [tuple(line[i - n + 1 : i + 1]) for i in range(n - 1, len(line))]

    def counts(k):
        if k == n:
            grams = raw
        else:
            grams = [gram[1:] for gram in sorted({tuple(line[i - k : i + 1]) for i in range(n - 1, len(line))})]
        table = {}
        for gram in grams:
            table[gram] = table.get(gram, 0) + 1
        return table

    def discounts(table):
        one, two, three, four = (sum(c == x for c in table.values()) for x in (1, 2, 3, 4))
        if min(one, two, three) == 0:
            return [0, 0.5, 0.5, 0.5]
        y = one / (one + 2 * two)
        told = [0, 1 - 2 * y * two / one, 2 - 3 * y * three / two, 3 - 4 * y * four / three]
        return [min(max(d, 0), most) for d, most in zip(told, (0, 1, 2, 3), strict=True)]

    def p(k):
        if k == 0:
            return 1 / len(task.vocabulary)
        table = counts(k)
        d = discounts(table)
        context = tuple(before[len(before) - k + 1 :])
        after = {gram[-1]: c for gram, c in table.items() if gram[:-1] == context}
        if not after:
            return p(k - 1)
        total, c = sum(after.values()), after.get(token, 0)
        left = sum(d[min(x, 3)] for x in after.values())
        return (c - d[min(c, 3)]) / total + left / total * p(k - 1)

    return p(n)


@pytest.mark.parametrize("n", [2, 3, 4])
def test_the_ngram_model_equals_a_slow_one_and_is_a_distribution(n):
    train = "".join(RNG.choice(list("abcd \n"), 300, p=[0.4, 0.2, 0.1, 0.05, 0.2, 0.05]))
    task = characters().build(RunningText(train, "abad", "dacax"))
    tokens, test = task.tokens("train"), task.tokens("test")
    fast = ngram.probabilities(tokens, test, n, task)
    line = [task.start] * (n - 1) + test.tolist()
    befores = [line[i : i + n - 1] for i in range(len(test))]
    slow = [slow_probability(tokens, before, token, n, task) for before, token in zip(befores, test, strict=True)]
    np.testing.assert_allclose(fast, slow, rtol=1e-12)
    for before in befores:
        whole = [slow_probability(tokens, before, token, n, task) for token in range(len(task.vocabulary))]
        assert sum(whole) == pytest.approx(1, rel=1e-12)


def test_the_ngram_row_has_the_metrics_of_the_task():
    task = characters().build(TEXT)
    found = ngram.evaluate(task, "test")
    one = population(5, 4)
    assert set(found) == set(one.evaluate(one.init().params, "test")[0]) - {"loss"}
    assert found["nll"] < task.chance()["nll"]
