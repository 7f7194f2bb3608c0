"""Where configs, experiments, runs, data and caches are found. The user's own come before what ships."""

import os
import sys
from pathlib import Path

from lstm_research.config.nearest import nearest
from lstm_research.types import ConfigError

SUFFIX = {"configs": ".yaml", "experiments": ".py"}
"""The two kinds of files that are found by name, and how their names end."""


def search_path() -> list[Path]:
    """The current folder, then the folders of LSTM_RESEARCH_PATH (separated as in PATH)."""
    entries = os.environ.get("LSTM_RESEARCH_PATH", "").split(os.pathsep)
    folders = [Path.cwd(), *(Path(entry).expanduser().absolute() for entry in entries if entry)]
    return list(dict.fromkeys(folders))


def shipped(kind: str) -> Path:
    """The folder `kind` of the repository, when we run from a checkout, else the one inside the installed package."""
    package = Path(__file__).resolve().parents[1]
    # A pyproject.toml tells a checkout from site-packages, where some other package may have left a folder `configs`.
    if (package.parent / "pyproject.toml").is_file() and (package.parent / kind).is_dir():
        return package.parent / kind
    return package / "_shipped" / kind


def folders(kind: str) -> list[Path]:
    """The existing folders that hold `kind`, the first to be searched first."""
    found = [*(folder / kind for folder in search_path()), shipped(kind)]
    return list({folder.resolve(): folder for folder in reversed(found) if folder.is_dir()}.values())[::-1]


def listing(kind: str) -> dict[str, Path]:
    """name -> file of everything of a kind that `find` would find, sorted; sub-folders are named `sweeps/jsb`."""
    files: dict[str, Path] = {}
    for folder in folders(kind):
        for file in sorted(folder.rglob("*" + SUFFIX[kind])):
            inside = file.relative_to(folder)
            if not any(part.startswith(("_", ".")) for part in inside.parts):
                files.setdefault(inside.with_suffix("").as_posix(), file)
    return dict(sorted(files.items()))


def find(kind: str, name: str | os.PathLike[str], suffix: str | None = None) -> Path:
    """The file of a kind ("configs", "experiments") by path or by name, with or without its ending.

    A path that exists is taken as it is; a name is looked for in the current folder, in LSTM_RESEARCH_PATH and in what
    ships. Raises ConfigError with the nearest name.
    """
    suffix = suffix or SUFFIX[kind]
    path = Path(name).expanduser()
    if path.is_file():
        return path
    plain = path.as_posix().removesuffix(suffix)
    if not path.is_absolute() and ".." not in path.parts and plain not in ("", "."):
        for folder in folders(kind):
            file = folder / (plain + suffix)
            if file.is_file():
                return file
    names = [known for known, file in listing(kind).items() if file.suffix == suffix]
    short = {known.rpartition("/")[2]: known for known in names}
    hint = nearest(plain.removeprefix(kind + "/"), names) or nearest(plain.rpartition("/")[2], short)
    looked = ", ".join(str(folder) for folder in folders(kind)) or "no folder, since none exists"
    listed = "tables" if kind == "experiments" else kind
    what = "is a folder" if path.is_dir() else "not found"
    raise ConfigError(f"{kind[:-1]} {str(name)!r} {what}; looked in {looked}{hint or f'; `list {listed}` shows all'}")


def runs_dir() -> Path:
    """Where runs are kept: LSTM_RESEARCH_RUNS, by default ./runs."""
    return _folder("LSTM_RESEARCH_RUNS") or Path("runs")


def cache_dir() -> Path:
    """Prepared data and compiled programs: LSTM_RESEARCH_CACHE, by default in the user's cache folder."""
    given = _folder("LSTM_RESEARCH_CACHE")
    if given:
        return given
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "lstm_research"
    return (_folder("XDG_CACHE_HOME") or Path.home() / ".cache") / "lstm_research"


def data_dir() -> Path | None:
    """Raw data at hand, read only: LSTM_RESEARCH_DATA, or None."""
    return _folder("LSTM_RESEARCH_DATA")


def _folder(variable: str) -> Path | None:
    value = os.environ.get(variable)
    return Path(value).expanduser() if value else None
