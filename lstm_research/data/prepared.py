"""Published data sets as examples in memory: `load`.

Files at hand or downloads are verified, prepared once through TFDS (`builders/`), and from then on read from the cache,
without a network and without the files. What is read must have the digest that was written when it was prepared: a
damaged cache is noticed.
"""

import hashlib
import importlib
import json
import os
import shutil
import socket
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import numpy as np

from lstm_research.data import lock
from lstm_research.data.members import find, missing, sha256_of
from lstm_research.data.paths import DataPaths
from lstm_research.types import DataError

Examples = dict[str, Sequence[dict[str, Any]]]
"""Split -> its examples, in order: arrays, and text as `str`; a list, or `Records`."""


class Records(Sequence[dict[str, Any]]):
    """Examples that stay in their files, each read when it is asked for.

    Args:
      read: gives an example by its place in the split.
      places: int[n], those that are meant.
      folder: for what is made of them.
    """

    def __init__(self, read: Callable[[int], dict[str, Any]], places: np.ndarray, folder: Path):
        self._read, self._places, self.folder = read, places, folder

    def __len__(self) -> int:
        return len(self._places)

    def __getitem__(self, place: Any) -> Any:
        return self._read(int(self._places[place]))

    def where(self, chosen: np.ndarray) -> "Records":
        """Those for which Bool[n] is true."""
        return Records(self._read, self._places[chosen], self.folder)


def where(examples: Sequence[dict[str, Any]], chosen: np.ndarray) -> Sequence[dict[str, Any]]:
    """Those for which Bool[n] is true."""
    if isinstance(examples, Records):
        return examples.where(chosen)
    return [example for example, one in zip(examples, chosen, strict=True) if one]


class Prepared(NamedTuple):
    """A configuration of a data set."""

    splits: Examples
    digest: str
    """sha256 over all of it, see `digest_of`."""


def builder_class(dataset: str) -> Any:
    """The builder of a data set, by the name of its file in `builders/`."""
    module = importlib.import_module(f"lstm_research.data.builders.{dataset}")
    return next(
        found
        for found in vars(module).values()
        if isinstance(found, type) and found.__module__ == module.__name__ and hasattr(found, "MEMBERS")
    )


def load(dataset: str, config: str, paths: DataPaths, held: int | None = None) -> Prepared:
    """All examples of a configuration.

    Args:
      held: bytes of them that are held in memory; of more, splits are `Records`. None: all are.

    Raises:
      DataError: a file or the prepared data are damaged, or a file is not at hand and cannot be downloaded; the message
        names file, URL, checksum and folder.
    """
    folder = paths.cache_dir / "datasets"
    with lock.held(folder / f".{dataset}-{config}.lock"):
        return _prepared(dataset, config, paths, folder, held)


def note_of(dataset: str, config: str, paths: DataPaths) -> Path:
    """The file that is written last, when a configuration has been prepared."""
    return paths.cache_dir / "datasets" / dataset / config / str(builder_class(dataset).VERSION) / "prepared.json"


def digest_of(splits: Examples) -> str:
    """sha256 over names of splits, features, types, shapes and contents, in order."""
    whole = hashlib.sha256()
    for split in sorted(splits):
        whole.update(f"{split}:{len(splits[split])};".encode())
        for example in splits[split]:
            for name in sorted(example):
                value = np.ascontiguousarray(example[name])
                if value.dtype.kind == "U":
                    whole.update(f"{name}:{example[name]!r};".encode())
                else:
                    whole.update(f"{name}:{value.dtype}{value.shape};".encode())
                    whole.update(value.data)
    return whole.hexdigest()


