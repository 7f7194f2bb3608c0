"""A damaged checkpoint is never loaded silently; a full disk costs one save and nothing else."""

import errno
import json
import shutil
from collections import namedtuple
from pathlib import Path

import jax
import numpy as np
import pytest
import tiny_runs as tiny

from lstm_research.training import checkpoint
from lstm_research.training.loop import fit
from lstm_research.types import DataError, ResourceError

STATE = {"a": np.arange(300, dtype=np.float32), "b": {"c": np.array([True, False]), "d": np.float32(3).reshape(())}}


def newer(state):
    return jax.tree.map(lambda x: np.asarray(~x if x.dtype == bool else x + 1), state)


@pytest.fixture(scope="module")
def pristine(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pristine")
    checkpoint.save(folder, 10, STATE, {"note": "older"})
    checkpoint.save(folder, 20, newer(STATE), {"note": "newer"})
    return folder


@pytest.fixture
def folder(pristine, tmp_path):
    shutil.copytree(pristine, tmp_path / "checkpoints")
    return tmp_path / "checkpoints"


def files_of(folder: Path) -> list[str]:
    newest = checkpoint.saved(folder)[-1]
    return sorted(str(path.relative_to(newest)) for path in newest.rglob("*") if path.is_file())


def load(folder: Path) -> tuple[checkpoint.Restored, list[str]]:
    said: list[str] = []
    restored = checkpoint.load(folder, STATE, said.append)
    assert restored is not None
    return restored, said


def check_honest(folder: Path) -> bool:
    """Either the newest checkpoint as it was written, or a message and the one before it. True for the second."""
    restored, said = load(folder)
    expected = (20, newer(STATE), "newer") if not said else (10, STATE, "older")
    assert (restored.step, restored.host["note"]) == (expected[0], expected[2])
    assert tiny.same(restored.state, expected[1])
    if said:
        assert str(checkpoint.saved(folder)[-1]) in said[0]
        assert "trying the one before it" in said[0]
    return bool(said)


def test_what_is_saved_comes_back_and_two_are_kept(folder):
    restored, said = load(folder)
    assert restored.step == 20
    assert restored.host == {"note": "newer"}
    assert tiny.same(restored.state, newer(STATE))
    assert not said
    for step in (30, 30, 40):
        checkpoint.save(folder, step, STATE, {"note": str(step)})
    assert len(checkpoint.saved(folder)) == 2
    assert load(folder)[0].step == 40
    assert checkpoint.load(folder.parent / "nothing", STATE, print) is None


def test_the_bits_of_every_type_come_back(tmp_path):
    state = {
        str(dtype): np.asarray(jax.numpy.arange(-3, 4).astype(dtype))
        for dtype in ("float32", "bfloat16", "int32", "uint32", "bool")
    }
    state["odd"] = np.array([np.nan, np.inf, -0.0, 1e-45], np.float32)
    checkpoint.save(tmp_path, 1, state, {})
    found = checkpoint.load(tmp_path, state, print)
    assert found is not None
    assert tiny.same(found.state, state)


def test_a_flipped_bit_in_each_file(folder, pristine):
    caught = 0
    for name in files_of(folder):
        path = checkpoint.saved(folder)[-1] / name
        data = path.read_bytes()
        for place in sorted({0, len(data) // 3, len(data) // 2, len(data) - 1} if data else set()):
            path.write_bytes(data[:place] + bytes([data[place] ^ 4]) + data[place + 1 :])
            caught += check_honest(folder)
        path.write_bytes(data)
    assert caught >= 8
    assert not check_honest(folder)


def test_each_file_cut_short_or_missing(folder):
    caught = 0
    for name in files_of(folder):
        path = checkpoint.saved(folder)[-1] / name
        data = path.read_bytes()
        path.write_bytes(data[: len(data) // 2])
        caught += check_honest(folder)
        path.unlink()
        caught += check_honest(folder)
        path.write_bytes(data)
    assert caught >= 6


def test_other_values_with_whole_files_are_found_by_the_digests(folder, tmp_path):
    """A checkpoint that reads perfectly, with the arrays of another."""
    other = tmp_path / "other"
    checkpoint.save(other, 20, STATE, {"note": "newer"})
    good, bad = checkpoint.saved(folder)[-1], checkpoint.saved(other)[-1]
    metadata = {path.name: path.read_bytes() for path in good.iterdir() if path.is_file()}
    shutil.rmtree(good)
    shutil.copytree(bad, good)
    for name, data in metadata.items():
        (good / name).write_bytes(data)
    said = load(folder)[1]
    assert "is not what was written (sha256 differs)" in said[0]
    assert check_honest(folder)


def test_changed_bookkeeping(folder):
    newest = checkpoint.saved(folder)[-1]
    found = [path for path in newest.rglob("*") if path.is_file() and b"host_digest" in path.read_bytes()]
    assert len(found) == 1
    whole = found[0].read_text()
    found[0].write_text(whole.replace("newer", "later"))
    assert "bookkeeping is not what was written" in load(folder)[1][0]
    held = json.loads(whole)
    metadata = next(value for value in held.values() if isinstance(value, dict) and "digests" in value)
    metadata["digests"].popitem()
    found[0].write_text(json.dumps(held))
    assert "not a checkpoint of this program" in load(folder)[1][0]


def test_another_program_is_refused(folder):
    like = {**STATE, "a": np.zeros(301, np.float32)}
    with pytest.raises(DataError, match="all 2 checkpoints are damaged"):
        checkpoint.load(folder, like, lambda line: None)


def test_all_damaged(folder):
    for path in checkpoint.saved(folder):
        for name in path.rglob("*"):
            if name.is_file():
                name.write_bytes(b"")
    said: list[str] = []
    with pytest.raises(DataError, match=r"all 2 checkpoints are damaged; .*lstm-research runs clean"):
        checkpoint.load(folder, STATE, said.append)
    assert len(said) == 2


Usage = namedtuple("Usage", "total used free")


def full_before(patch):
    patch.setattr(checkpoint.shutil, "disk_usage", lambda path: Usage(1 << 30, 1 << 30, 1000))


def _during(error):
    def break_(patch):
        from orbax.checkpoint import v1

        def save(target, *args, **kwargs):
            (target.parent / f"{target.name}.orbax-checkpoint-tmp").mkdir(parents=True)
            raise error

        patch.setattr(v1, "save", save)

    return break_


FULL = {
    "before": full_before,
    "os": _during(OSError(errno.ENOSPC, "No space left on device")),
    "quota": _during(OSError(errno.EDQUOT, "Disk quota exceeded")),
    # As tensorstore words it, on a real full disk.
    "tensorstore": _during(
        ValueError("RESOURCE_EXHAUSTED: Failed to write 8 bytes to file 19: No space left on device")
    ),
}


@pytest.mark.parametrize("way", FULL)
def test_a_full_disk_says_so_and_leaves_the_older_ones(folder, way, monkeypatch):
    with monkeypatch.context() as patch:
        FULL[way](patch)
        with pytest.raises(
            ResourceError, match=r"0000000002: the disk is full: .* needs 1\.0 MiB free; .*0000000001, is"
        ) as e:
            checkpoint.save(folder, 30, STATE, {"note": "third"})
    assert "LSTM_RESEARCH_RUNS" in str(e.value)
    assert sorted(path.name for path in folder.iterdir()) == ["0000000000", "0000000001"], "what was begun takes room"
    assert not check_honest(folder)
    checkpoint.save(folder, 30, STATE, {"note": "third"})
    assert load(folder)[0].step == 30


def test_a_folder_that_cannot_be_written(folder, monkeypatch):
    _during(PermissionError(errno.EACCES, "Permission denied"))(monkeypatch)
    with pytest.raises(ResourceError, match=r"cannot be written .*Permission denied.*is kept"):
        checkpoint.save(folder, 30, STATE, {})


@pytest.fixture(scope="module")
def members():
    runs = [tiny.config(optimizer={"kind": "adam", "learning_rate": rate}) for rate in (0.01, 0.03)]
    return tiny.population(runs, [0, 1])


@pytest.fixture(scope="module")
def undisturbed(members, tmp_path_factory):
    return tiny.finish(members, tmp_path_factory.mktemp("undisturbed"))


def test_a_run_goes_on_from_the_one_before_and_ends_the_same(members, undisturbed, tmp_path):
    assert [tiny.sit(members, tmp_path, 1) for _ in range(2)] == [4, 8]
    newest = checkpoint.saved(tmp_path / "checkpoints")[-1]
    for path in newest.rglob("*"):
        if path.is_file():
            path.write_bytes(path.read_bytes()[:-1])
    said: list[str] = []
    assert tiny.finish(members, tmp_path, warn=said.append) == undisturbed
    assert len(said) == 1
    assert str(newest) in said[0]


def test_a_run_whose_disk_was_full_goes_on_when_there_is_room(members, undisturbed, tmp_path, monkeypatch):
    assert tiny.sit(members, tmp_path, 1) == 4
    with monkeypatch.context() as patch:
        full_before(patch)
        with pytest.raises(ResourceError, match="the disk is full"):
            fit(members, tiny.names(members), tmp_path)
    assert tiny.finish(members, tmp_path) == undisturbed
