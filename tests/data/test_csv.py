"""A CSV of one's own: faults by line and column, steps inferred, gaps filled from the past alone, panels, new rows."""

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lstm_research.data.paths import DataPaths
from lstm_research.data.series import SeriesSet, described
from lstm_research.data.sets.csv import Config
from lstm_research.data.table import read_table
from lstm_research.data.times import Step
from lstm_research.types import ConfigError, DataError

NOWHERE = DataPaths(data_dir=None, cache_dir=Path("unused"))
DAYS = [f"2024-01-{day:02}" for day in range(1, 21)]


def written(folder: Path, text: str | bytes, name: str = "my.csv") -> str:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return str(path)


def days(**changed: str) -> str:
    """Twenty days; `l5="..."` is what stands in line 5."""
    lines = ["day,y,z", *(f"{day},{k}.5,{k * k}" for k, day in enumerate(DAYS))]
    for place, line in changed.items():
        lines[int(place[1:]) - 1] = line
    return "\n".join(lines) + "\n"


def loaded(folder: Path, text: str | bytes, **fields: Any) -> SeriesSet:
    return Config(**{"path": written(folder, text), "target": "y", "time": "day", **fields}).load(NOWHERE)


def test_what_is_read_is_what_is_written(tmp_path: Path) -> None:
    data = loaded(tmp_path, days(), columns=("z",))
    (one,) = data.series
    np.testing.assert_array_equal(one.values, [[k + 0.5, k * k] for k in range(20)])
    assert [str(stamp)[:10] for stamp in one.time.astype("datetime64[s]")] == DAYS
    assert (data.columns, data.targets, data.season, data.step) == (("y", "z"), (0,), 7, "a day")
    assert one.borders == (14, 16, 20)
    assert "20 steps of a day, season 7" in data.told
    assert data.digest != loaded(tmp_path, days(l5="2024-01-04,9,9"), columns=("z",)).digest