def _prepared(dataset: str, config: str, paths: DataPaths, folder: Path, held: int | None) -> Prepared:
    import tensorflow_datasets as tfds  # 1.3 s, and not needed to train on generated data

    # TFDS announces itself on standard output, which belongs to tables here.
    with open(os.devnull, "w") as devnull, redirect_stdout(devnull):
        named: Any = builder_class(dataset)
        given = tfds.core.BuilderConfig(name=config) if config not in named.MEMBERS else config

        def made() -> Any:
            return named(data_dir=folder, config=given, file_format="array_record")

        builder = made()
        note = note_of(dataset, config, paths)
        files = _changed(builder, config, paths, note)
        if files is not None or not note.is_file():
            # A builder knows what was prepared when it was made.
            shutil.rmtree(builder.data_dir, ignore_errors=True)
            builder = made()
            files = _prepare(tfds, builder, config, paths, files)
            found = _read(builder, paths, held)
            note.write_text(json.dumps({"digest": digest_of(found), "members": _members(files)}))
        else:
            found = _read(builder, paths, held)
    digest = digest_of(found)
    try:
        expected = json.loads(note.read_text())["digest"]
    except (OSError, ValueError, KeyError, TypeError):
        expected = "none"
    if digest != expected:
        raise DataError(
            f"{builder.data_dir}: prepared data are damaged (digest {digest[:12]}, expected {expected[:12]}); remove "
            "the folder, and it is prepared again"
        )
    return Prepared(found, digest)


def _changed(builder: Any, config: str, paths: DataPaths, note: Path) -> dict[str, Any] | None:
    """Files at hand that are not registered and not what was prepared. What is registered cannot change."""
    members = builder.members(config)
    if all(member.size is not None for member in members):
        return None
    found = {member.name: find(paths, member) for member in members}
    contents = {name: at[1] for name, at in found.items() if at is not None}
    if len(contents) < len(members):
        return None
    try:
        same = json.loads(note.read_text())["members"] == _members(contents)
    except (OSError, ValueError, KeyError):
        same = False
    return None if same else contents


def _members(contents: dict[str, Any] | None) -> dict[str, str]:
    return {name: sha256_of(content) for name, content in (contents or {}).items()}


def _read(builder: Any, paths: DataPaths, held: int | None) -> Examples:
    """What is in the cache: in memory, or, where it is larger than what is to be held, record by record."""
    try:
        sources = {split: builder.as_data_source(split=split) for split in builder.info.splits}
        if held is None or builder.info.dataset_size <= held:
            return {split: [_plain(example) for example in source] for split, source in sources.items()}

        def records(source: Any) -> Records:
            return Records(lambda place: _plain(source[place]), np.arange(len(source)), paths.cache_dir / "long")

        return {split: records(source) for split, source in sources.items()}
    except Exception as error:
        raise DataError(
            f"{builder.data_dir}: prepared data cannot be read ({_first_line(error)}); remove the folder, and it is "
            "prepared again"
        ) from error


def _plain(example: dict[str, Any]) -> dict[str, Any]:
    return {name: value.decode() if isinstance(value, bytes) else np.asarray(value) for name, value in example.items()}


def _prepare(tfds: Any, builder: Any, config: str, paths: DataPaths, files: dict[str, Any] | None) -> Any:
    """Make the cache of the files, or find them, or download them; the files, where they were at hand."""
    if files is None:
        found = {member: find(paths, member) for member in builder.members(config)}
        absent = [member for member, at in found.items() if at is None]
        if absent and paths.offline:
            raise missing(paths, absent[0], "not at hand, and downloads are switched off")
        if absent and not _reachable(absent[0].url):
            raise missing(paths, absent[0], "not at hand, and its host cannot be reached")
        files = None if absent else {member.name: at[1] for member, at in found.items() if at is not None}
    builder.handed = files
    tfds.disable_progress_bar()
    try:
        builder.download_and_prepare(
            download_dir=paths.cache_dir / "datasets" / "downloads",
            file_format="array_record",
            # We verify what is in a download, since archives of the same files differ.
            download_config=tfds.download.DownloadConfig(try_download_gcs=False, force_checksums_validation=False),
        )
    except DataError:
        raise
    except Exception as error:  # TFDS raises whatever its network, file and record libraries raise
        why = _first_line(error)
        if files is None:
            raise missing(paths, builder.members(config)[0], f"download or preparation failed ({why})") from error
        raise DataError(
            f"{builder.name}: cannot be prepared in {builder.data_dir} ({why}); free some space there, or name another "
            "folder with LSTM_RESEARCH_CACHE"
        ) from error
    return files


def _reachable(url: str) -> bool:
    """Whether the host of a URL is known here: without a network, TFDS would try again for minutes."""
    try:
        socket.getaddrinfo(urlsplit(url).hostname, 443)
    except OSError:
        return False
    return True


def _first_line(error: Exception) -> str:
    text = str(error).strip() or type(error).__name__
    return text.splitlines()[0][:200]
