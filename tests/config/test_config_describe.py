"""What `config show`, `list` and errors read from the classes; and that a fault is answered quickly, without JAX."""

import dataclasses
import os
import subprocess
import sys
from pathlib import Path

from tinylab.cells.wide import Config as Wide
from tinylab.schema import Model, Run

from lstm_research.config.describe import describe, docstrings, keys_of
from lstm_research.config.fields import Kind, kind_name
from lstm_research.config.schema import ModelConfig, RunConfig


def test_a_class_shows_keys_types_defaults_and_docstrings() -> None:
    rows = {row.path: row for row in describe(Run)}
    assert list(rows)[:2] == ["model.cell", "model.layers"]
    assert "execution.device" in rows
    assert rows["model.layers"][1:4] == ("a whole number >= 1", 1, "Number of layers.")
    assert rows["model.dropout"].type == "a number >= 0 and < 1, or null"
    assert rows["model.cell"].default is dataclasses.MISSING
    assert "narrow" in rows["model.cell"].type


def test_an_instance_shows_its_kinds_and_values() -> None:
    rows = {row.path: row for row in describe(Run(model=Model(cell=Wide(hidden=3))))}
    assert rows["model.cell.kind"].value == "wide"
    assert rows["model.cell.hidden"].value == 3
    assert rows["model.cell.hidden"].doc == "Number of units."


def test_every_key_of_the_schema_has_a_docstring() -> None:
    missing = [row.path for row in describe(RunConfig) if not row.doc]
    assert not missing


def test_kinds_are_listed_without_importing_them() -> None:
    kind = Kind("tinylab.cells")
    assert kind.names() == ["borrowed", "broken", "listed", "narrow", "thawed", "wide"]
    assert "tinylab.cells.broken" not in sys.modules
    assert kind.summaries()["wide"] == "A cell with a bias of its own."
    assert kind_name(Wide(hidden=1)) == "wide"
    assert keys_of(Wide, kind=True)[:2] == ["kind", "hidden"]
    assert docstrings(ModelConfig)["layers"] == "Number of stacked recurrent layers."


def test_a_fault_is_answered_without_importing_jax(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text("modle: 1\ntask: {kind: addig}\n")
    code = (
        "import sys\nfrom lstm_research.config.load import load\nfrom lstm_research.types import ConfigError\n"
        "try: load('x.yaml')\nexcept ConfigError as error: print(error)\n"
        "heavy = {'jax', 'numpy', 'flax', 'optax', 'scipy'} & set(sys.modules)\nassert not heavy, heavy\n"
    )
    root = Path(__file__).parents[2]
    answer = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
    )
    assert answer.returncode == 0, answer.stderr
    assert "x.yaml:1: modle: unknown key" in answer.stdout
    assert "x.yaml:2: task.kind: kind 'addig'" in answer.stdout
