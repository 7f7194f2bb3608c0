"""Wrong: its Config is another file's."""

from tinylab.cells.narrow import Config  # noqa: F401
