"""A plain text file of your own: its first part to train on, the next for validation, the last to test on.

`load_new` reads a whole file for a run that exists already.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from lstm_research.data.paths import DataPaths
from lstm_research.data.running_text import RunningText, in_three
from lstm_research.data.split import Share, check_shares
from lstm_research.data.table import text_of
from lstm_research.types import DataError


@dataclass(frozen=True, kw_only=True)
class Config:
    """{kind: text_file, path: my.txt}"""

    gives: ClassVar[str] = "running text"

    path: str
    """The file, from the current folder."""
    valid: Share = 0.05
    """Share of the characters that is validation."""
    test: Share = 0.05
    """Share of the characters, at the end, that is test."""
    encoding: str = "utf-8"
    """Of the file."""

    def check(self) -> None:
        """Raises ValueError for shares that leave nothing."""
        check_shares(self.valid, self.test)

    def load(self, paths: DataPaths) -> RunningText:
        """Raises ConfigError where there is no such file, DataError where it is empty or not in this encoding."""
        text = self._read(Path(self.path))
        try:
            return in_three(text, 1 - self.valid - self.test, self.valid)
        except DataError as error:
            raise DataError(f"{self.path}: {error}") from None

    def load_new(self, path: Path, described: dict[str, Any]) -> RunningText:
        """A whole file as the text of every split. Raises ConfigError, DataError as `load`."""
        text = self._read(path)
        if not text.strip():
            raise DataError(f"{path}: empty")
        return RunningText(text, text, text)

    def _read(self, path: Path) -> str:
        return text_of(path, self.encoding).replace("\r\n", "\n")
