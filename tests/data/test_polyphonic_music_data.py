"""The corpora: counts and content as published, whichever way they come; damage of any kind is noticed."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import scipy.io

from lstm_research.data import DataPaths
from lstm_research.data.builders.polyphonic_music import read_mat
from lstm_research.data.polyphonic_music import FILES, digest, load
from lstm_research.types import DataError

DATA = os.environ.get("LSTM_RESEARCH_DATA", "")
with_data = pytest.mark.skipif(not DATA, reason="LSTM_RESEARCH_DATA is not set")

# Pieces and steps of train, valid, test: Boulanger-Lewandowski et al. 2012, and the files' own registration.
COUNTS = {
    "jsb_chorales": ((229, 76, 77), (13807, 4602, 4725), 160),
    "nottingham": ((694, 173, 170), (176561, 45513, 44463), 1793),
    "musedata": ((524, 135, 124), (245202, 82755, 64339), 4273),
    "piano_midi": ((87, 12, 25), (75911, 8540, 19036), 3857),
}


@pytest.fixture
def at(tmp_path: Path) -> DataPaths:
    """The real raw files, and an empty cache."""
    return DataPaths(data_dir=Path(DATA), cache_dir=tmp_path / "cache")


@with_data
@pytest.mark.parametrize("dataset", COUNTS)
def test_counts_and_content(dataset: str) -> None:
    """Against the published counts, and against the raw file read without TFDS."""
    paths = DataPaths(data_dir=Path(DATA), cache_dir=Path(os.environ["LSTM_RESEARCH_CACHE"]))
    music = load(dataset, paths)
    pieces, steps, longest = COUNTS[dataset]
    splits = {"train": music.train, "valid": music.valid, "test": music.test}
    assert tuple(map(len, splits.values())) == pieces
    assert tuple(sum(map(len, split)) for split in splits.values()) == steps
    assert max(len(roll) for split in splits.values() for roll in split) == longest
    raw = scipy.io.loadmat(Path(DATA) / "polyphonic_music" / FILES[dataset])
    for name, variable in {"train": "traindata", "valid": "validdata", "test": "testdata"}.items():
        for roll, cell in zip(splits[name], raw[variable][0], strict=True):
            assert roll.dtype == np.uint8
            np.testing.assert_array_equal(roll, cell)


@with_data
def test_prepared_once_then_read_without_file_or_network(at: DataPaths) -> None:
    music = load("jsb_chorales", at)
    prepared = next(at.cache_dir.rglob("dataset_info.json"))
    before = prepared.stat().st_mtime_ns
    again = load("jsb_chorales", DataPaths(data_dir=None, cache_dir=at.cache_dir, offline=True))
    assert again.digest == music.digest
    assert prepared.stat().st_mtime_ns == before


@with_data
def test_a_tampered_raw_file_is_not_prepared(at: DataPaths, tmp_path: Path) -> None:
    own = tmp_path / "data"
    own.mkdir()
    content = bytearray((at.data_dir / "polyphonic_music" / "JSB_Chorales.mat").read_bytes())
    content[5000] ^= 1
    (own / "JSB_Chorales.mat").write_bytes(content)
    with pytest.raises(DataError, match=r"sha256 .* expected ac0e608527cc"):
        load("jsb_chorales", DataPaths(data_dir=own, cache_dir=at.cache_dir))


@with_data
@pytest.mark.parametrize("fault", ["flipped", "truncated", "missing", "swapped"])
def test_damaged_prepared_data_are_noticed(at: DataPaths, fault: str) -> None:
    load("jsb_chorales", at)
    train, test = (next(at.cache_dir.rglob(f"*-{split}.array_record*")) for split in ("train", "test"))
    content = bytearray(train.read_bytes())
    if fault == "flipped":
        content[len(content) // 3] ^= 4
        train.write_bytes(content)
    elif fault == "truncated":
        train.write_bytes(content[: len(content) // 2])
    elif fault == "missing":
        train.unlink()
    else:
        shutil.copy(test, train)
    with pytest.raises(DataError, match="remove the folder") as error:
        load("jsb_chorales", at)
    assert str(at.cache_dir) in str(error.value)
    assert "\n" not in str(error.value)


def test_offline_and_missing_names_file_url_checksum_and_folder(tmp_path: Path) -> None:
    for data_dir in (None, tmp_path / "data"):
        with pytest.raises(DataError) as error:
            load("nottingham", DataPaths(data_dir=data_dir, cache_dir=tmp_path / "cache", offline=True))
        text = str(error.value)
        assert "Nottingham.mat" in text
        assert "https://" in text
        assert "\n" not in text
        assert "d154f7ca2e90799dc1dc011d8fc048f2fc6ef3f7c69d974b9cf27a471634fbea" in text
        assert ("LSTM_RESEARCH_DATA" if data_dir is None else str(data_dir)) in text


@with_data
def test_two_preparers_at_once_both_succeed_and_say_nothing(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from lstm_research.data import DataPaths; "
        "from lstm_research.data.polyphonic_music import load; "
        "m = load('jsb_chorales', DataPaths(data_dir=Path(sys.argv[1]), cache_dir=Path(sys.argv[2]))); "
        "assert len(m.train) == 229 and 'tensorflow' not in sys.modules"
    )
    command = [sys.executable, "-c", code, DATA, str(tmp_path)]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    for process in both:
        out, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
        assert out == ""
        assert err == ""


def test_importing_the_package_imports_no_tfds() -> None:
    code = (
        "import sys; import lstm_research.data.polyphonic_music, lstm_research.tasks.polyphonic_music, "
        "lstm_research.baselines; assert 'tensorflow_datasets' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)


def cells(*rolls: object) -> np.ndarray:
    array = np.empty((1, len(rolls)), object)
    for i, roll in enumerate(rolls):
        array[0, i] = roll
    return array


GOOD = np.zeros((3, 88), np.uint8)


@pytest.mark.parametrize(
    ("train", "why"),
    [
        (None, "variable 'traindata': expected a 1 x n cell array"),
        (np.zeros((2, 2)), "variable 'traindata': expected a 1 x n cell array"),
        (cells(GOOD, np.zeros((3, 87), np.uint8)), r"traindata\{2\}: expected uint8 \(t, 88\), found uint8 \(3, 87\)"),
        (cells(GOOD.astype(np.float64)), r"traindata\{1\}: .* found float64 \(3, 88\)"),
        (cells(GOOD + np.eye(3, 88, 5, dtype=np.uint8) * 2), r"expected 0 or 1, found 2 at step 0, key 5"),
        (cells(np.zeros((0, 88), np.uint8)), r"traindata\{1\}: "),
    ],
)
def test_every_cell_of_a_matlab_file_is_checked(tmp_path: Path, train: np.ndarray | None, why: str) -> None:
    path = tmp_path / "x.mat"
    rest = {"validdata": cells(GOOD, GOOD), "testdata": cells(GOOD, GOOD)}
    scipy.io.savemat(path, rest if train is None else rest | {"traindata": train})
    with pytest.raises(DataError, match=why):
        read_mat(path.read_bytes(), "x.mat")


def test_what_is_no_matlab_file_is_said_to_be_none() -> None:
    for content in (b"", b"MATLAB 5.0 MAT-file" + bytes(40), np.random.default_rng(0).bytes(4000)):
        with pytest.raises(DataError, match="not a readable MATLAB"):
            read_mat(content, "x.mat")


def test_the_digest_sees_order_borders_and_bits() -> None:
    a, b = np.zeros((2, 88), np.uint8), np.ones((3, 88), np.uint8)
    base = {"train": [a, b], "valid": [a], "test": [b]}
    flipped = b.copy()
    flipped[1, 7] = 0
    others = [
        base | {"train": [b, a]},
        base | {"train": [np.concatenate([a, b])]},
        base | {"valid": [b], "test": [a]},
        base | {"test": [flipped]},
    ]
    assert len({digest(splits) for splits in [base, *others]}) == 5
