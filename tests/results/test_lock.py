"""One holder per population, across processes, also after SIGKILL."""

import errno
import fcntl
import os
import signal
import subprocess
import sys

import pytest

from lstm_research.results.lock import holder, population_lock
from lstm_research.types import LockedError, ResourceError

SCRIPT = """
import sys, time; sys.path[:0] = sys.argv[2:]
from pathlib import Path
from lstm_research.results.lock import population_lock
with population_lock(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_the_loser_names_the_holder_and_a_kill_frees_the_lock(tmp_path):
    process = subprocess.Popen([sys.executable, "-c", SCRIPT, str(tmp_path), *sys.path], stdout=subprocess.PIPE)
    try:
        assert process.stdout.readline() == b"held\n"
        with (
            pytest.raises(LockedError, match=f"process {process.pid} on "),
            population_lock(tmp_path, wait_seconds=0.2),
        ):
            pass
        assert holder(tmp_path).pid == process.pid
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()
    assert holder(tmp_path) is None
    with population_lock(tmp_path):
        assert holder(tmp_path).pid == os.getpid()
    assert holder(tmp_path) is None


def test_a_lock_on_a_removed_folder_is_no_lock(tmp_path):
    folder = tmp_path / "p"
    with population_lock(folder):
        (folder / "population.lock").unlink()
        with population_lock(folder):
            assert holder(folder).pid == os.getpid()


def test_a_file_system_without_locks_is_refused(tmp_path, monkeypatch):
    def refused(descriptor, how):
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", refused)
    with (
        pytest.raises(ResourceError, match=r"gives no lock \(No locks available\); mount it"),
        population_lock(tmp_path),
    ):
        pass
