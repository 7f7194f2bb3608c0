"""Labelled sequences of one's own: a long CSV, a folder per class, `.ts` files; faults by line and column."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lstm_research.data.paths import DataPaths
from lstm_research.data.sets import labelled_csv, ts
from lstm_research.types import ConfigError, DataError

NOWHERE = DataPaths(data_dir=None, cache_dir=Path("unused"))


def rows(number: int = 20) -> list[str]:
    """Sequences s0, s1 ... of classes a and b, 3 to 5 steps of two columns."""
    found = ["id,t,x,y,age,class,left"]
    for k in range(number):
        for t in range(3 + k % 3):
            found.append(f"s{k},{t},{k}.5,{k % 2},{30 + k},{'ab'[k % 2]},{k * 2}")
    return found


def written(folder: Path, lines: list[str], name: str = "my.csv") -> str:
    (folder / name).write_text("\n".join(lines) + "\n")
    return str(folder / name)


def config(path: str, **fields: Any) -> labelled_csv.Config:
    given = {"group": "id", "label": "class", "time": "t", "columns": ("x", "y"), "static": ("age",), **fields}
    return labelled_csv.Config(path=path, **given)


def test_a_long_table_is_a_sequence_for_each_group(tmp_path: Path) -> None:
    data = config(written(tmp_path, rows())).load(NOWHERE)
    assert (data.channels, data.classes, data.static, data.gaps) == (("x", "y"), ("a", "b"), ("age",), False)
    sizes = [len(part.values) for part in (data.train, data.valid, data.test)]
    assert sum(sizes) == 20
    assert sizes == [14, 2, 4]
    for part in (data.train, data.valid, data.test):
        for name, values, answer, times, static in zip(
            part.names, part.values, part.answers, part.times, part.static, strict=True
        ):
            k = int(name[1:])
            np.testing.assert_array_equal(values, np.tile([[k + 0.5, k % 2]], (3 + k % 3, 1)))
            assert (answer, times.tolist(), static.tolist()) == (k % 2, list(range(3 + k % 3)), [30.0 + k])
    # The same sequences go the same way, whatever the order of the rows of the file.
    head, *rest = rows()
    again = config(written(tmp_path, [head, *sorted(rest, reverse=False)])).load(NOWHERE)
    assert set(again.test.names) == set(data.test.names)


def test_numbers_splits_and_gaps(tmp_path: Path) -> None:
    numbers = config(written(tmp_path, rows()), label=None, answer="left").load(NOWHERE)
    assert numbers.classes == ()
    assert {int(name[1:]) * 2.0 for name in numbers.test.names} == set(numbers.test.answers.tolist())
    lines = [line + (",part" if not k else f",{['train', 'valid', 'test'][int(line[1 : line.index(',')]) % 3]}")
             for k, line in enumerate(rows(12))]  # fmt: skip
    told = config(written(tmp_path, lines), split="part").load(NOWHERE)
    assert set(told.valid.names) == {"s1", "s4", "s7", "s10"}
    lines = rows()
    lines[3] = lines[3].replace("0.5", "")
    data = config(written(tmp_path, lines)).load(NOWHERE)
    assert data.gaps
    default = config(written(tmp_path, rows()), columns=(), static=("age", "left")).load(NOWHERE)
    assert default.channels == ("x", "y")


@pytest.mark.parametrize(
    ("line", "text", "fields", "why"),
    [
        (5, "s1,0,high,1,31,b,2", {}, r":5: column 'x': 'high' is not a finite number"),
        (6, "s1,1,1.5,1,31,a,2", {}, r":6: column 'class': 'a', and 'b' before, in sequence 's1'"),
        (6, "s1,1,1.5,1,99,b,2", {}, r":6: column 'age': '99', and '31' before"),
        (7, "s1,0,1.5,1,31,b,2", {}, r":7: column 't': '0' comes after '1' in 's1'"),
        (5, "s1,0,1,1", {}, r":5: 4 fields, and 7 in the header"),
        (5, "s1,0,1.5,1,31,b,?", {"answer": "left", "label": None}, r"column 'left': '\?', |'2', and '\?' before"),
        (1, "id,t,x,y,age,class,left", {"split": "left"}, r":2: column 'left': '0' is none of train, valid, test"),
    ],
)
def test_faults_are_placed(tmp_path: Path, line: int, text: str, fields: dict[str, Any], why: str) -> None:
    lines = rows()
    lines[line - 1] = text
    with pytest.raises(DataError, match=why):
        config(written(tmp_path, lines), **fields).load(NOWHERE)


def test_what_the_config_gets_wrong_is_said(tmp_path: Path) -> None:
    path = written(tmp_path, rows())
    for fields, why in (
        ({"group": "ids"}, "data.group: column 'ids' .* did you mean 'id'"),
        ({"group": None}, "data.group is missing"),
        ({"label": None}, "data.label is missing"),
        ({"label": "klass"}, "column 'klass' .*did you mean 'class'"),
        ({"columns": ("z",)}, "data.columns: column 'z'"),
        ({"path": str(tmp_path / "mine.csv")}, "data.path: file 'mine.csv'"),
    ):
        with pytest.raises(ConfigError, match=why):
            config(**{"path": path, **fields}).load(NOWHERE)
    with pytest.raises(DataError, match=r"2 sequences are too few: none is left for"):
        config(written(tmp_path, rows(2))).load(NOWHERE)
    for fields, why in (({"valid": 0.5, "test": 0.5}, "nothing to train on"), ({"answer": "left"}, "take one")):
        with pytest.raises(ValueError, match=why):
            config(path, **fields).check()


def test_a_folder_for_each_class(tmp_path: Path) -> None:
    for k in range(20):
        folder = tmp_path / "all" / "ab"[k % 2]
        folder.mkdir(parents=True, exist_ok=True)
        written(folder, ["x,y", *(f"{k},{t}" for t in range(4))], f"n{k}.csv")
    data = labelled_csv.Config(path=str(tmp_path / "all")).load(NOWHERE)
    assert data.classes == ("a", "b")
    assert {len(values) for values in data.train.values} == {4}
    assert all(
        name.startswith("a/") == (answer == 0) for name, answer in zip(data.test.names, data.test.answers, strict=True)
    )
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="no folder for each class"):
        labelled_csv.Config(path=str(tmp_path / "empty")).load(NOWHERE)


def test_new_sequences_need_no_class(tmp_path: Path) -> None:
    lines = rows()
    one = config(written(tmp_path, lines))
    told = {"channels": ["x", "y"], "static": ["age"], "classes": ["a", "b"]}
    new = one.load_new(Path(written(tmp_path, [",".join(line.split(",")[:5]) for line in lines[:8]], "new.csv")), told)
    assert new.test.answers.tolist() == [-1, -1]
    with pytest.raises(ConfigError, match=r"data.columns: column .y."):
        one.load_new(Path(written(tmp_path, ["id,t,x,age", "a,0,1,2"], "new.csv")), told)


def test_ts_files(tmp_path: Path) -> None:
    lines = ["@classLabel true a b", "@data", *(f"{k},{k + 1}:{k},0:{'ab'[k % 2]}" for k in range(20))]
    paths = {name: written(tmp_path, lines, f"{name}.ts") for name in ("train", "test")}
    one = ts.Config(**paths)
    data = one.load(NOWHERE)
    assert [len(part.values) for part in (data.train, data.valid, data.test)] == [18, 2, 20]
    told = {"channels": list(data.channels), "static": [], "classes": ["a", "b"]}
    new = one.load_new(Path(written(tmp_path, ["@data", "1,2:3,4:?"], "new.ts")), told)
    assert new.test.answers.tolist() == [-1]
    with pytest.raises(DataError, match="1 channels; the run was trained on 2"):
        one.load_new(Path(written(tmp_path, ["@data", "1,2:?"], "new.ts")), told)
    with pytest.raises(ConfigError, match=r"data.train: file '.*gone.ts' is not there"):
        ts.Config(train=str(tmp_path / "gone.ts"), test=paths["test"]).load(NOWHERE)
