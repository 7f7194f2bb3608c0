"""Pairs of your own: a text file with a pair on each line, source and target separated by a tab, tokens by blanks.

    jump twice<TAB>JUMP JUMP

Splits are by the sha256 of the source, so that equal ones stay together.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from lstm_research.data.pairs import PairSet
from lstm_research.data.paths import DataPaths
from lstm_research.data.split import Share, check_shares, parted, three_ways
from lstm_research.data.table import text_of
from lstm_research.types import DataError

MARK = "\t"


@dataclass(frozen=True, kw_only=True)
class Config:
    """{kind: pairs_file, path: my.tsv}"""

    gives: ClassVar[str] = "pairs of sequences"

    path: str
    """The file, from the current folder."""
    valid: Share = 0.1
    """Share of the pairs that is validation."""
    test: Share = 0.1
    """Share of the pairs that is test."""
    encoding: str = "utf-8"
    """Of the file."""

    def check(self) -> None:
        """Raises ValueError for shares that leave nothing."""
        check_shares(self.valid, self.test)

    def load(self, paths: DataPaths) -> PairSet:
        """Raises ConfigError where there is no such file, DataError for a fault of it."""
        pairs = self._read(Path(self.path), alone=False)
        place = three_ways([source for source, _ in pairs], valid=self.valid, test=self.test)
        return PairSet(*parted(pairs, place, f"{self.path}: {len(pairs)} pairs"))

    def load_new(self, path: Path, described: dict[str, Any]) -> PairSet:
        """New sources, one a line; a target, which may be left out, is the truth. Raises as `load`."""
        pairs = tuple(self._read(path, alone=True))
        return PairSet(pairs, pairs, pairs)

    def _read(self, path: Path, *, alone: bool) -> list[tuple[str, str]]:
        found = []
        for number, line in enumerate(text_of(path, self.encoding).splitlines(), 1):
            if not line.strip():
                continue
            fields = [" ".join(one.split()) for one in line.split(MARK)]
            if len(fields) > 2 or not fields[0] or (len(fields) == 1 and not alone):
                raise DataError(f"{path}:{number}: {len(fields)} fields; give source, a tab, target")
            found.append((fields[0], fields[1] if len(fields) == 2 else ""))
        if not found:
            raise DataError(f"{path}: empty; give a pair on each line: source, a tab, target")
        return found
