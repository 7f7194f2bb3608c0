"""The files of the published data sets: what was registered of each, where it is, and whether it is that.

A member is a file as its authors mean it, whatever it is packed in: it is found plain, gzipped or in an archive, and
its unpacked content must have the registered size and sha256. Standard library only.
"""

import hashlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from lstm_research.data.archives import MOST, Content, is_archive, unpack
from lstm_research.data.paths import DataPaths
from lstm_research.types import DataError

REGISTRY = Path(__file__).parent / "builders" / "members.tsv"


class Member(NamedTuple):
    """A file of a data set, as registered in `builders/members.tsv`."""

    dataset: str
    name: str
    """Its path; with "/" at its end, a folder of files."""
    size: int | None
    """Bytes, of all files of a folder; None where it is not registered."""
    sha256: str
    """See `sha256_of`; "" where it is not registered."""
    url: str
    """Of the file, or of an archive with it."""

    @property
    def packed_in(self) -> str:
        """Name of the file that `url` gives."""
        return PurePosixPath(self.url).name


@cache
def registered(dataset: str) -> dict[str, Member]:
    """Every registered member of a data set, by its name."""
    _, *lines = REGISTRY.read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines]
    return {
        name: Member(folder, name, int(size), sha256, url)
        for folder, name, size, sha256, url in rows
        if folder == dataset
    }


def find(paths: DataPaths, member: Member) -> tuple[Path, Content] | None:
    """Where a member is in `paths.data_dir`, and its content, verified; None where it is not there.

    It is looked for in data_dir/<data set>, then in data_dir itself: by its path, by its name, gzipped, and in the zip
    and tar files there.

    Raises:
      DataError: what is there is not what was registered, or cannot be read.
    """
    for path in _places(paths, member):
        try:
            content = _read(path, member)
        except OSError as error:
            raise DataError(f"{path}: cannot be read ({error.strerror}); make it readable or remove it") from error
        if content is not None:
            check(content, member, path)
            return path, content
    return None


def check(content: Content, member: Member, where: object) -> None:
    """Raises DataError unless the content has the registered size and sha256; nothing is asked of the unregistered."""
    if member.size is None:
        return
    size = len(content) if isinstance(content, bytes) else sum(map(len, content.values()))
    if size != member.size:
        raise DataError(
            f"{where}: {member.name}: {size} bytes, expected {member.size}: truncated or another file; replace it by "
            f"that of {member.url}"
        )
    found = sha256_of(content)
    if found != member.sha256:
        raise DataError(
            f"{where}: {member.name}: sha256 {found}, expected {member.sha256}: damaged; replace it by that of "
            f"{member.url}"
        )


def sha256_of(content: Content) -> str:
    """sha256 of a file; of a folder, over name, size and content of its files in the order of their names."""
    if isinstance(content, bytes):
        return hashlib.sha256(content).hexdigest()
    whole = hashlib.sha256()
    for name in sorted(content):
        whole.update(f"{name}\0{len(content[name])}\0".encode())
        whole.update(content[name])
    return whole.hexdigest()


def missing(paths: DataPaths, member: Member, why: str) -> DataError:
    """The error for a file neither at hand nor to be had: which, from where, how to know it, where to put it."""
    if paths.data_dir is None:
        place = f"in a folder named by LSTM_RESEARCH_DATA or --data-dir, as {member.dataset}/{member.packed_in}"
    else:
        place = f"at {paths.data_dir / member.dataset / member.packed_in}"
    inside = "" if member.packed_in == PurePosixPath(member.name).name else f" of {member.name} in it"
    known = f"sha256{inside} {member.sha256}" if member.sha256 else "no checksum is registered"
    return DataError(f"{member.name} of {member.dataset}: {why}; put {member.url} ({known}) {place}")


def _places(paths: DataPaths, member: Member) -> Iterator[Path]:
    if paths.data_dir is None:
        return
    for folder in (paths.data_dir / member.dataset, paths.data_dir):
        for name in _spellings(member):
            for path in (folder / name, folder / f"{name}.gz"):
                if path.is_dir() if member.name.endswith("/") else path.is_file():
                    yield path
        if folder.is_dir():
            yield from sorted(path for path in folder.iterdir() if is_archive(path.name) and path.is_file())


def _spellings(member: Member) -> Iterator[str]:
    for name in dict.fromkeys((member.name, PurePosixPath(member.name).name)):
        yield name
        if member.size is None:
            # Older archives end the same files otherwise.
            yield from (f"{name.rpartition('.')[0]}{ending}" for ending in (".txt", ".tsv", ""))


def _read(path: Path, member: Member) -> Content | None:
    if path.is_dir():
        return {file.name: file.read_bytes() for file in sorted(path.iterdir()) if file.is_file()}
    try:
        return unpack(path.read_bytes(), path.name, member.name, member.size or MOST)
    except DataError as error:
        raise DataError(f"{path.parent}/{error}; replace it by {member.url}") from error
