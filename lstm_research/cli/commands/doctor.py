"""What is installed, found and writable on this machine, and how to get what is missing."""

import argparse
import importlib.metadata
import importlib.util
import os
import platform
import shutil
from pathlib import Path
from typing import Any

SUMMARY = "devices, versions, cache, data: what is there and what is missing"

EXTRAS = {"tensorboard": "tensorboardX", "ray": "ray", "classical": "statsmodels"}


def add(parser: argparse.ArgumentParser) -> None:
    """No arguments."""


def act(options: Any) -> int:
    """Returns 0, or 5 where nothing can be written."""
    from lstm_research.cli import session
    from lstm_research.config import paths
    from lstm_research.launch import runtime

    print(f"python    {platform.python_version()} on {platform.system()} {platform.machine()}, {runtime.cores()} cores")
    for name in runtime.PACKAGES:
        print(f"          {name} {importlib.metadata.version(name)}")
    kept = runtime.keep_memory()
    why = "" if kept else " (LSTM_RESEARCH_MALLOC=default, or no glibc here: long sequences train slower)"
    print(f"memory    freed memory is {'kept for the next step' if kept else 'given back'}{why}")
    print("devices   " + _devices())
    worst = 0
    for what, folder in (("cache", paths.cache_dir()), ("runs", session.store_of(options).root)):
        line, fine = _folder(folder)
        print(f"{what:9} {line}")
        worst = worst if fine else 5
    store = session.store_of(options)
    begun = store.unfinished()
    print(f"          {len(store.records())} runs finished, {len(begun)} populations begun")
    print(f"data      {options.data_dir or paths.data_dir() or 'LSTM_RESEARCH_DATA is not set'}")
    _data(session.tasks_of(options).paths)
    for extra, module in EXTRAS.items():
        there = importlib.util.find_spec(module) is not None
        print(f"extra     {extra}: {'installed' if there else f'''pip install 'lstm-research[{extra}]' '''.rstrip()}")
    return worst


def _devices() -> str:
    from lstm_research.cli import session

    session.prepare()
    import jax

    found = ", ".join(f"{device.platform}:{device.device_kind}" for device in jax.devices())
    if all(device.platform == "cpu" for device in jax.devices()) and Path("/dev/nvidia0").exists():
        found += " (an NVIDIA GPU is here: pip install 'lstm-research[cuda]')"
    return found


def _folder(folder: Path) -> tuple[str, bool]:
    """(what there is to say, whether it can be written)."""
    there = folder.absolute()
    while not there.exists():
        there = there.parent
    if not os.access(there, os.W_OK):
        return f"{folder}: cannot be written; name another with LSTM_RESEARCH_CACHE or --runs-dir", False
    free = shutil.disk_usage(there).free / 2**30
    return f"{folder}{'' if folder.exists() else ' (made when needed)'}, {free:.1f} GiB free", free > 0.1


def _data(where: Any) -> None:
    """A line for each published data set: how much of it is prepared."""
    from lstm_research.data.state import BUILDERS, parts

    for dataset, line in BUILDERS.summaries().items():
        found = parts([dataset])
        ready = sum(part.is_prepared(where) for part in found)
        print(f"          {dataset}: {ready} of {len(found)} prepared; {line.removeprefix('TFDS builder of ')}")
    print("          `lstm-research data verify` checks the files and prepares what is at hand")
