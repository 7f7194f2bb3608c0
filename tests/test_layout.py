"""The house rules that no linter knows."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
SOURCES = sorted((ROOT / "lstm_research").rglob("*.py"))
EXPERIMENTS = sorted((ROOT / "experiments").glob("*.py"))


def imported(path: Path) -> set[str]:
    """Every module that a file imports, anywhere in it."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module or ".")
    return names


def test_every_folder_is_a_package() -> None:
    """import-linter passes over a folder without __init__.py in silence."""
    folders = {path.parent for path in SOURCES}
    assert [str(f.relative_to(ROOT)) for f in folders if not (f / "__init__.py").exists()] == []


def test_files_hold_one_idea() -> None:
    """Above 300 lines a file holds two."""
    long = {str(path.relative_to(ROOT)): n for path in SOURCES if (n := len(path.read_text().splitlines())) > 300}
    assert long == {}


@pytest.mark.parametrize("path", EXPERIMENTS, ids=lambda path: path.stem)
def test_experiments_are_plain_data(path: Path) -> None:
    """A table is rebuilt on a laptop in a second: its file imports `results`, the settings of a sweep's file, and the
    standard library only.
    """
    foreign = {name for name in imported(path) if name.split(".")[0] not in sys.stdlib_module_names}
    allowed = ("lstm_research.results", "lstm_research.launch.sweep")
    assert {name for name in foreign if not name.startswith(allowed)} == set()


def test_what_the_package_imports_is_a_dependency_of_it() -> None:
    """An installed wheel has no dev extra."""
    project = PROJECT["project"]
    extras = [line for name, lines in project["optional-dependencies"].items() if name != "dev" for line in lines]
    declared = {re.match(r"[A-Za-z0-9_.-]+", line)[0].lower() for line in (*project["dependencies"], *extras)}
    names = {name.split(".")[0] for path in SOURCES for name in imported(path)} - {"lstm_research"}
    of = {"orbax": "orbax-checkpoint", "ruamel": "ruamel.yaml", "pydantic_core": "pydantic", "jaxlib": "jax"}
    foreign = {of.get(name, name).replace("_", "-").lower() for name in names - set(sys.stdlib_module_names)}
    assert foreign - {name.replace("_", "-") for name in declared} == set()


def test_lock_names_no_address_and_pins_everything() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert "://" not in lock
    pinned = dict(re.findall(r"^([a-z0-9-]+)==(\S+)", lock, re.MULTILINE))
    wanted = PROJECT["project"]["dependencies"] + PROJECT["project"]["optional-dependencies"]["dev"]
    names = {re.match(r"[A-Za-z0-9_.-]+", line)[0].lower().replace("_", "-").replace(".", "-") for line in wanted}
    assert names - set(pinned) == set()
    assert lock.count("--hash=sha256:") >= len(pinned)


def test_importing_the_package_is_quick() -> None:
    """The names of the package are lazy: `import lstm_research` imports neither JAX nor NumPy."""
    code = (
        "import sys, lstm_research; dir(lstm_research); sys.exit(bool({'jax', 'numpy', 'pydantic'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_every_export_resolves() -> None:
    import lstm_research

    for name in lstm_research._EXPORTS:
        assert getattr(lstm_research, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'LSMT'"):
        lstm_research.LSMT  # noqa: B018
