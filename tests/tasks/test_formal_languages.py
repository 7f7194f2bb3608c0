"""Formal languages: every string answered again by a slow reader in plain Python; what counts, and what is chance."""

from functools import cache, partial
from typing import Any, get_args

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import slow_languages

from lstm_research.config.load import draft, resolve
from lstm_research.recurrence import Batch
from lstm_research.tasks import formal_language
from lstm_research.tasks.languages import NOT_ASKED, Name
from lstm_research.types import ConfigError

NAMES = list(get_args(Name))
READERS = slow_languages.READERS
MANY = 1200
TRANSDUCED = ["reverse", "duplicate", "odds_first", "bucket_sort", "binary_addition", "stack_manipulation"]


def build(name: str, **other: Any) -> Any:
    values = {"train_lengths": (1, 20), "test_lengths": (21, 48), "tested": 6, "n_valid": 64, "n_test": MANY}
    return formal_language.Config(language=name, **(values | other)).build(None)


def batch_of(task: Any, split: str, rows: int) -> Batch:
    """`rows` strings of a split, on the host."""
    source = task.source(split, rows)
    if split == "train":
        return jax.device_get(jax.jit(source.training_batch)((), jax.random.key(7), jnp.int32(3)))
    return jax.device_get(jax.jit(source.evaluation_batch)(source.arrays, jnp.int32(0)))


@cache
def many(name: str, split: str) -> Batch:
    """MANY strings of a split: made once, since compiling takes its time."""
    return batch_of(build(name), split, MANY)


def on_device(batch: Batch) -> Batch:
    return jax.tree.map(jnp.asarray, batch)


def read(task: Any, batch: Batch) -> list[tuple[str, list[str]]]:
    """Each string as text, and the answers at its steps; what stands in the padding is looked at as well."""
    formal, found = task.language, []
    for i in range(batch.mask.shape[1]):
        steps = int(batch.mask[:, i].sum())
        assert batch.mask[:steps, i].all()
        assert (batch.targets[steps:, i] == NOT_ASKED).all()
        found.append(
            (
                "".join(formal.symbols[x] for x in batch.inputs[:steps, i]),
                [shown(formal, t) for t in batch.targets[:steps, i]],
            )
        )
    return found


def shown(formal: Any, target: int) -> str:
    if target == NOT_ASKED:
        return "."
    if formal.sets:
        return "".join(sorted(symbol for place, symbol in enumerate(formal.answers) if target >> place & 1))
    return formal.answers[target]


@pytest.mark.parametrize("split", ["train", "test"])
@pytest.mark.parametrize("name", NAMES)
def test_a_slow_reader_finds_the_same_answers(name: str, split: str) -> None:
    strings = read(build(name), many(name, split))
    for text, answers in strings:
        assert READERS[name](text) == answers, text
    if split == "test" and not name.startswith("anb"):
        assert len({text for text, _ in strings}) > 1100


def test_every_language_has_a_reader() -> None:
    assert set(READERS) == set(NAMES)


def test_brackets_of_other_kinds_are_read_alike() -> None:
    for k, symbols in ((1, "()"), (4, "()[]{}<>")):
        task = build("dyck", k=k)
        for text, answers in read(task, batch_of(task, "test", 200)):
            assert slow_languages.dyck(text, symbols) == answers, text


@pytest.mark.parametrize("name", NAMES)
def test_the_readers_catch_a_wrong_answer_and_a_wrong_string(name: str) -> None:
    """One wrong target, a shift by a step, a string cut short: each is caught."""
    task = build(name)
    text, answers = max(read(task, many(name, "train")), key=lambda one: len(one[0]))
    place = max(n for n, answer in enumerate(answers) if answer != ".")
    wrong = next(symbol for symbol in task.language.answers if symbol not in answers[place])
    assert READERS[name](text) != [*answers[:place], wrong, *answers[place + 1 :]]
    assert READERS[name](text) != [".", *answers[:-1]]
    try:
        assert READERS[name](text[:-1]) != answers
    except AssertionError:
        return


def test_a_wrong_solver_is_caught() -> None:
    task = build("modular_arithmetic")
    strings = read(task, many("modular_arithmetic", "train"))
    assert any(slow_languages.without_precedence(text) != answers for text, answers in strings)


def length_of(text: str) -> int:
    return len(text.replace("_", ""))


