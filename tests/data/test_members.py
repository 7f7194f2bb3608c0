"""Registered files are found plain, gzipped and in archives, in two layouts, and used only if they are the registered.
Registered files are found plain, gzipped and in archives, in two layouts, and used only if they are the registered."""

import gzip
import hashlib
import io
import os
import tarfile
import zipfile
from pathlib import Path

import pytest

from lstm_research.data import DataPaths
from lstm_research.data.archives import unpack
from lstm_research.data.members import REGISTRY, Member, find, missing, registered, sha256_of
from lstm_research.types import DataError

CONTENT = b"what was registered"
URL = "https://example.org/pack.zip"
MEMBER = Member("set", "in/x.txt", len(CONTENT), hashlib.sha256(CONTENT).hexdigest(), URL)
FILES = {"a.txt": b"one", "b.txt": b"two"}
FOLDER = Member("set", "many/", 6, sha256_of(FILES), URL)


@pytest.fixture
def at(tmp_path: Path) -> DataPaths:
    return DataPaths(data_dir=tmp_path / "data", cache_dir=tmp_path / "cache")


def zipped(files: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return file.getvalue()


def tarred(files: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return file.getvalue()


PACKED = {
    "in/x.txt": CONTENT,
    "x.txt": CONTENT,
    "x.txt.gz": gzip.compress(CONTENT),
    "any.zip": zipped({"else.txt": b"", "deep/x.txt": CONTENT}),
    "any.tar.gz": tarred({"deep/x.txt": CONTENT}),
    "outer.zip": zipped({"folder/inner.zip": zipped({"x.txt": CONTENT})}),
}


@pytest.mark.parametrize("packed", PACKED)
@pytest.mark.parametrize("layout", ["set", "."])
def test_found_however_it_is_packed(at: DataPaths, packed: str, layout: str) -> None:
    assert find(at, MEMBER) is None
    path = at.data_dir / layout / packed
    path.parent.mkdir(parents=True)
    path.write_bytes(PACKED[packed])
    assert find(at, MEMBER) == (path, CONTENT)
    assert find(DataPaths(data_dir=None, cache_dir=at.cache_dir), MEMBER) is None


@pytest.mark.parametrize("form", ["folder", "tar", "zip"])
def test_a_folder_of_files_is_one_member(at: DataPaths, form: str) -> None:
    folder = at.data_dir / "set"
    folder.mkdir(parents=True)
    inside = {f"many/{name}": content for name, content in FILES.items()}
    if form == "folder":
        (folder / "many").mkdir()
        for name, content in inside.items():
            (folder / name).write_bytes(content)
    elif form == "tar":
        (folder / "many.tar.gz").write_bytes(tarred(inside | {"other/c.txt": b"three"}))
    else:
        (folder / "many.zip").write_bytes(zipped(inside | {"other/c.txt": b"three"}))
    found = find(at, FOLDER)
    assert found is not None
    assert found[1] == FILES


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (CONTENT[:-1], "18 bytes, expected 19"),
        (CONTENT.replace(b"w", b"W", 1), f"expected {MEMBER.sha256}"),
        (b"", "0 bytes"),
        (CONTENT + b"!", "20 bytes"),
    ],
)
def test_what_is_not_the_registered_file_is_refused(at: DataPaths, content: bytes, why: str) -> None:
    at.data_dir.mkdir()
    (at.data_dir / "x.txt").write_bytes(content)
    with pytest.raises(DataError, match=why) as error:
        find(at, MEMBER)
    assert str(at.data_dir / "x.txt") in str(error.value)
    assert URL in str(error.value)
    assert "\n" not in str(error.value)


def test_archives_write_nothing_and_do_not_grow_without_end(at: DataPaths) -> None:
    bomb = zipped({"x.txt": bytes(10_000_000)})
    assert len(bomb) < 20_000
    with pytest.raises(DataError, match="more than 19 bytes when unpacked"):
        unpack(bomb, "bomb.zip", "x.txt", 19)
    with pytest.raises(DataError, match="more than 19 bytes"):
        unpack(gzip.compress(bytes(10_000_000)), "x.txt.gz", "x.txt", 19)
    assert unpack(tarred({"../../x.txt": CONTENT}), "a.tar.gz", "x.txt") == CONTENT
    assert not list(at.cache_dir.parent.rglob("x.txt"))
    for name, damaged in (("a.zip", b"PK\3\4 no"), ("a.tar.gz", b"\x1f\x8b no"), ("a.gz", b"no")):
        with pytest.raises(DataError, match=f"{name}: cannot be unpacked"):
            unpack(damaged, name, "x.txt")


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_an_unreadable_file_is_named(at: DataPaths) -> None:
    at.data_dir.mkdir()
    (at.data_dir / "x.txt").write_bytes(CONTENT)
    (at.data_dir / "x.txt").chmod(0)
    with pytest.raises(DataError, match="cannot be read"):
        find(at, MEMBER)


def test_what_is_missing_says_where_to_get_and_put_it(at: DataPaths) -> None:
    text = str(missing(at, MEMBER, "not at hand"))
    assert all(part in text for part in ("in/x.txt", URL, MEMBER.sha256, str(at.data_dir / "set" / "pack.zip")))
    nowhere = str(missing(DataPaths(data_dir=None, cache_dir=at.cache_dir), MEMBER, "not at hand"))
    assert "LSTM_RESEARCH_DATA" in nowhere
    assert "set/pack.zip" in nowhere


def test_the_registry_is_whole() -> None:
    datasets = {line.split("\t")[0] for line in REGISTRY.read_text().splitlines()[1:]}
    folder = REGISTRY.parent
    assert datasets == {file.stem for file in folder.glob("*.py") if not file.stem.startswith("_")}
    for dataset in datasets:
        for name, member in registered(dataset).items():
            assert member.name == name
            assert member.url.startswith("https://")
            assert len(member.sha256) == 64
            assert member.size > 0
