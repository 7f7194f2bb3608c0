"""Raw files are found in two layouts, and used only if they are the registered ones."""

import hashlib
import os
from pathlib import Path

import pytest

from lstm_research.data import DataPaths, paths
from lstm_research.types import DataError

CONTENT = b"what was registered"
RAW = paths.RawFile("https://example.org/x.mat", len(CONTENT), hashlib.sha256(CONTENT).hexdigest(), "x.mat")


@pytest.fixture
def at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DataPaths:
    monkeypatch.setattr(paths, "registered", lambda: {"x.mat": RAW})
    return DataPaths(data_dir=tmp_path / "data", cache_dir=tmp_path / "cache")


def test_found_in_a_folder_first_and_flat_second(at: DataPaths) -> None:
    assert paths.find_raw(at, "set", "x.mat") is None
    (at.data_dir / "set").mkdir(parents=True)
    for place in (at.data_dir / "x.mat", at.data_dir / "set" / "x.mat"):
        place.write_bytes(CONTENT)
        assert paths.find_raw(at, "set", "x.mat") == place
    assert paths.find_raw(DataPaths(data_dir=None, cache_dir=at.cache_dir), "set", "x.mat") is None


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (CONTENT[:-1], "18 bytes, expected 19"),
        (CONTENT.replace(b"w", b"W", 1), f"expected {RAW.sha256}"),
        (b"", "0 bytes"),
    ],
)
def test_a_tampered_file_is_refused(at: DataPaths, content: bytes, why: str) -> None:
    at.data_dir.mkdir()
    (at.data_dir / "x.mat").write_bytes(content)
    with pytest.raises(DataError, match=why) as error:
        paths.find_raw(at, "set", "x.mat")
    assert str(at.data_dir / "x.mat") in str(error.value)
    assert RAW.url in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_an_unreadable_file_is_named(at: DataPaths) -> None:
    at.data_dir.mkdir()
    (at.data_dir / "x.mat").write_bytes(CONTENT)
    (at.data_dir / "x.mat").chmod(0)
    with pytest.raises(DataError, match="cannot be read"):
        paths.find_raw(at, "set", "x.mat")


def test_what_is_missing_says_where_to_get_and_put_it(at: DataPaths) -> None:
    text = str(paths.missing(at, "set", "x.mat", "not at hand"))
    assert all(part in text for part in ("x.mat", RAW.url, RAW.sha256, str(at.data_dir / "set" / "x.mat")))
    nowhere = str(paths.missing(DataPaths(data_dir=None, cache_dir=at.cache_dir), "set", "x.mat", "not at hand"))
    assert "LSTM_RESEARCH_DATA" in nowhere
    assert "set/x.mat" in nowhere


def test_the_registry_is_whole() -> None:
    paths.registered.cache_clear()
    for name, raw in paths.registered().items():
        assert raw.name == name
        assert raw.url.endswith(f"/{name}")
        assert len(raw.sha256) == 64
        assert raw.size > 0
