"""Tagging: words, letters and tags of a batch, metrics by hand, the two rules, and files of one's own."""

from itertools import product
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from lstm_research import baselines
from lstm_research.baselines._scored import scored
from lstm_research.baselines.hmm_tagger import Hmm
from lstm_research.config.load import from_dict
from lstm_research.config.traced import split
from lstm_research.data.paths import DataPaths
from lstm_research.data.sets import conll
from lstm_research.data.tagged import Sentence, TaggedSet, read_columns
from lstm_research.models.spelling import Spelling
from lstm_research.tasks.tagging import Config, spans
from lstm_research.training.layout import Layout
from lstm_research.training.population import Population
from lstm_research.types import ConfigError, DataError

BIO = {"the": "O", "cat": "B-X", "big": "B-X", "dog": "I-X", "ran": "O"}


def sentences(*texts: str) -> tuple[Sentence, ...]:
    return tuple(Sentence(tuple(t.split()), tuple(BIO.get(w, "O") for w in t.split())) for t in texts)


def made() -> TaggedSet:
    train = sentences("the cat ran", "the big dog ran", "the cat", "a big dog") * 3
    return TaggedSet(train, sentences("the dog"), sentences("the cat ran", "the bigger dog saw the cat", "ran"))


def test_a_batch_shows_words_letters_and_tags() -> None:
    task = Config(letters=4, min_count=4).build(made())
    assert task.fitted["words"] == ["<unk>", "the", "big", "cat", "dog", "ran"]
    assert task.fitted["rare"] == ["a"]
    source = task.source("test", 2)
    batch = source.evaluation_batch(source.arrays, jnp.int32(0))
    assert batch.inputs.shape == (6, 2, 5)
    words = [task.fitted["words"][k] for k in batch.inputs[:3, 0, 0].tolist()]
    assert words == ["the", "cat", "ran"]
    letters = ["", *task.fitted["letters"]]
    assert "".join(letters[k] for k in batch.inputs[1, 1, 1:].tolist()) == "bier"  # bi-gg-er, first and last two
    assert batch.targets["unseen"][:, 1].tolist() == [0, 1, 0, 1, 0, 0]
    assert [task.tags[k] for k in batch.targets["tag"][:3, 0].tolist()] == ["O", "B-X", "O"]
    assert not batch.inputs[3:, 0].any()


def test_metrics_by_hand() -> None:
    task = Config().build(made())
    place = {tag: k for k, tag in enumerate(task.tags)}
    told = (["O", "B-X", "O"], ["O", "B-X", "I-X", "O", "O", "O"], ["B-X"])
    outputs = np.zeros((3, 6, len(task.tags)), np.float32)
    for row, tags in zip(outputs, told, strict=True):
        row[np.arange(len(tags)), [place[tag] for tag in tags]] = 1
    found = scored(task, "test", outputs)
    # Truth: O B-X O | O O I-X O O B-X | O.
    assert found["accuracy"] == pytest.approx(7 / 10)
    assert found["accuracy_unknown"] == pytest.approx(1 / 2)
    assert found["unknown"] == pytest.approx(2 / 10)
    # Spans in truth: cat; dog (an I-X that continues nothing); cat. Told: cat; bigger dog; ran.
    assert found["f1"] == pytest.approx(2 * 1 / (3 + 3))


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ("O B-A I-A O", {("A", 1, 3)}),
        ("I-A I-A B-A", {("A", 0, 2), ("A", 2, 3)}),
        ("B-A I-B", {("A", 0, 1), ("B", 1, 2)}),
        ("O O", set()),
    ],
)
def test_spans(tags: str, expected: Any) -> None:
    assert spans(tags.split()) == expected


def population(data: TaggedSet, **model: Any) -> Population:
    config = from_dict({
        "task": {"kind": "tagging"}, "data": {"kind": "conll", "path": "x"},
        "model": {"cell": {"kind": "gru", "hidden": 8}, "encoder": "embedding", "bidirectional": True, **model},
        "optimizer": {"kind": "adam", "learning_rate": 0.03},
        "training": {"steps": 80, "batch": 4, "eval_every": 80}, "execution": {"eval_batch": 2},
    })  # fmt: skip
    static, scalars = split(config)
    return Population(static, [scalars], [0], config.task.build(data), Layout("map", 1, "cpu"))


@pytest.mark.loose
def test_it_is_learnt_and_words_never_seen_are_told_by_their_letters() -> None:
    train = tuple(
        Sentence(*zip(*sorted([(f"{a}{b}ing", "G"), (f"{b}{a}ed", "P")], reverse=(k + j) % 2 == 0), strict=True))
        for k, a in enumerate("bcdfgh") for j, b in enumerate("lmnrst")
    )  # fmt: skip
    new = tuple(Sentence((f"x{a}ing", f"{a}xed", f"z{a}ed"), ("G", "P", "P")) for a in "bcdf")
    one = population(TaggedSet(train, new[:1], new), spelling=8)
    values = one.evaluate(one.train(one.init(), 80).params, "test")[0]
    assert float(values["accuracy_unknown"].mean()) == 1
    assert float(values["unknown"].mean()) == 1


