"""The store under kills, torn lines and damage."""

import json
import math
import os
import signal
import subprocess
import sys
import time

import pytest
from made_results import evaluation, record

from lstm_research.results import Record, Store, files
from lstm_research.results.lock import population_lock
from lstm_research.results.query import query
from lstm_research.types import ConfigError, DataError


def filled(tmp_path) -> Store:
    store = Store(tmp_path / "runs")
    store.write_population("p0", {"runs": ["aa1", "ab2"]})
    store.write_results("p0", [record("aa1"), record("ab2", seed=1, status="diverged")])
    return store


def test_records_come_back_and_prefixes_find_them(tmp_path):
    store = filled(tmp_path)
    assert store.records() == [record("aa1"), record("ab2", seed=1, status="diverged")]
    assert store.record("aa").run == "aa1"
    assert set(store.find(["ab2", "zz"])) == {"ab2"}
    with pytest.raises(ConfigError, match="short for 2 runs: aa1, ab2"):
        store.record("a")
    with pytest.raises(ConfigError, match="allowed: aa1, ab2; did you mean 'a"):
        store.record("aa2")


def test_nan_is_null_in_files_and_nan_again_when_read():
    line = record(valid=math.inf).to_json()
    assert json.loads(line)["valid"] == {"nll": None}
    assert math.isnan(Record.from_json(line).valid["nll"])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"seed": "0"}, "seed is '0'"),
        ({"steps": True}, "steps is True"),
        ({"status": "won"}, "won"),
        ({"x": 1}, "keys"),
    ],
)
def test_records_are_strict(change, said):
    with pytest.raises(DataError, match=said):
        Record.from_json(json.dumps(json.loads(record().to_json()) | change))


def test_a_torn_last_evaluation_is_ignored_and_then_cut_off(tmp_path):
    store = filled(tmp_path)
    store.add_evaluation("p0", evaluation("aa1"))
    path = store.folder("p0") / "evaluations.jsonl"
    path.write_bytes(path.read_bytes() + b'{"run": "aa1", "spl')
    with pytest.warns(UserWarning, match="evaluations.jsonl:2: ignored a torn last line"):
        assert len(store.evaluations("aa1")) == 1
    store.add_evaluation("p0", evaluation("aa1"))
    assert store.test_openings(["aa1"]) == 2


@pytest.mark.parametrize(
    "damage", [lambda data: data[:-20], lambda data: data.replace(b'"run"', b'"rum"', 1), lambda data: b"\xff\n"]
)
def test_damaged_results_are_named_not_skipped(tmp_path, damage):
    store = filled(tmp_path)
    path = store.folder("p0") / "results.jsonl"
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(DataError, match=r"results.jsonl:[12]: "):
        store.records()


def test_a_killed_writer_leaves_old_or_new_results_never_a_mixture(tmp_path):
    script = (
        "import itertools, sys; sys.path[:0] = sys.argv[2:]\n"
        "from lstm_research.results import Store\nfrom made_results import record\n"
        "store = Store(sys.argv[1])\nstore.write_population('p0', {})\n"
        "for i in itertools.count():\n"
        "    store.write_results('p0', [record(f'r{j}', steps=i) for j in range(50)])\n"
        "    print(i, flush=True)\n"
    )
    for _ in range(3):
        process = subprocess.Popen([sys.executable, "-c", script, str(tmp_path), *sys.path], stdout=subprocess.PIPE)
        for _ in range(20):
            process.stdout.readline()
        time.sleep(0.003)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()
        store = Store(tmp_path)
        records = store.records()
        assert len(records) == 50
        assert len({one.steps for one in records}) == 1
        store.write_population("p0", {})
        assert list(store.folder("p0").glob(".*")) == []


def test_forget_keeps_the_others_and_the_count_of_openings(tmp_path):
    store = filled(tmp_path)
    store.add_evaluation("p0", evaluation("aa1"))
    store.forget("aa1")
    assert [one.run for one in store.records()] == ["ab2"]
    assert store.evaluations() == []
    assert store.test_openings(["aa1"]) == 1
    store.forget("ab2")
    assert store.populations() == []


def test_a_run_that_two_populations_hold_is_forgotten_in_both(tmp_path):
    store = filled(tmp_path)
    store.write_population("p1", {})
    store.write_results("p1", [record("aa1", population="p1"), record("ac3", population="p1")])
    store.forget("aa1")
    assert [one.run for one in store.records()] == ["ab2", "ac3"]


def test_a_removal_that_was_killed_leaves_no_half_a_population(tmp_path, monkeypatch):
    store = filled(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr("shutil.rmtree", lambda *_, **__: None)
        store.forget("aa1")
        store.forget("ab2")
    assert store.populations() == store.records() == []
    assert not store.folder("p0").exists()
    assert store.clean() == []
    assert list(store.root.glob(".removed-*")) == []


def test_clean_removes_only_what_never_finished(tmp_path):
    store = filled(tmp_path)
    store.write_population("p1", {})
    assert store.unfinished() == ["p1"]
    with population_lock(store.folder("p1")):
        assert store.clean() == []
    assert store.clean() == ["p1"]
    assert store.populations() == ["p0"]


def test_query_sees_three_tables_and_no_files(tmp_path):
    store = filled(tmp_path)
    assert query(Store(tmp_path / "empty"), "select count(*) from metrics").rows == [(0,)]
    row = {"run": "aa1", "step": 1, "train_loss": None, "valid": {"nll": 2.5}, "best_step": 1, "active": True}
    files.append(store.folder("p0") / "metrics.jsonl", [json.dumps(row)])
    assert [line["step"] for line in store.metrics("p0")] == [1]
    answer = query(store, "select r.seed, (m.valid->>'$.nll')::double nll from runs r join metrics m using (run)")
    assert answer.columns == ["seed", "nll"]
    assert answer.rows == [(0, 2.5)]
    for sql in ("select * from read_text('/etc/hostname')", f"copy runs to '{tmp_path}/x.csv'", "selct 1"):
        with pytest.raises(ConfigError, match="query: "):
            query(store, sql)
