"""A plain text file of your own: its first part to train on, the next for validation, the last to test on.

`load_new` reads a whole file for a run that exists already.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar

from annotated_types import Gt, Lt

from lstm_research.data.paths import DataPaths
from lstm_research.data.running_text import RunningText, in_three
from lstm_research.data.table import text_of, there
from lstm_research.types import DataError


@dataclass(frozen=True, kw_only=True)
class Config:
    """{kind: text_file, path: my.txt}"""

    gives: ClassVar[str] = "running text"

    path: str
    """The file, from the current folder."""
    valid: Annotated[float, Gt(0), Lt(1)] = 0.05
    """Share of the characters that is validation."""
    test: Annotated[float, Gt(0), Lt(1)] = 0.05
    """Share of the characters, at the end, that is test."""
    encoding: str = "utf-8"
    """Of the file."""

    def check(self) -> None:
        """Raises ValueError for shares that leave nothing."""
        if self.valid + self.test >= 1:
            raise ValueError(f"valid={self.valid:g} and test={self.test:g} leave nothing to train on")

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
        there(path)
        return text_of(path, self.encoding).replace("\r\n", "\n")
