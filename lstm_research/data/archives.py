"""Files inside zip, tar and gzip files, read into memory: nothing is written, so that no path can lead anywhere."""

import gzip
import io
import tarfile
import zipfile
import zlib
from pathlib import PurePosixPath

from lstm_research.types import DataError

ENDINGS = (".zip", ".tar.gz", ".tgz", ".tar")

MOST = 2**28
"""Bytes that are unpacked at most: a small archive can expand without end."""

Content = bytes | dict[str, bytes]
"""A file; or, where its name ends in "/", all files of a folder by their names."""


def is_archive(name: str) -> bool:
    """Whether a file's name says that files are in it."""
    return name.lower().endswith(ENDINGS)


def unpack(packed: bytes, name: str, member: str, most: int = MOST) -> Content | None:
    """The file or folder `member` of an archive, or of an archive inside it; what is in a gzip file; else the file.

    A file is found by the end of its path, whatever folders the archive puts before it. None where it is not there.

    Args:
      packed: content of the archive.
      name: its file name, which says what it is.
      member: path, such as `data/a.csv`; with "/" at its end, a folder.
      most: bytes; what is longer is refused.

    Raises:
      DataError: the archive is damaged, or what is in it is longer than `most`.
    """
    try:
        if name.lower().endswith(".zip"):
            return _from_zip(packed, member, most)
        if is_archive(name):
            return _from_tar(packed, member, most)
        if name.lower().endswith(".gz"):
            with gzip.GzipFile(fileobj=io.BytesIO(packed)) as file:
                return _limited(file, member, most)
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile, tarfile.TarError, RuntimeError) as error:
        raise DataError(f"{name}: cannot be unpacked ({error or type(error).__name__}); it is damaged") from error
    return packed


def _from_zip(packed: bytes, member: str, most: int) -> Content | None:
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        entries = [entry for entry in archive.infolist() if not entry.is_dir()]
        found: dict[str, bytes] = {}
        for entry in entries:
            if _is(entry.filename, member):
                with archive.open(entry) as file:
                    found[PurePosixPath(entry.filename).name] = _limited(file, entry.filename, most - _size(found))
        if found:
            return found if member.endswith("/") else next(iter(found.values()))
        for entry in entries:
            if is_archive(entry.filename):
                with archive.open(entry) as file:
                    inner = unpack(_limited(file, entry.filename, MOST), entry.filename, member, most)
                if inner is not None:
                    return inner
    return None


def _from_tar(packed: bytes, member: str, most: int) -> Content | None:
    found: dict[str, bytes] = {}
    with tarfile.open(fileobj=io.BytesIO(packed), mode="r:*") as archive:
        for entry in archive:
            if entry.isfile() and _is(entry.name, member):
                file = archive.extractfile(entry)
                assert file is not None
                found[PurePosixPath(entry.name).name] = _limited(file, entry.name, most - _size(found))
    if not found:
        return None
    return found if member.endswith("/") else next(iter(found.values()))


def _is(path: str, member: str) -> bool:
    """Whether a path in an archive is the file, or a file of the folder, `member`."""
    parts, wanted = PurePosixPath(path).parts, PurePosixPath(member).parts
    if member.endswith("/"):
        parts = parts[:-1]
    # The file's own name is enough: archives of the same files differ in their folders.
    return parts[-1:] == wanted[-1:]


def _limited(file: object, name: str, most: int) -> bytes:
    content: bytes = file.read(most + 1)  # type: ignore[attr-defined]
    if len(content) > most:
        raise DataError(f"{name}: more than {most:,} bytes when unpacked; it is not what was registered")
    return content


def _size(found: dict[str, bytes]) -> int:
    return sum(map(len, found.values()))
