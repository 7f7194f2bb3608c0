"""A file that is larger than memory gives the set that it gives in memory; what is kept of it is found again."""

import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lstm_research.data import long, mapped
from lstm_research.data.paths import DataPaths
from lstm_research.data.scaling import fit_scales
from lstm_research.data.sets import csv, labelled_csv
from lstm_research.tasks.classification import Config as Classification
from lstm_research.tasks.forecast import Config as Forecast
from lstm_research.types import ConfigError, DataError

BEGIN = datetime.datetime(2020, 1, 1)


@pytest.fixture(autouse=True)
def _small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(long, "ROWS", 32)


def both(folder: Path) -> tuple[DataPaths, DataPaths]:
    """In memory, and in files."""
    return DataPaths(data_dir=None, cache_dir=folder / "cache"), DataPaths(
        data_dir=None, cache_dir=folder / "cache", held=0
    )


def panel(folder: Path, *, groups: str = "ab", changed: tuple[int, str] | None = None) -> Path:
    """Two series, hour by hour; one line may be another."""
    random = np.random.default_rng(0)
    lines = ["date,y,x,g,h"]
    for group in groups:
        for hour in range(100):
            date, (y, x) = BEGIN + datetime.timedelta(hours=hour), random.standard_normal(2)
            lines.append(f"{date},{y:.6f},{x:.4f},{group},{hour % 7}")
    if changed:
        lines[changed[0] - 1] = changed[1]
    path = folder / "panel.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def series(path: Path, **fields: Any) -> csv.Config:
    given = {"target": "y", "time": "date", "group": "g", "columns": ("x",), "known_future": ("h",), **fields}
    return csv.Config(path=str(path), **given)


def test_series_are_the_same(tmp_path: Path) -> None:
    config = series(panel(tmp_path))
    here, there = (config.load(paths) for paths in both(tmp_path))
    assert (here.digest, here.told, here.step) == (there.digest, there.told, there.step)
    for one, other in zip(here.series, there.series, strict=True):
        assert mapped.in_file(other.values)
        assert one.name == other.name
        np.testing.assert_array_equal(one.values, other.values)
    for fields in ({"calendar": ("hour", "day")}, {"apart": True}):
        task = Forecast(context=12, horizon=4, **fields)
        one, other = task.build(here), task.build(there)
        assert one.fitted == other.fitted
        for split in ("train", "valid", "test"):
            a, b = one.source(split, 8).arrays, other.source(split, 8).arrays
            assert mapped.in_file(b["values"])
            for name in a:
                np.testing.assert_array_equal(a[name], b[name])


def test_missing_values_are_filled(tmp_path: Path) -> None:
    config = series(panel(tmp_path, changed=(50, "2020-01-03 00:00:00,,1.5,a,1")), missing="forward")
    here, there = (config.load(paths) for paths in both(tmp_path))
    assert here.digest == there.digest
    assert "1 missing values filled" in there.told


def test_labelled_sequences_are_the_same(tmp_path: Path) -> None:
    path = tmp_path / "labelled.csv"
    lines = ["id,t,x,y,age,class"]
    for t in range(5):
        for k in range(40):
            if t < 3 + k % 3:
                lines.append(f"s{k},{t},{k * t},{'' if (t + k) % 5 == 0 else k},{30 + k},{'ab'[k % 2]}")
    path.write_text("\n".join(lines) + "\n")
    config = labelled_csv.Config(path=str(path), group="id", time="t", label="class", static=("age",))
    here, there = (config.load(paths) for paths in both(tmp_path))
    assert (here.digest, here.gaps, here.classes) == (there.digest, there.gaps, there.classes)
    assert mapped.in_file(there.train.values.flat)
    one, other = (Classification(show="mask").build(data) for data in (here, there))
    assert one.fitted == other.fitted
    for split in ("train", "valid", "test"):
        a, b = one.source(split, 8).arrays, other.source(split, 8).arrays
        assert mapped.in_file(b["flat"])
        for name in ("flat", "start", "length"):
            np.testing.assert_array_equal(a[name], b[name])
    np.testing.assert_array_equal(list(there.test.values)[1], there.test.values[1])


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ((60, "2020-01-03 10:00:00,much,1,a,1"), r"panel\.csv:60: column 'y': 'much' is not a finite number"),
        ((60, "2020-01-03 10:00:00,1,1"), r"panel\.csv:60: 3 fields, and 5 in the header"),
        ((60, "soon,1,1,a,1"), r"panel\.csv:60: column 'date': 'soon' is not a time"),
        ((60, "2020-01-03 09:00:00,1,1,a,1"), r"panel\.csv:60: column 'date': '2020-01-03 09:00:00' a second time"),
        ((60, '2020-01-03 10:00:00,"1,1,a,1'), r"panel\.csv:60: .*mend the quotes"),
        ((60, "2020-01-03 10:00:00,\0,1,a,1"), r"panel\.csv:60: a NUL byte"),
        ((1, "date,y,x,g,"), r"panel\.csv:1: column 5 has no name"),
    ],
)
def test_faults_are_those_in_memory(tmp_path: Path, changed: tuple[int, str], why: str) -> None:
    config = series(panel(tmp_path, changed=changed))
    for paths in both(tmp_path):
        with pytest.raises(DataError, match=why):
            config.load(paths)
    assert not list((tmp_path / "cache").glob("long/.*.part"))
    with pytest.raises(ConfigError, match=r"data\.target: column 'z' "):
        series(panel(tmp_path), target="z").load(both(tmp_path)[1])


def test_what_is_kept_is_found_again_and_damage_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config, paths = series(panel(tmp_path)), both(tmp_path)[1]
    first = config.load(paths)
    with monkeypatch.context() as patch:
        patch.setattr(long, "_write", lambda *args: pytest.fail("it is read a second time"))
        assert config.load(paths).digest == first.digest
    (kept,) = (tmp_path / "cache" / "long").glob("[!.]*")
    assert not [path.name for path in kept.parent.iterdir() if path not in (kept, kept.with_name(f".{kept.name}.lock"))]
    with (kept / "numbers1").open("r+b") as file:
        file.write(b"\1")
    with pytest.raises(DataError, match=r"what was kept of panel\.csv is damaged; remove the folder"):
        config.load(paths)
    # Another file of the same name is another.
    panel(tmp_path, groups="abc")
    assert config.load(paths).digest != first.digest


def test_scales_of_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In memory and in files the same, and those of the whole but for rounding."""
    config = series(panel(tmp_path))
    whole = fit_scales(config.load(both(tmp_path)[0]))
    monkeypatch.setattr(mapped, "PIECE", 50)
    here, there = (fit_scales(config.load(paths)) for paths in both(tmp_path))
    for name in ("mean", "size", "naive"):
        np.testing.assert_array_equal(getattr(here, name), getattr(there, name))
        np.testing.assert_allclose(getattr(here, name), getattr(whole, name), rtol=1e-12)