@pytest.mark.parametrize("name", NAMES)
def test_lengths_are_uniform_in_training_and_dealt_in_test(name: str) -> None:
    task = build(name)
    allowed = task.language.lengths(1, 20)
    lengths = [length_of(text) for text, _ in read(task, many(name, "train"))]
    counts = np.array([lengths.count(n) for n in allowed])
    assert counts.sum() == MANY
    expected = MANY / len(allowed)
    # Chi squared with len - 1 degrees: five deviations above its mean.
    degrees = len(allowed) - 1
    assert ((counts - expected) ** 2 / expected).sum() < degrees + 5 * (2 * degrees) ** 0.5

    batch = many(name, "test")
    dealt = [length_of(text) for text, _ in read(task, batch)]
    assert len(set(dealt)) == 6
    assert all(dealt.count(n) == MANY // 6 for n in task.tested)
    assert 21 <= min(dealt) <= 24
    assert 45 <= max(dealt) <= 48
    assert max(lengths) < min(dealt)
    blind = jnp.zeros((*batch.mask.shape, task.spec.outputs))
    np.testing.assert_array_equal(task.keep(blind, on_device(batch))["length"], dealt)


@pytest.mark.parametrize("name", NAMES)
def test_a_batch_is_as_long_as_its_longest_string(name: str) -> None:
    for split in ("train", "test"):
        batch = many(name, split)
        assert batch.mask.sum(axis=0).max() == batch.mask.shape[0]
        assert ((batch.targets != NOT_ASKED) & batch.mask).any(axis=0).all()


@pytest.mark.parametrize("name", TRANSDUCED)
def test_blanks_say_nothing(name: str) -> None:
    """After the string all inputs are blank, and no answer is asked before: nothing of it can be copied from there."""
    task = build(name)
    blank = task.language.symbols.index("_")
    batch = many(name, "train")
    asked = batch.targets != NOT_ASKED
    assert (batch.inputs[asked] == blank).all()
    for i in range(MANY):
        first = int(np.argmax(batch.inputs[:, i] == blank))
        assert (batch.inputs[first:, i] == blank).all()
        assert not asked[:first, i].any()
        assert asked[first, i]


def test_strings_of_a_grammar_have_the_probabilities_it_gives_them() -> None:
    """Of seven symbols: each string's probability is half to the power of its choices, over that of all."""
    task = build("reber", train_lengths=(7, 7))
    texts = [text for text, _ in read(task, batch_of(task, "train", 4000))]
    free = {text: 0.5 ** sum(len(answer) == 2 for answer in slow_languages.reber(text)) for text in set(texts)}
    for text, weight in free.items():
        p = weight / sum(free.values())
        assert abs(texts.count(text) / 4000 - p) < 4 * (p * (1 - p) / 4000) ** 0.5, text


def test_balanced_brackets_are_uniform() -> None:
    """Of one kind and eight symbols there are Catalan(4) = 14 strings."""
    task = build("dyck", k=1, train_lengths=(8, 8))
    texts = [text for text, _ in read(task, batch_of(task, "train", 4000))]
    assert len(set(texts)) == 14
    for text in set(texts):
        assert abs(texts.count(text) - 4000 / 14) < 4 * (4000 / 14) ** 0.5, text


def perfect(task: Any, batch: Batch) -> Any:
    """Logits that are right and sure."""
    if task.language.sets:
        return jnp.where(task._members(jnp.asarray(batch.targets)) == 1, 30.0, -30.0)
    return 30.0 * jax.nn.one_hot(jnp.asarray(batch.targets), task.spec.outputs)


def test_metrics_of_right_and_wrong_answers() -> None:
    for name in ("parity", "reverse", "dyck", "stack_manipulation"):
        task, weight = build(name), jnp.ones(MANY).at[30:].set(0.0)
        batch = on_device(many(name, "test"))
        batch = batch._replace(weight=weight, mask=batch.mask & (weight > 0)[None, :])
        right = perfect(task, batch)
        found = {metric: one.mean() for metric, one in task.metrics(right, batch).items()}
        assert found == {"accuracy": 1.0, "exact": 1.0}
        assert task.loss(right, batch).mean() < 1e-6
        # One answer of the first string wrong.
        asked = batch.targets[:, 0] != NOT_ASKED
        place = int(np.flatnonzero(asked)[0])
        worse = right.at[place, 0].multiply(-1.0)
        found = {metric: float(one.mean()) for metric, one in task.metrics(worse, batch).items()}
        assert found["accuracy"] == pytest.approx(1 - 1 / asked.sum() / 30)
        assert found["exact"] == pytest.approx(29 / 30)
        kept = {key: value[batch.weight > 0] for key, value in task.keep(worse, batch).items()}
        assert np.mean(kept["share"]) == pytest.approx(found["accuracy"])


@pytest.mark.parametrize("name", ["parity", "reverse", "anbn", "reber"])
def test_what_is_not_asked_does_not_count(name: str) -> None:
    """NaN at every other step changes neither loss, gradient nor metrics; at an asked one no answer is right."""
    task = build(name)
    batch = on_device(many(name, "train"))
    asked = (batch.targets != NOT_ASKED)[..., None]
    outputs = jax.random.normal(jax.random.key(0), (*batch.mask.shape, task.spec.outputs))
    broken = jnp.where(asked, outputs, jnp.nan)
    mean = lambda x: task.loss(x, batch).total  # noqa: E731
    for value, other in zip(jax.value_and_grad(mean)(outputs), jax.value_and_grad(mean)(broken), strict=True):
        np.testing.assert_array_equal(value, other)
    assert task.metrics(outputs, batch) == task.metrics(broken, batch)
    assert task.loss(outputs, batch).count == float(asked.sum())
    assert task.metrics(jnp.full_like(outputs, jnp.nan), batch)["accuracy"].total == 0


def test_accuracy_by_length_is_that_of_the_strings_of_the_lengths() -> None:
    task = build("reverse", bin=10)
    batch = on_device(many("reverse", "test"))
    outputs = jax.random.normal(jax.random.key(1), (*batch.mask.shape, 2))
    kept = jax.device_get(task.keep(outputs, batch))
    found = task.whole(kept)
    assert list(found) == ["accuracy_21_30", "accuracy_31_40", "accuracy_41_48"]
    right = np.asarray(outputs).argmax(axis=-1) == batch.targets
    strings = batch.mask.sum(axis=0) // 2
    for name, value in found.items():
        low, high = map(int, name.split("_")[1:])
        rows = [i for i in range(MANY) if low <= strings[i] <= high]
        slow = [right[:, i].sum() / strings[i] for i in rows]
        assert value == pytest.approx(np.mean(slow), abs=1e-6)
    assert np.mean([kept["share"]]) == pytest.approx(float(task.metrics(outputs, batch)["accuracy"].mean()), abs=1e-6)
    valid = on_device(batch_of(task, "valid", 64))
    assert task.whole(task.keep(jnp.zeros((*valid.mask.shape, 2)), valid)) == {}


@pytest.mark.parametrize("name", NAMES)
def test_chance_is_the_best_answer_that_is_always_the_same(name: str) -> None:
    """Every constant answer, scored by the task's own metrics on the test set; where counted, on other strings."""
    task, batch = build(name), on_device(many(name, "test"))
    score = jax.jit(partial(task.metrics, batch=batch))
    found: dict[str, float] = {"accuracy": 0, "exact": 0}
    for one in np.unique(batch.targets[batch.targets != NOT_ASKED]):
        constant = perfect(task, batch._replace(targets=jnp.full_like(batch.targets, one)))
        for metric, value in score(constant).items():
            found[metric] = max(found[metric], float(value.mean()))
    assert task.chance().keys() == found.keys()
    for metric, value in task.chance().items():
        assert abs(found[metric] - value) < 0.05, metric


def test_chance_of_one_answer_is_what_is_derived() -> None:
    """Short strings, where the derivations differ most from the limit."""
    for name, length in (("cycle_navigation", 2), ("modular_arithmetic", 5), ("modular_arithmetic_brackets", 11),
                         ("even_pairs", 1)):  # fmt: skip
        task = build(name, train_lengths=(length, length))
        batch = batch_of(task, "train", 20000)
        answers = batch.targets[batch.targets != NOT_ASKED]
        p = task.language.chance(length)[0]
        assert abs((answers == np.bincount(answers).argmax()).mean() - p) <= 4 * (p * (1 - p) / 20000) ** 0.5, name


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"language": "parity", "k": 3}, "task.k=3 is for task.language=dyck"),
        ({"language": "reber", "train_lengths": (1, 4)}, "reber has no string of these lengths, but of 5 and more"),
        ({"language": "dyck", "test_lengths": (43, 43)}, "but of 2 and then every 2 and more"),
        ({"language": "parity", "train_lengths": (40, 1)}, "write the shortest length first"),
        ({"language": "parity", "n_test": 100}, "take a multiple of 24"),
    ],
)
def test_misfits_are_refused(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said.replace("[", r"\[")):
        formal_language.Config(**given).build(None)


def test_a_config_names_a_language_that_there_is() -> None:
    with pytest.raises(ConfigError, match="parity"):
        resolve(draft("formal_language"), ["task.language=parties"])
    assert resolve(draft("formal_language"), ["task.train_lengths=[2,9]"]).task.train_lengths == (2, 9)
