"""The kill script in its small form; `make kills` is the whole."""

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.slow
def test_a_sweep_that_is_killed_six_times_ends_as_the_undisturbed_one():
    """Fails where a kill loses, doubles or changes a run, and where what is left behind stops the next start."""
    command = [sys.executable, str(Path(__file__).with_name("kills.py")), "--trials", "12", "--kills", "6"]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=1200)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "6 kills" in done.stdout.splitlines()[-1]
