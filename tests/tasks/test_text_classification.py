"""Text classification: tokens, a vocabulary of train alone, unknown words, padding, and a bag of words beside it."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest

from lstm_research import baselines
from lstm_research.baselines._scored import scored
from lstm_research.config.load import from_dict
from lstm_research.config.traced import split
from lstm_research.data.paths import DataPaths
from lstm_research.data.sets import labelled_texts
from lstm_research.data.texts import Texts, TextSet, in_three, new_texts, text_set
from lstm_research.metrics.whole import f1
from lstm_research.tasks.text_classification import Config, split_up
from lstm_research.training.layout import Layout
from lstm_research.training.population import Population
from lstm_research.types import ConfigError, DataError

GOOD, BAD = ("good film", "bad film")


def made() -> TextSet:
    train = [
        (f"a {word} {noun}", label)
        for word, label in (("fine", "+"), ("dull", "-"))
        for noun in ("film", "plot", "cast")
    ]
    return text_set(train, [("fine!", "+"), ("dull film here", "-")], [("A FINE thing", "+"), ("", "-"), ("dull", "-")])


def test_words_and_characters() -> None:
    assert split_up("Isn't it so-so?  \u00c9t\u00e9_1", "words") == [
        "isn't",
        "it",
        "so",
        "-",
        "so",
        "?",
        "\u00e9t\u00e9",
        "_",
        "1",
    ]
    assert split_up("a b", "characters") == ["a", " ", "b"]


def test_the_vocabulary_is_of_train_and_the_rest_unknown() -> None:
    task = Config().build(made())
    assert task.fitted["vocabulary"] == ["<unk>", "a", "dull", "fine", "cast", "film", "plot"]
    source = task.source("test", 2)
    first, last = (source.evaluation_batch(source.arrays, jnp.int32(i)) for i in range(2))
    assert first.inputs.dtype == jnp.int32
    assert first.inputs[:, 0].tolist() == [1, 3, 0]
    assert first.mask[:, 1].tolist() == [True, False, False]  # no token: one unknown
    assert last.inputs[0, 0] == 2
    found = scored(task, "test", np.zeros((3, 2), np.float32))
    assert found["unknown"] == pytest.approx(2 / 5)
    assert Config(min_count=3).build(made()).fitted["vocabulary"] == ["<unk>", "a", "dull", "fine"]
    assert (
        Config(longest=1).build(made()).source("test", 1).evaluation_batch(source.arrays, jnp.int32(0)).mask.shape[0]
        == 1
    )


def test_what_a_user_is_told_of_the_tokens() -> None:
    task = Config(min_count=3, longest=2).build(made())
    # Test is `a fine`, one text without any token, and `dull`; of train six texts are cut.
    assert task.told == (
        "3 words of train are known; unknown are 0.0 % of train, 50.0 % of valid, 25.0 % of test; "
        "8 of 11 texts cut to 2"
    )


def test_valid_and_test_change_nothing_that_is_fitted() -> None:
    one, data = Config().build(made()), made()
    other = Texts(("never seen before", "dull"), np.array([0, 1], np.int32))
    assert Config().build(replace(data, valid=other, test=other)).fitted == one.fitted
    assert Config().build(replace(data, train=other)).fitted != one.fitted  # the check can fail
    pytest.importorskip("sklearn")
    assert baselines.evaluate("bag_of_words", one, "valid") == baselines.evaluate(
        "bag_of_words", Config().build(replace(data, test=other)), "valid"
    )


def test_buckets_and_batches_change_no_metric() -> None:
    data = made()
    long = replace(
        data, train=data.train._replace(texts=tuple(f"{t} {'so ' * k}" for k, t in enumerate(data.train.texts)))
    )
    plain, bucketed = (Config(bucket_waste=waste).build(long).source("train", 2) for waste in (None, 0.0))
    assert plain.padding > bucketed.padding
    seen = []
    for parts in ((plain,), bucketed.buckets):
        batches = [
            part.evaluation_batch(part.arrays or bucketed.arrays, jnp.int32(k))
            for part in parts for k in range(part.evaluation_batches)
        ]  # fmt: skip
        seen.append(
            sorted(
                tuple(batch.inputs[np.asarray(batch.mask[:, row]), row].tolist())
                for batch in batches for row in range(int(batch.weight.sum()))
            )
        )  # fmt: skip
        assert all(not np.asarray(batch.inputs)[~np.asarray(batch.mask)].any() for batch in batches)
    assert seen[0] == seen[1]


def run(data: TextSet, steps: int, **task: Any) -> tuple[Population, Any]:
    config = from_dict({
        "task": {"kind": "text_classification", **task}, "data": {"kind": "sst"},
        "model": {"cell": {"kind": "gru", "hidden": 8}, "encoder": "embedding", "bidirectional": True, "head": "max"},
        "optimizer": {"kind": "adam", "learning_rate": 0.03},
        "training": {"steps": 100, "batch": 4, "eval_every": 100}, "execution": {"eval_batch": 2},
    })  # fmt: skip
    static, scalars = split(config)
    one = Population(static, [scalars], [0], config.task.build(data), Layout("map", 1, "cpu"))
    return one, one.train(one.init(), steps)


@pytest.mark.loose
def test_it_learns_and_answers_for_new_texts_as_in_evaluation() -> None:
    one, state = run(made(), 60)
    values, kept = one.examine(state.params, "test")[0]
    assert float(values["accuracy"].mean()) >= 2 / 3
    task = one.task
    again = Config().restored(task.fitted, new_texts([("A FINE thing", None), ("dull", "-")], task.classes), every=True)
    rows = list(again.lines({"probability": kept["probability"][[0, 2]], "answer": again.data.test.answers}))
    assert [(row["sequence"], row["truth"]) for row in rows] == [("A FINE thing", None), ("dull", "-")]
    assert rows[0]["class"] == "+"


def test_f1_of_the_positive_class() -> None:
    truth, said = np.array([1, 1, 1, 0, 0], bool), np.array([1, 1, 0, 1, 0], bool)
    assert f1(truth, said) == pytest.approx(2 * 2 / (2 * 2 + 1 + 1))
    assert np.isnan(f1(np.zeros(3, bool), np.zeros(3, bool)))
    task = Config(positive="-").build(made())
    logits = np.array([[0, 1], [1, 0], [0, 1]], np.float32)  # classes are + and -: said are -, +, -
    assert task.classes == ("+", "-")
    assert scored(task, "test", logits)["f1"] == pytest.approx(2 * 1 / (2 * 1 + 1 + 1))
    with pytest.raises(ConfigError, match=r"task.positive: .*did you mean|not known"):
        Config(positive="x").build(made())


def test_a_bag_of_words_is_fitted_on_train() -> None:
    pytest.importorskip("sklearn")
    found = baselines.evaluate("bag_of_words", Config().build(made()), "test")
    assert found["accuracy"] >= 2 / 3
    assert set(found) == set(baselines.evaluate("majority", Config().build(made()), "test"))


def test_equal_texts_stay_together() -> None:
    labelled = [(f"text {k % 40}", "ab"[k % 2]) for k in range(200)]
    data = in_three(labelled, 0.2, 0.2)
    parts = [set(part.texts) for part in (data.train, data.valid, data.test)]
    assert not parts[0] & parts[1] | parts[0] & parts[2] | parts[1] & parts[2]
    assert sum(len(part.texts) for part in (data.train, data.valid, data.test)) == 200


def test_a_csv_of_ones_own(tmp_path: Path) -> None:
    path, paths = tmp_path / "my.csv", DataPaths(data_dir=None, cache_dir=tmp_path)
    path.write_text(
        "review,stars\n" + "".join(f'"{word} film, number {k}",{word}\n' for k in range(30) for word in ("good", "bad"))
    )
    config = labelled_texts.Config(path=str(path), text="review", label="stars")
    data = config.load(paths)
    assert (len(data.train.texts), len(data.valid.texts), len(data.test.texts)) == (42, 6, 12)
    assert data.classes == ("bad", "good")
    new = tmp_path / "new.csv"
    new.write_text('review\n"a good one, this"\n')
    assert config.load_new(new, {"classes": ["bad", "good"]}).test.texts == ("a good one, this",)
    lines = tmp_path / "new.txt"
    lines.write_text("a sentence\n\nanother\n")
    assert config.load_new(lines, {"classes": ["bad", "good"]}).test.answers.tolist() == [-1, -1]
    path.write_text("review,stars\ngood,a\n,b\n")
    with pytest.raises(DataError, match=r"my.csv:3: column 'review': is empty; fill the cell"):
        config.load(paths)
    new.write_text("review,stars,part\n" + "x,a,train\ny,b,train\nz,a,valid\nw,c,test\n")
    with pytest.raises(DataError, match=r"new.csv:5: column 'stars': class 'c' of test is not in train"):
        labelled_texts.Config(path=str(new), text="review", label="stars", split="part").load(paths)
    path.write_text("review,stars\na,x\nb,x\nc,y\n")
    with pytest.raises(DataError, match=r"my.csv: none of the texts is left for \w+: there are too few"):
        config.load(paths)
    path.write_text("text,stars\ngood,a\n")
    with pytest.raises(ConfigError, match=r"data.text: "):
        config.load(paths)
    path.write_text("review,stars,part\n" + "x,a,train\ny,b,train\nz,a,valid\nw,b,tset\n")
    with pytest.raises(DataError, match=r"my.csv:5: column 'part': 'tset' is no split"):
        labelled_texts.Config(path=str(path), text="review", label="stars", split="part").load(paths)


def test_a_mark_before_and_after_tells_where_characters_stand() -> None:
    """The same letters begin names of one class and end those of the other."""
    pytest.importorskip("sklearn")
    names = [("ab" + "c" * k, "+") for k in range(1, 9)] + [("c" * k + "ab", "-") for k in range(1, 9)]
    task = Config(tokens="characters").build(text_set(names, names, [("abx", "+"), ("xab", "-")]))
    assert baselines.evaluate("bag_of_words", task, "test")["accuracy"] == 1
