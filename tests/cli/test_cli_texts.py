"""Texts and tags of one's own: a run on a CSV, what it tells of it, and what it says of a sentence."""

import csv
import io

import pytest

CONFIG = """\
# For or against?
task: {kind: text_classification, min_count: 2, longest: 5, bucket_waste: 0.3}
data: {kind: labelled_texts, path: my.csv, text: review, label: stars}
model: {cell: {kind: gru, hidden: 4}, encoder: embedding, bidirectional: true, head: max}
optimizer: {kind: adam, learning_rate: 0.05}
training: {steps: 60, batch: 8, eval_every: 30}
"""
TAGS = """\
# Is it an animal?
task: {kind: tagging, min_count: 1}
data: {kind: conll, path: my.conll}
model: {cell: {kind: gru, hidden: 4}, encoder: embedding, spelling: 4, bidirectional: true}
optimizer: {kind: adam, learning_rate: 0.05}
training: {steps: 60, batch: 8, eval_every: 30}
"""


def written(numbers: range, word: dict[int, str]) -> str:
    """Reviews of one to five tokens, and every tenth one of more: the first says what it is."""
    return "".join(
        f'"{word[k % 2]}{", really" * (k % 3)}{", and it is long as well" * (k % 10 == 0)}",{("yes", "no")[k % 2]}\n'
        for k in numbers
    )


@pytest.fixture
def own(lab):
    (lab / "configs" / "films.yaml").write_text(CONFIG)
    (lab / "configs" / "tags.yaml").write_text(TAGS)
    (lab / "my.csv").write_text("review,stars\n" + written(range(60), {0: "Good", 1: "Bad"}))
    return lab


def test_texts_of_ones_own_are_classified(own, call):
    code, out, err = call("run", "films", "--test")
    assert code == 0, err
    assert "my.csv: 60 texts" in err
    assert "words of train are known; unknown are" in err
    assert "6 of 60 texts cut to 5" in err
    run = out.split()[0]
    assert "test accuracy 1," in out
    (own / "my.csv").unlink()  # the data of then are not needed

    (own / "new.csv").write_text("review\nGOOD\nbad\nnot one of these\n")
    code, out, err = call("predict", run, "new.csv")
    assert code == 0, err
    rows = list(csv.DictReader(io.StringIO(out)))
    assert [(row["sequence"], row["class"], row["truth"]) for row in rows[:2]] == [
        ("GOOD", "yes", ""),
        ("bad", "no", ""),
    ]
    assert [float(row["unknown"]) for row in rows] == [0, 0, 1]
    assert "where the truth is known" not in err

    code, out, err = call("predict", run, "--text", "Good, really")
    assert code == 0, err
    (row,) = csv.DictReader(io.StringIO(out))
    assert (row["sequence"], row["class"]) == ("Good, really", "yes")
    (own / "new.txt").write_text("Good, really\n")
    assert call("predict", run, "new.txt")[1] == out
    (own / "held.csv").write_text("review,stars\n" + written(range(60, 80), {0: "Good", 1: "Bad"}))
    assert "where the truth is known: accuracy 1," in call("predict", run, "held.csv")[2]


def test_sentences_of_ones_own_are_tagged(own, call):
    lines = [f"the O\n{a} B-X\nran O\n\n{a} B-X\n{'big O' if k % 2 else 'and O'}\n" for k, a in enumerate("abcdef" * 8)]
    (own / "my.conll").write_text("\n".join(lines))
    code, out, err = call("run", "tags", "--test")
    assert code == 0, err
    assert "f1 1" in out
    code, out, err = call("predict", out.split()[0], "--text", "the b ran")
    assert code == 0, err
    rows = list(csv.DictReader(io.StringIO(out)))
    assert [(row["word"], row["tag"], row["truth"]) for row in rows] == [
        ("the", "O", ""), ("b", "B-X", ""), ("ran", "O", ""),
    ]  # fmt: skip
    assert "where the truth is known" not in err


def test_what_cannot_be_is_told(own, call):
    for arguments, told in (
        (("3f",), "give a FILE, or --text TEXT"),
        (("3f", "new.csv", "--text", "x"), "give a FILE, or --text TEXT"),
        (("3f", "--text", "  "), "--text: it is empty"),
    ):
        code, _, err = call("predict", *arguments)
        assert (code, told in err) == (2, True), err
    (own / "one.csv").write_text("review,stars\n" + "a,yes\nb,yes\nc,yes\n" * 9)
    code, _, err = call("run", "films", "data.path=one.csv")
    assert (code, "one.csv: train: every text is of class 'yes'" in err) == (3, True), err
    run = call("run", "small")[1].split()[0]
    code, _, err = call("predict", run, "--text", "a sentence")
    assert (code, "says nothing of new data" in err) == (2, True), err