def test_spelling_by_hand() -> None:
    one = Spelling(6, 3, rngs=nnx.Rngs(0), dtype=jnp.float32)
    letters = np.array([[2, 5, 3, 0, 0]])
    found = one(jnp.asarray(letters))[0]
    e = np.asarray(one.letters.table[...])
    line = [np.zeros(24), *(e[k] for k in (2, 5, 3)), np.zeros(24)]
    every = [np.tanh(np.concatenate(line[i : i + 3]) @ np.asarray(one.kernel[...])) for i in range(3)]
    np.testing.assert_allclose(found, np.max(every, axis=0), rtol=1e-5)
    np.testing.assert_array_equal(found, one(jnp.asarray(letters[:, :3]))[0])


def test_viterbi_finds_the_best_of_all_taggings() -> None:
    draw = np.random.default_rng(1)
    told = [
        (tuple(draw.choice(list("abcd"), n)), tuple(draw.choice(["X", "Y", "Z"], n))) for n in draw.integers(1, 6, 30)
    ]
    model = Hmm(told, ("X", "Y", "Z"))
    assert np.allclose(np.exp(model.transition)[:3, :3].sum(axis=-1), 1)
    for words in [("a", "b", "c", "d"), ("d",), ("a", "unseen", "b")]:

        def score(tags: tuple[int, ...], words: tuple[str, ...] = words) -> float:
            line = [3, 3, *tags]
            return sum(
                model.transition[line[i], line[i + 1], line[i + 2]] + model.emitted(word)[tags[i]]
                for i, word in enumerate(words)
            )

        best = max(product(range(3), repeat=len(words)), key=score)
        assert score(tuple(model.tags(words))) == pytest.approx(score(best))


def test_rules_are_fitted_on_train() -> None:
    task = Config().build(made())
    most, hmm = (baselines.evaluate(name, task, "test") for name in ("majority_tag", "hmm_tagger"))
    # Both words that are not in train have the tag that most words have there.
    assert most["accuracy"] == most["accuracy_unknown"] == 1
    assert set(most) == set(hmm)
    assert hmm["accuracy"] >= 0.8


def test_columns_of_a_file(tmp_path: Path) -> None:
    rest = "\t_" * 6 + "\n"
    text = f"# a comment\n1\tThe\tthe\tDET{rest}2-3\tdon't\t_\t_{rest}2\tdo\tdo\tAUX{rest}\n"
    assert read_columns(text, "f", 2, 4) == (Sentence(("The", "do"), ("DET", "AUX")),)
    assert read_columns("a X\nb Y\n\n\nc X\n", "f", 1, 2) == (
        Sentence(("a", "b"), ("X", "Y")),
        Sentence(("c",), ("X",)),
    )
    for broken, told in (
        ("a X\nb\n", "f:2: 1 columns, and the word is in column 1, its tag in 2"),
        ("\n\n", "f: no sentence"),
    ):
        with pytest.raises(DataError, match=told):
            read_columns(broken, "f", 1, 2)
    path, paths = tmp_path / "my.conll", DataPaths(data_dir=None, cache_dir=tmp_path)
    path.write_text("".join(f"word{k} X\nand Y\n\n" for k in range(40)))
    config = conll.Config(path=str(path))
    data = config.load(paths)
    assert (len(data.train), len(data.valid), len(data.test)) == (32, 4, 4)
    lines = tmp_path / "new.txt"
    lines.write_text("and so on\n")
    task = Config().build(data)
    new = Config().restored(task.fitted, config.load_new(lines, {}), every=True)
    batch = new.source("test", 1).evaluation_batch(new.source("test", 1).arrays, jnp.int32(0))
    assert float(jax.device_get(new.metrics(jnp.zeros((3, 1, 2)), batch)["accuracy"].count)) == 0
    assert [row["word"] for row in new.lines({"tag": np.zeros((1, 3), int)})] == ["and", "so", "on"]
    with pytest.raises(DataError, match="valid: tag 'Z' of 'b' is not in train"):
        Config().build(TaggedSet((Sentence(("a",), ("X",)),), (Sentence(("b",), ("Z",)),), data.test))


def test_a_folder_has_a_file_for_each_split(tmp_path: Path) -> None:
    paths, config = DataPaths(data_dir=None, cache_dir=tmp_path), conll.Config(path=str(tmp_path))
    for name, word in (("eng.train", "a"), ("eng.testa", "b"), ("eng.testb", "c")):
        (tmp_path / name).write_text(f"{word} X\n\nand X\n")
    data = config.load(paths)
    assert [part[0].words for part in (data.train, data.valid, data.test)] == [("a",), ("b",), ("c",)]
    (tmp_path / "train.txt").write_text("x X\n")
    with pytest.raises(ConfigError, match=r"data.path: .*whose name says train, and there is eng.train, train.txt"):
        config.load(paths)


def test_spelling_is_for_words(tmp_path: Path) -> None:
    from lstm_research.launch.tasks import Tasks
    from lstm_research.results.store import Store

    config = from_dict({
        "task": {"kind": "adding", "length": 5}, "model": {"cell": {"kind": "gru", "hidden": 2}, "spelling": 3},
        "optimizer": {"kind": "sgd", "learning_rate": 0.1}, "training": {"steps": 2, "batch": 2, "eval_every": 1},
    })  # fmt: skip
    tasks = Tasks(DataPaths(data_dir=None, cache_dir=tmp_path), Store(tmp_path / "runs"))
    with pytest.raises(ConfigError, match="is for tasks that spell words"):
        tasks.runs(config)
