"""Published texts: prepared from the files at hand, with the counts of their READMEs; and what sets make of them."""

import os
from collections import Counter
from pathlib import Path

import pytest

from lstm_research.data import DataPaths
from lstm_research.data.prepared import load
from lstm_research.data.sets import names, scan, sms_spam, sst, tiny_shakespeare, trec, ud_english_ewt, wikitext2
from lstm_research.data.texts import TextSet
from lstm_research.tasks.language_model import Config

DATA = os.environ.get("LSTM_RESEARCH_DATA", "")
pytestmark = pytest.mark.skipif(not DATA, reason="LSTM_RESEARCH_DATA is not set")

COUNTS = {
    "sst/fine": (8544, 1101, 2210),
    "sst/binary": (6920, 872, 1821),
    "trec/questions": (5452, 500),
    "sms_spam/messages": (5574,),
    "names/surnames": (20050,),
    "scan/simple": (16728, 4182),
    "scan/length": (16990, 3920),
    "scan/jump": (14670, 7706),
    "scan/turn_left": (21890, 1208),
}


@pytest.fixture
def paths() -> DataPaths:
    return DataPaths(data_dir=Path(DATA), cache_dir=Path(os.environ["LSTM_RESEARCH_CACHE"]), offline=True)


@pytest.mark.parametrize("part", COUNTS)
def test_counts(part: str, paths: DataPaths) -> None:
    assert tuple(len(examples) for examples in load(*part.split("/"), paths).splits.values()) == COUNTS[part]


def sizes(data: TextSet) -> tuple[int, int, int]:
    parts = [set(part.texts) for part in (data.train, data.valid, data.test)]
    assert not parts[0] & parts[1]
    assert not parts[0] & parts[2]
    assert not parts[1] & parts[2]
    return tuple(len(part.texts) for part in (data.train, data.valid, data.test))


def test_splits_of_texts(paths: DataPaths) -> None:
    spam = sms_spam.Config().load(paths)
    assert sum(sizes(spam)) == 5574
    assert spam.classes == ("ham", "spam")
    assert sum(int((part.answers == 1).sum()) for part in (spam.train, spam.valid, spam.test)) == 747
    surnames = names.Config().load(paths)
    assert sum(sizes(surnames)) == 20050
    assert len(surnames.classes) == 18
    russian = surnames.classes.index("Russian")
    assert sum(int((p.answers == russian).sum()) for p in (surnames.train, surnames.valid, surnames.test)) == 9384
    coarse, fine = (trec.Config(labels=labels).load(paths) for labels in ("coarse", "fine"))
    assert (len(coarse.classes), len(fine.classes), len(set(fine.test.answers.tolist()))) == (6, 50, 42)
    assert len(coarse.test.texts) == 500
    review = sst.Config().load(paths)
    assert Counter(review.test.answers.tolist()) == {0: 912, 1: 909}


def test_commands_that_are_held_out_are_not_in_train(paths: DataPaths) -> None:
    data = scan.Config(split="jump").load(paths)
    assert len(data.train) + len(data.valid) == 14670
    assert not {s for s, _ in data.valid} & {s for s, _ in data.train}
    # Train shows jump alone, as often as a tenth of it; test in every other way.
    assert {s for s, _ in (*data.train, *data.valid) if "jump" in s} == {"jump"}
    assert all("jump" in s.split() for s, _ in data.test)
    lengths = scan.Config(split="length").load(paths)
    assert max(len(t.split()) for _, t in lengths.train) == 22
    assert min(len(t.split()) for _, t in lengths.test) == 24


def test_tokens_of_running_text(paths: DataPaths) -> None:
    shakespeare = tiny_shakespeare.Config().load(paths)
    whole = shakespeare.train + shakespeare.valid + shakespeare.test
    assert (len(whole), len(set(whole))) == (1_115_394, 65)
    assert len(shakespeare.train) == 1_003_854
    words = Config(tokens="words", window=35).build(wikitext2.Config().load(paths))
    assert [len(words.tokens(split)) for split in ("train", "valid", "test")] == [2_088_628, 217_646, 245_569]
    assert len(words.vocabulary) == 33_278


def test_sentences_of_the_treebank(paths: DataPaths) -> None:
    data = ud_english_ewt.Config().load(paths)
    assert [len(part) for part in (data.train, data.valid, data.test)] == [12544, 2001, 2077]
    words = [sum(len(one.words) for one in part) for part in (data.train, data.valid, data.test)]
    assert words == [204_577, 25_147, 25_094]
    assert len({tag for one in data.train for tag in one.tags}) == 17
