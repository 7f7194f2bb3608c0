"""The user's own folders come first, then LSTM_RESEARCH_PATH, then what ships."""

import os
from pathlib import Path

import pytest

from lstm_research.config import paths
from lstm_research.types import ConfigError


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for place, names in {"cwd": ["a"], "lab": ["a", "b", "sweeps/s"], "shipped": ["a", "b", "c"]}.items():
        for name in names:
            file = tmp_path / place / "configs" / (name + ".yaml")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(place)
    monkeypatch.chdir(tmp_path / "cwd")
    monkeypatch.setenv("LSTM_RESEARCH_PATH", os.pathsep.join([str(tmp_path / "lab"), str(tmp_path / "gone")]))
    monkeypatch.setattr(paths, "shipped", lambda kind: tmp_path / "shipped" / kind)
    return tmp_path


def test_the_first_place_wins(world: Path) -> None:
    assert [paths.find("configs", name).read_text() for name in ("a", "b.yaml", "c", "sweeps/s")] == [
        "cwd", "lab", "shipped", "lab",
    ]  # fmt: skip
    assert {name: file.read_text() for name, file in paths.listing("configs").items()} == {
        "a": "cwd", "b": "lab", "c": "shipped", "sweeps/s": "lab",
    }  # fmt: skip
    assert paths.find("configs", world / "shipped/configs/a.yaml").read_text() == "shipped"


def test_an_unknown_name_says_where_it_was_looked_for_and_what_is_near(world: Path) -> None:
    (world / "shipped/configs/adding.yaml").touch()
    with pytest.raises(ConfigError, match=r"config 'ading' not found; looked in .*cwd.*lab.*; did you mean 'adding'\?"):
        paths.find("configs", "ading")
    with pytest.raises(ConfigError, match="not found"):
        paths.find("configs", "../configs/a")
    with pytest.raises(ConfigError, match="is a folder"):
        paths.find("configs", str(world))


def test_folders_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("RUNS", "CACHE", "DATA"):
        monkeypatch.delenv(f"LSTM_RESEARCH_{name}", raising=False)
    assert paths.runs_dir() == Path("runs")
    assert paths.data_dir() is None
    assert paths.cache_dir().name == "lstm_research"
    assert paths.cache_dir().is_absolute()
    monkeypatch.setenv("LSTM_RESEARCH_DATA", "~/x")
    assert paths.data_dir() == Path.home() / "x"


def test_a_checkout_ships_its_own_folders() -> None:
    assert paths.shipped("configs").parent in (
        Path(paths.__file__).parents[2],
        Path(paths.__file__).parents[1] / "_shipped",
    )
