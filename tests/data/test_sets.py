"""Every published set: prepared from the files at hand, with the counts of its README; and what sets make of them."""

import functools
import hashlib
import http.server
import json
import os
import threading
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lstm_research.data import DataPaths
from lstm_research.data.mapped import in_file
from lstm_research.data.members import Member
from lstm_research.data.prepared import builder_class, load, note_of
from lstm_research.data.sets import (
    cmapss,
    ett,
    exchange_rate,
    japanese_vowels,
    m4,
    nab,
    physionet2012,
    small_series,
    ucr,
)
from lstm_research.data.sets.physionet2012 import binned
from lstm_research.data.ts import read
from lstm_research.types import ConfigError, DataError

DATA = os.environ.get("LSTM_RESEARCH_DATA", "")
with_data = pytest.mark.skipif(not DATA, reason="LSTM_RESEARCH_DATA is not set")


@pytest.fixture
def paths() -> DataPaths:
    return DataPaths(data_dir=Path(DATA), cache_dir=Path(os.environ["LSTM_RESEARCH_CACHE"]), offline=True)


def steps(examples: list[dict[str, Any]]) -> int:
    return sum(len(example["values"]) // int(example.get("channels", 1)) for example in examples)


# Part -> examples and steps of all its splits; of those published, in the READMEs of the data.
SERIES = {
    "ett/h1": (1, 17420),
    "ett/h2": (1, 17420),
    "ett/m1": (1, 69680),
    "exchange_rate/daily": (1, 7588),
    "small_series/airline": (1, 144),
    "small_series/temperatures": (1, 3650),
    "small_series/sunspots": (1, 2820),
    "nab/ambient_temperature_system_failure": (1, 7267),
    "nab/cpu_utilization_asg_misconfiguration": (1, 18050),
    "nab/ec2_request_latency_system_failure": (1, 4032),
    "nab/machine_temperature_system_failure": (1, 22695),
    "nab/nyc_taxi": (1, 10320),
    "nab/rogue_agent_key_hold": (1, 1882),
    "nab/rogue_agent_key_updown": (1, 5315),
    "m4/hourly": (414, 373372),
    "m4/weekly": (359, 371579),
}
CASES = {
    "cmapss/FD001": (100, 20631, 100, 13096),
    "cmapss/FD002": (260, 53759, 259, 33991),
    "cmapss/FD003": (100, 24720, 100, 16596),
    "cmapss/FD004": (249, 61249, 248, 41214),
    "japanese_vowels/speakers": (270, 4274, 370, 5687),
    "ucr/BasicMotions": (40, 4000, 40, 4000),
    "ucr/CBF": (30, 30 * 128, 900, 900 * 128),
    "ucr/ECG200": (100, 9600, 100, 9600),
    "ucr/GunPoint": (50, 7500, 150, 22500),
    "ucr/ItalyPowerDemand": (67, 67 * 24, 1029, 1029 * 24),
    "ucr/Lightning2": (60, 60 * 637, 61, 61 * 637),
    "ucr/OliveOil": (30, 17100, 30, 17100),
    "ucr/SyntheticControl": (300, 18000, 300, 18000),
}


@with_data
@pytest.mark.parametrize("part", SERIES)
def test_counts_of_series(part: str, paths: DataPaths) -> None:
    splits = load(*part.split("/"), paths).splits
    number, rows = SERIES[part]
    assert {len(examples) for examples in splits.values()} == {number}
    assert sum(map(steps, splits.values())) == rows


@with_data
@pytest.mark.parametrize("part", CASES)
def test_counts_of_cases(part: str, paths: DataPaths) -> None:
    splits = load(*part.split("/"), paths).splits
    train = splits["train"] + splits.get("valid", [])
    assert (len(train), steps(train), len(splits["test"]), steps(splits["test"])) == CASES[part]
    assert len({example["name"] for example in train}) == len(train)


@with_data
@pytest.mark.slow
def test_counts_of_physionet(paths: DataPaths) -> None:
    splits = load("physionet2012", "mortality", paths).splits
    assert [len(splits[name]) for name in ("train", "valid", "test")] == [3600, 400, 4000]
    died = {name: sum(int(example["died"]) for example in examples) for name, examples in splits.items()}
    assert died["train"] + died["valid"] == 554
    assert died["test"] == 568
    data = physionet2012.Config().load(paths)
    assert data.gaps
    assert max(len(values) for values in data.train.values) <= 49
    assert data.classes[data.test.answers[0]] in ("died", "survived")


@with_data
def test_values_are_those_of_the_files(paths: DataPaths) -> None:
    data = ett.Config(name="h1").load(paths)
    lines = (Path(DATA) / "ett" / "ETTh1.csv").read_text().splitlines()
    assert data.series[0].borders == (8640, 11520, 14400)
    for row in (0, 8640, 14399):
        stamp, *texts = lines[1 + row].split(",")
        np.testing.assert_array_equal(data.series[0].values[row], [float(text) for text in texts])
        assert str(data.series[0].time[row].astype("datetime64[s]")) == stamp.replace(" ", "T")
    assert ett.Config(forecast="OT").load(paths).targets == (6,)
    hourly = m4.Config(name="hourly").load(paths)
    text = (Path(DATA) / "m4" / "Test" / "Hourly-test.csv").read_text().splitlines()[2].replace('"', "").split(",")
    assert hourly.series[1].name == text[0]
    np.testing.assert_array_equal(hourly.series[1].values[-48:, 0], [float(x) for x in text[1:]])
    assert len(exchange_rate.Config().load(paths).series[0].values) == 7588
    assert small_series.Config(name="airline").load(paths).season == 12


@with_data
def test_anomalies_are_the_labelled_windows(paths: DataPaths) -> None:
    (taxi,) = nab.Config(name="nyc_taxi").load(paths).series
    windows = json.loads((Path(DATA) / "nab" / "labels" / "combined_windows.json").read_text())
    expected = windows["realKnownCause/nyc_taxi.csv"]
    stamps = taxi.time.astype("datetime64[s]").astype(str)
    found = [[stamps[a], stamps[b - 1]] for a, b in taxi.anomalies]
    assert found == [[text.replace(" ", "T")[:19] for text in window] for window in expected]
    assert all(begin >= taxi.borders.valid for begin, _ in taxi.anomalies)


@with_data
def test_engines_count_down(paths: DataPaths) -> None:
    data = cmapss.Config(name="FD001").load(paths)
    assert set(data.train.answers) == {0.0}
    assert data.test.answers[:3].tolist() == [112, 98, 69]
    for values, rul in zip(data.test.values, data.test.per_step, strict=True):
        assert len(values) == len(rul)
        assert (np.diff(rul) == -1).all()


@with_data
def test_sensors_are_standardised_within_their_condition(paths: DataPaths) -> None:
    plain, data = (cmapss.Config(name="FD002", by_condition=own).load(paths) for own in (False, True))
    values = np.concatenate(data.train.values)
    altitude = np.round(values[:, 0])
    assert len(np.unique(altitude)) == 6
    for condition in np.unique(altitude):
        own = values[altitude == condition][:, 3:]
        assert np.abs(own.mean(axis=0)).max() < 0.01
        assert set(np.round(own.std(axis=0), 2)) <= {0.0, 1.0}
    np.testing.assert_array_equal(values[:, :3], np.concatenate(plain.train.values)[:, :3])


@with_data
def test_folds_share_train(paths: DataPaths) -> None:
    found = [ucr.Config(name="SyntheticControl", fold=fold).load(paths) for fold in range(3)]
    names = [set(data.valid.names) for data in found]
    assert len(set.union(*names)) == 300 == sum(map(len, names))
    for data in found:
        assert not set(data.valid.names) & set(data.train.names)
        assert set(np.bincount(data.valid.answers)) <= {16, 17}
    vowels = japanese_vowels.Config().load(paths)
    assert np.bincount(vowels.valid.answers).tolist() == [3] * 9


def test_any_set_of_the_archive_by_name_and_again_when_it_changes(tmp_path: Path) -> None:
    at = DataPaths(data_dir=tmp_path / "data", cache_dir=tmp_path / "cache", offline=True)
    with pytest.raises(DataError, match=r"Own_TRAIN.ts of ucr: not at hand.*Own.zip \(no checksum"):
        ucr.Config(name="Own").load(at)
    folder = tmp_path / "data" / "ucr" / "Own"
    folder.mkdir(parents=True)
    train = "".join(f"{k % 2 + 1} {k} {k + 1} {k + 2}\n" for k in range(12))
    (folder / "Own_TRAIN").write_text(train)
    (folder / "Own_TEST").write_text(train)
    data = ucr.Config(name="Own").load(at)
    assert [len(split.values) for split in (data.train, data.valid, data.test)] == [8, 4, 12]
    assert data.classes == ("1", "2")
    (folder / "Own_TEST").write_text(train * 2)
    assert len(ucr.Config(name="Own").load(at).test.values) == 24
    (folder / "Own_TEST").write_text(train + "3 1 2 3\n")
    with pytest.raises(DataError, match="class '3' is not in train"):
        ucr.Config(name="Own").load(at)
    with pytest.raises(ConfigError, match="not the name of a set"):
        ucr.Config(name="../Own").load(at)


@pytest.mark.loose
def test_what_is_not_at_hand_is_downloaded_and_verified(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From a server of this machine; the archive is another than anybody registered, its members are not."""
    lines = "".join(f"{k % 2 + 1} {k} {k + 1} {k + 2}\n" for k in range(12)).encode()
    with zipfile.ZipFile(tmp_path / "Own.zip", "w") as archive:
        for split in ("TRAIN", "TEST"):
            archive.writestr(f"Own_{split}.ts", lines)
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=tmp_path)
    handler.log_message = lambda *_: None
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/Own.zip"
        digest = hashlib.sha256(lines).hexdigest()
        found = [Member("ucr", f"Own/Own_{s}.ts", len(lines), digest, url) for s in ("TRAIN", "TEST")]
        monkeypatch.setattr(builder_class("ucr"), "members", classmethod(lambda cls, config: found))
        at = DataPaths(data_dir=None, cache_dir=tmp_path / "cache")
        assert len(ucr.Config(name="Own").load(at).test.values) == 12
        wrong = [member._replace(sha256="0" * 64) for member in found]
        monkeypatch.setattr(builder_class("ucr"), "members", classmethod(lambda cls, config: wrong))
        with pytest.raises(DataError, match="expected 000000"):
            ucr.Config(name="Other").load(at)
        server.shutdown()


@with_data
def test_damaged_prepared_data_are_noticed(tmp_path: Path) -> None:
    at = DataPaths(data_dir=Path(DATA), cache_dir=tmp_path, offline=True)
    whole = load("small_series", "airline", at)
    note = note_of("small_series", "airline", at)
    assert load("small_series", "airline", at).digest == whole.digest
    told = json.loads(note.read_text())
    note.write_text(json.dumps(told | {"digest": hashlib.sha256(b"other").hexdigest()}))
    with pytest.raises(DataError, match="prepared data are damaged"):
        load("small_series", "airline", at)
    note.unlink()  # as when a preparation was killed
    assert load("small_series", "airline", at).digest == whole.digest


def test_every_builder_is_registered_and_says_its_licence() -> None:
    for name in ("ett", "cmapss", "ucr"):
        built = builder_class(name)
        assert built.name == name
        assert any(word in built.__doc__ for word in ("licence", "CC BY", "US Government"))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "holds no case"),
        ("@problemName x\n1,2:a\n", "no line @data"),
        ("@timeStamps true\n@data\n", "@timeStamps true"),
        ("@data\n1,2,x:a\n", "x.ts:2: channel 1, value 3: 'x' is not a number"),
        ("@data\n1,2:3:a\n", "x.ts:2: channels of unequal length in one case: 2, 1"),
        ("@data\n1,2:a\n1,2:3,4:a\n", "x.ts:3: 2 channels, and 1 in the first case"),
        ("@classLabel true a b\n@data\n1,2:c\n", "x.ts:3: class 'c' is not one of @classLabel: a, b"),
        ("@data\n1,2,3\n", "x.ts:2: no ':' before a class"),
        ("@data\n(0,1),(1,2):a\n", "a step with a time of its own"),
        ("@data\n1,inf:a\n", "'inf' is not finite"),
        ("1 2 3\n1\n", "x.ts:2: 1 fields"),
    ],
)
def test_faults_of_ts_files_are_placed(text: str, why: str) -> None:
    with pytest.raises(DataError) as error:
        read(text.encode(), "x.ts")
    assert why in str(error.value)


def test_forms_of_ts_files() -> None:
    cases = read(b"#c\n@classLabel true a b\n@data\n1,2,?:4,5,6:a\n7:8:b\n", "x.ts")
    assert cases.labels == ("a", "b")
    assert [values.shape for values in cases.values] == [(3, 2), (1, 2)]
    assert np.isnan(cases.values[0][2, 0])
    old = read(b"  1.0000000e+000 1 2 NaN NaN\n-1.0 3 4 5 6\n", "x")
    assert old.labels == ("1", "-1")
    assert [len(values) for values in old.values] == [2, 4]
    with pytest.raises(DataError, match="x:2: byte 0xff is not UTF-8"):
        read(b"1 2\n\xff 2\n", "x")


def test_binned_measurements_are_means() -> None:
    values = np.array([[1.0, np.nan], [3.0, np.nan], [np.nan, 5.0]], np.float32)
    means, begins = binned(values, np.array([0.0, 0.9, 2.5], np.float32), 1.0)
    np.testing.assert_array_equal(means, [[2.0, np.nan], [np.nan, 5.0]])
    np.testing.assert_array_equal(begins, [0.0, 2.0])


@with_data
def test_records_that_stay_in_their_files_are_the_same_set(paths: DataPaths) -> None:
    here, there = (japanese_vowels.Config().load(replace(paths, held=held)) for held in (None, 0))
    assert here.digest == there.digest
    assert in_file(there.train.values.flat)
