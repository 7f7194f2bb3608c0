"""Free Spoken Digits and MNIST: counts as published, splits that share nobody, and what a step is."""

import gzip
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made_sound import tone, wav

from lstm_research.data import DataPaths
from lstm_research.data.builders.mnist import idx
from lstm_research.data.mapped import in_file
from lstm_research.data.prepared import Prepared, load
from lstm_research.data.sets import fsdd, mnist
from lstm_research.types import DataError

DATA = os.environ.get("LSTM_RESEARCH_DATA", "")
with_data = pytest.mark.skipif(not DATA, reason="LSTM_RESEARCH_DATA is not set")


@pytest.fixture
def paths() -> DataPaths:
    return DataPaths(data_dir=Path(DATA), cache_dir=Path(os.environ["LSTM_RESEARCH_CACHE"]), offline=True)


@with_data
def test_counts_of_spoken_digits(paths: DataPaths) -> None:
    splits = load("fsdd", "digits", paths).splits
    assert [len(splits[name]) for name in ("train", "test")] == [2700, 300]
    every = splits["train"] + splits["test"]
    for what, each in (("speaker", 500), ("digit", 300)):
        names, counts = np.unique([one[what] for one in every], return_counts=True)
        assert (len(names), set(counts)) == (3000 // each, {each})
    assert {int(one["name"].split("_")[2]) for one in splits["test"]} == set(range(5))
    seconds = np.array([len(one["values"]) for one in every]) / 8000
    assert (round(seconds.min(), 2), round(seconds.max(), 2), round(seconds.sum())) == (0.14, 2.28, 1312)


@with_data
def test_spoken_digits_are_split_by_recording_or_by_speaker(paths: DataPaths) -> None:
    for split, sizes in (("official", [2430, 270, 300]), ("speakers", [1500, 500, 1000])):
        data = fsdd.Config(split=split, features="mfcc").load(paths)
        parts = (data.train, data.valid, data.test)
        assert [len(part.values) for part in parts] == sizes
        assert all(np.ptp(np.bincount(part.answers)) == 0 for part in parts)
        assert len({name for part in parts for name in part.names}) == 3000
        who = [{name.split("_")[1] for name in part.names} for part in parts]
        assert len(set.union(*who)) == 6
        assert sum(map(len, who)) == (18 if split == "official" else 6)
        for name, answer in zip(data.test.names, data.test.answers, strict=True):
            assert data.classes[answer] == name[0]
    there = fsdd.Config(split="speakers", features="mfcc").load(replace(paths, held=0))
    assert in_file(there.train.values.flat)
    assert there.digest == data.digest
    # Features of one recording, of the prepared samples and of a wav file of them.
    (one,) = (k for k, name in enumerate(data.train.names) if name == "7_jackson_32")
    examples = load("fsdd", "digits", paths).splits["train"]
    samples = next(example["values"] for example in examples if example["name"] == "7_jackson_32")
    expected = fsdd.Config(features="mfcc").of(samples / 2.0**15, 8000)
    np.testing.assert_allclose(data.train.values[one], expected, rtol=1e-6)


def test_a_new_recording_may_be_named_like_those_of_the_set(tmp_path: Path) -> None:
    (tmp_path / "3").mkdir()
    for name in ("7_anna_0.wav", "hello.wav", "3/x.wav"):
        (tmp_path / name).write_bytes(wav(tone(500)))
    told = {"classes": list("0123456789"), "channels": [], "static": [], "rate": 8000}
    new = fsdd.Config().load_new(tmp_path, told)
    assert dict(zip(new.test.names, new.test.answers.tolist(), strict=True)) == {
        "7_anna_0.wav": 7, "hello.wav": -1, "3/x.wav": 3,
    }  # fmt: skip


@with_data
@pytest.mark.slow
def test_counts_of_mnist(paths: DataPaths) -> None:
    data = mnist.Config().load(paths)
    parts = (data.train, data.valid, data.test)
    assert [len(part.values) for part in parts] == [54001, 5999, 10000]
    train, valid, test = (np.bincount(part.answers) for part in parts)
    assert (train + valid).tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert test.tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert np.array_equal(valid, np.round(0.1 * (train + valid)))
    images = [{one.tobytes() for one in part.values} for part in parts]
    assert not images[0] & images[1]
    raw = gzip.decompress((Path(DATA) / "mnist" / "t10k-images-idx3-ubyte.gz").read_bytes())
    image = np.frombuffer(raw, np.uint8, offset=16).reshape(-1, 28, 28)[7]
    np.testing.assert_array_equal(data.test.values[7], image.astype(np.float32) / 255)
    assert (data.test.values[7].dtype, data.test.values[7].min(), data.test.values[7].max() <= 1) == (
        "float32",
        0,
        True,
    )
    pixels = mnist.Config(order="pixels").load(paths)
    np.testing.assert_array_equal(pixels.test.values[7][:, 0], image.ravel().astype(np.float32) / 255)
    permuted = mnist.Config(order="permuted").load(paths)
    np.testing.assert_array_equal(permuted.test.values[7], pixels.test.values[7][mnist.permutation(0)])
    digests = {one.digest for one in (data, pixels, permuted, mnist.Config(order="permuted", seed=1).load(paths))}
    assert len(digests) == 4


@pytest.mark.parametrize(("order", "shape"), [("rows", (28, 28)), ("pixels", (784, 1)), ("permuted", (784, 1))])
def test_what_a_step_of_an_image_is(order: Any, shape: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    images = np.random.default_rng(0).integers(0, 256, (5, 28, 28), np.uint8)
    blocks = [{"values": images[:3], "digits": np.arange(3, dtype=np.uint8)},
              {"values": images[3:], "digits": np.arange(3, 5, dtype=np.uint8)}]  # fmt: skip
    made = Prepared(dict.fromkeys(("train", "valid", "test"), blocks), "digest")
    monkeypatch.setattr(mnist, "load", lambda *_: made)
    data = mnist.Config(order=order, seed=3).load(DataPaths(data_dir=None, cache_dir=Path("unused")))
    expected = images[4].astype(np.float32) / np.float32(255)
    if order != "rows":
        expected = expected.reshape(-1, 1)
    if order == "permuted":
        expected = expected[mnist.permutation(3)]
    assert (len(data.test.values), data.test.values[4].shape, len(data.channels)) == (5, shape, shape[1])
    np.testing.assert_array_equal(data.test.values[4], expected)
    assert (data.test.values[4].dtype, data.test.answers.tolist()) == (np.float32, [0, 1, 2, 3, 4])


def test_the_order_of_pixels_is_the_same_everywhere() -> None:
    assert mnist.permutation(0)[:6].tolist() == [61, 341, 629, 728, 608, 547]
    assert sorted(mnist.permutation(1)) == list(range(784))
    assert (mnist.permutation(0) != mnist.permutation(1)).any()


def test_faults_of_idx_files() -> None:
    whole = b"\0\0\x08\x02\0\0\0\x02\0\0\0\x03abcdef"
    assert idx(whole, "x").tolist() == [[97, 98, 99], [100, 101, 102]]
    for content in (b"", whole[:3], whole[:9], whole[:-1], whole + b"!", b"\0\0\x0d" + whole[3:]):
        with pytest.raises(DataError, match="x: is no IDX file of bytes, or cut off"):
            idx(content, "x")