FAULTS: dict[str, tuple[str | bytes, dict[str, Any], str]] = {
    "ragged": (days(l5="2024-01-04,1"), {}, r"my.csv:5: 2 fields, and 3 in the header"),
    "text": (days(l5="2024-01-04,high,1"), {}, r"my.csv:5: column 'y': 'high' is not a finite number"),
    "comma": (days(l5='2024-01-04,"3,5",1'), {}, r":5: column 'y': '3,5' is not a finite number; .*data.decimal=,"),
    "infinite": (days(l5="2024-01-04,inf,1", l8="2024-01-07,-inf,1"), {}, r":5: column 'y': 'inf' .* \(and 1 more\)"),
    "empty": (days(l5="2024-01-04,,1"), {}, r":5: column 'y': a value is missing; .*data.missing=forward"),
    "nan": (days(l5="2024-01-04,NaN,1"), {}, r":5: column 'y': a value is missing"),
    "encoding": (days().encode() + b"2024-01-21,\xe9,1\n", {}, r":22: byte 12: 0xe9 is not utf-8; .*latin-1"),
    "nul": (b"day,y\n2024-01-01,1\n2024\0,1\n", {}, r":3: a NUL byte"),
    "unsorted": (
        days(l5="2023-01-04,1,1"),
        {},
        r":5: column 'day': '2023-01-04' comes after '2024-01-03'.*unsorted=so",
    ),
    "duplicate": (days(l5="2024-01-03,1,1"), {}, r":5: column 'day': '2024-01-03' a second time; .*duplicates=first"),
    "gap": (
        days(l5="2024-01-04,1,1", l6=""),
        {},
        r":7: .*'2024-01-06' follows '2024-01-04': 1 steps of a day are left",
    ),
    "irregular": (days(l5="2024-01-04 01:00,1,1"), {}, r":5: .*no whole number of steps of a day after '2024-01-03'"),
    "no date": (days(l5="soon,1,1"), {}, r":5: column 'day': 'soon' is not a time; the first row has '2024-01-01'"),
    "zones": (days(l5="2024-01-04T00:00Z,1,1"), {}, r":5: .* has a time zone, and the first row has none"),
    "either": ("day,y\n1/2/2024,1\n2/2/2024,1\n", {}, r":2: column 'day': '1/2/2024': .* either could be the month"),
    "nothing": ("", {}, r"my.csv: empty"),
    "header": ("day,y\n", {}, r"my.csv: only a header"),
    "no header": ("1,2\n3,4\n", {}, r"my.csv:1: the header is 1,2: numbers"),
    "twice": ("day,y,y\n1,2,3\n", {}, r"my.csv:1: two columns are called 'y'"),
    "unnamed": ("day,y,\n1,2,3\n", {}, r"my.csv:1: column 3 has no name"),
    "quotes": ('day,y\n"2024,1\n', {}, r"my.csv:2: unexpected end of data"),
    "one row": ("day,y\n2024-01-01,1\n", {}, r"one row in each series"),
    "short": ("day,y\n2024-01-01,1\n2024-01-02,1\n2024-01-03,1\n", {}, r"3 rows are too few for splits of 70%, 10%"),
    "static": (days(), {"static": ("z",)}, r":3: column 'z': 1, and 0 before, in series 'series' .*a static column"),
    "first gap": (days(l2="2024-01-01,,1"), {"missing": "forward"}, r":2: column 'y': .* none comes before it"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_names_line_and_column_and_remedy(tmp_path: Path, fault: str) -> None:
    text, fields, why = FAULTS[fault]
    with pytest.raises(DataError, match=why) as error:
        loaded(tmp_path, text, **fields)
    assert str(tmp_path / "my.csv") in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"target": "yy"}, r"data.target: column 'yy' not in .*my.csv; allowed: day, y, z; did you mean 'y'"),
        ({"time": "dya"}, "data.time: column 'dya' .*did you mean 'day'"),
        ({"path": "yours.csv"}, "data.path: file 'yours.csv'"),
        ({"encoding": "utf-88"}, "data.encoding='utf-88' is not known"),
    ],
)
def test_faults_of_the_config_name_their_field(tmp_path: Path, fields: dict[str, Any], why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        loaded(tmp_path, days(), **fields)


def test_fields_that_contradict_each_other() -> None:
    for fields, why in (
        ({"train": 0.9, "valid": 0.1}, "leave nothing to test on"),
        ({"gaps": "fill"}, "gaps=fill puts in rows without values"),
        ({"columns": ("y",)}, "column 'y' is given twice"),
        ({"delimiter": "::"}, "not one character"),
    ):
        with pytest.raises(ValueError, match=why):
            Config(**{"path": "x.csv", "target": "y", **fields}).check()


def test_what_is_asked_for_is_accepted(tmp_path: Path) -> None:
    plain = loaded(tmp_path, days()).series[0].values
    lines = days().splitlines()
    shuffled = "\n".join([lines[0], *sorted(lines[1:], key=lambda line: line[9])]) + "\n"
    np.testing.assert_array_equal(loaded(tmp_path, shuffled, unsorted="sort").series[0].values, plain)
    twice = days() + "2024-01-20,30,1\n"
    for policy, last in (("first", 19.5), ("last", 30.0), ("mean", 24.75)):
        assert loaded(tmp_path, twice, duplicates=policy).series[0].values[-1, 0] == last
    gap = days(l6="")
    for policy, value in (("forward", 3.5), ("zero", 0.0)):
        filled = loaded(tmp_path, gap, gaps="fill", missing=policy)
        assert len(filled.series[0].values) == 20
        assert filled.series[0].values[4, 0] == value
        assert "1 missing values filled" in filled.told
    assert len(loaded(tmp_path, gap, gaps="ignore").series[0].values) == 19
    german = "day;y\n" + "".join(f"{day};{k},5\n" for k, day in enumerate(DAYS))
    np.testing.assert_array_equal(loaded(tmp_path, german, decimal=",").series[0].values, plain)
    for coded, name in ((days().encode("utf-8-sig"), "utf-8"), (days().encode("utf-16"), "utf-16")):
        np.testing.assert_array_equal(loaded(tmp_path, coded, encoding=name).series[0].values, plain)
    np.testing.assert_array_equal(loaded(tmp_path, days().replace("\n", "\r\n")).series[0].values, plain)


def test_filling_looks_at_nothing_later(tmp_path: Path) -> None:
    gap = days(l10="2024-01-09,,1")
    later = gap.replace("2024-01-20,19.5", "2024-01-20,1000")
    for policy in ("forward", "mean", "zero"):
        one, other = (loaded(tmp_path, text, missing=policy).series[0].values for text in (gap, later))
        np.testing.assert_array_equal(one[:-1], other[:-1])
        assert one[-1, 0] != other[-1, 0]
    # The mean is that of train: a value of train does change it.
    changed = gap.replace("2024-01-02,1.5", "2024-01-02,1000")
    assert loaded(tmp_path, changed, missing="mean").series[0].values[8, 0] > 50


@pytest.mark.parametrize(
    ("stamps", "step", "season"),
    [
        ([f"2024-01-01 {hour:02}:00" for hour in range(12)], "an hour", 24),
        ([f"2024-01-01T00:{k:02}:00Z" for k in range(0, 60, 5)], "5 minutes", 288),
        ([f"2020-{k:02}" for k in range(1, 13)], "a month", 12),
        ([f"{y}Q{q}" for y in (2001, 2002, 2003) for q in (1, 2, 3, 4)], "a quarter", 4),
        ([str(year) for year in range(1990, 2002)], "a year", 1),
        ([f"2024-01-{d:02}" for d in range(1, 30, 7)] + [f"2024-02-{d:02}" for d in (5, 12, 19, 26)], "7 days", 52),
        ([str(1700000000 + 60 * k) for k in range(12)], "a minute", 1440),
        ([str(k) for k in range(0, 24, 2)], "2", 1),
        ([f"{d}/12/2024" for d in range(10, 22)], "a day", 7),
        ([f"12/{d}/2024" for d in range(10, 22)], "a day", 7),
    ],
)
def test_steps_are_inferred(tmp_path: Path, stamps: list[str], step: str, season: int) -> None:
    text = "day,y\n" + "".join(f"{stamp},{k}\n" for k, stamp in enumerate(stamps))
    data = loaded(tmp_path, text, train=0.5, valid=0.25)
    assert (data.step.replace("a week", "7 days"), data.season) == (step, season)


def test_steps_in_words() -> None:
    assert str(Step(7 * 86400, "seconds")) == "a week"
    assert str(Step(90, "seconds")) == "90 s"
    assert str(Step(2, "months")) == "2 months"


def test_a_panel_is_a_series_for_each_group(tmp_path: Path) -> None:
    rows = [f"{day},{name},{k + 100 * place},{place},{k % 2}" for k, day in enumerate(DAYS) for place, name in
            enumerate(("b", "a"))]  # fmt: skip
    text = "\n".join(["day,shop,y,size,holiday", *rows]) + "\n"
    data = loaded(tmp_path, text, group="shop", static=("size",), known_future=("holiday",))
    assert [one.name for one in data.series] == ["b", "a"]
    np.testing.assert_array_equal(data.series[1].values[:, 0], 100.0 + np.arange(20))
    assert data.series[1].static.tolist() == [1.0]
    assert data.series[0].known[:, 0].tolist() == [k % 2 for k in range(20)]
    with pytest.raises(DataError, match=r"a second time \(and 19 more\).*data.group"):
        loaded(tmp_path, text)


def test_new_rows_have_the_form_of_the_old(tmp_path: Path) -> None:
    config = Config(path=written(tmp_path, days()), target="y", time="day", known_future=("z",))
    told = described(config.load(NOWHERE))
    rows = [f"2025-01-{day:02},{'' if day > 10 else day},{day}" for day in range(1, 15)]
    new = config.load_new(Path(written(tmp_path, "\n".join(["day,y,z", *rows]), "new.csv")), told)
    assert len(new.series[0].values) == 10
    assert len(new.series[0].known) == 14
    hourly = "day,y,z\n" + "".join(f"2024-01-01 {hour:02}:00,1,1\n" for hour in range(12))
    with pytest.raises(DataError, match="an hour apart; the run was trained on steps of a day"):
        config.load_new(Path(written(tmp_path, hourly, "new.csv")), told)


def test_quoted_newlines_keep_lines_right(tmp_path: Path) -> None:
    text = 'day,y,note\n2024-01-01,1,"two\nlines"\n2024-01-02,x,\n'
    with pytest.raises(DataError, match=r"my.csv:4: column 'y': 'x'"):
        read_table(Path(written(tmp_path, text))).numbers("y")


@pytest.mark.slow
def test_a_hundred_thousand_rows_are_read_in_seconds(tmp_path: Path) -> None:
    stamps = (np.datetime64("2010-01-01T00:00") + np.arange(100_000) * np.timedelta64(1, "h")).astype(str)
    noise = np.random.default_rng(0).standard_normal((100_000, 8))
    lines = [f"{stamp},{','.join(f'{x:.6f}' for x in row)}" for stamp, row in zip(stamps, noise, strict=True)]
    path = written(tmp_path, "\n".join(["day,y,b,c,d,e,f,g,h", *lines]))
    begin = time.monotonic()
    data = Config(path=path, target="y", time="day", columns=tuple("bcdefgh")).load(NOWHERE)
    took = time.monotonic() - begin
    assert data.series[0].values.shape == (100_000, 8)
    print(f"100,000 rows of 9 columns: {took:.2f} s")
