"""What is said of data that stream: in a plan, and where training begins."""

from collections.abc import Mapping

from lstm_research.config.schema import RunConfig
from lstm_research.tasks.source import Source
from lstm_research.tasks.source.bucketed import Bucketed
from lstm_research.training.chunks import Shapes, plain, size_of, streams


def streaming_told(config: RunConfig, members: int, sources: Mapping[str, Source | Bucketed]) -> str:
    """`train streams: 1.2 GiB, of which 48 MiB are held`; "" where all sources lie on the device.

    Args:
      sources: by split.
    """
    return ", ".join(
        f"{split} streams: {_size(size_of(source))}, of which {_size(held(config, members, split, source))} are held"
        for split, source in sources.items()
        if streams(config.execution, source)
    )


def held(config: RunConfig, members: int, split: str, source: Source | Bucketed) -> int:
    """Bytes of a source that are in memory at most, where it streams."""
    train = split == "train"
    return Shapes(source, plain(source.arrays), members if train else None, config.training.steps).held


def _size(number: int) -> str:
    """`1.2 GiB`."""
    unit, name = (2**30, "GiB") if number >= 2**30 else (2**20, "MiB")
    return f"{number / unit:.1f} {name}"
