"""Data sets: found on this machine or downloaded, verified by checksum, prepared once, loaded into memory."""

from lstm_research.data.paths import DataPaths

__all__ = ["DataPaths"]
