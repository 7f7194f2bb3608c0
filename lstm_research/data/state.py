"""What there is of each published data set: raw files at hand, and what has been prepared of them."""

from pathlib import Path
from typing import NamedTuple

from lstm_research.config.kinds import Kind
from lstm_research.config.nearest import unknown
from lstm_research.data.members import Member, find
from lstm_research.data.paths import DataPaths
from lstm_research.data.prepared import builder_class, note_of
from lstm_research.types import ConfigError

BUILDERS = Kind("lstm_research.data.builders")


class Part(NamedTuple):
    """One configuration of a data set, such as ETT's h1."""

    dataset: str
    config: str

    @property
    def label(self) -> str:
        """`ett/h1`."""
        return f"{self.dataset}/{self.config}"

    @property
    def members(self) -> list[Member]:
        """The files it is made of."""
        found: list[Member] = builder_class(self.dataset).members(self.config)
        return found

    def at_hand(self, paths: DataPaths) -> dict[str, Path | None]:
        """Member -> where it is. Raises DataError where one is not what was registered."""
        return {member.name: found[0] if (found := find(paths, member)) else None for member in self.members}

    def is_prepared(self, paths: DataPaths) -> bool:
        """Whether it is in the cache."""
        return note_of(self.dataset, self.config, paths).is_file()


def parts(names: list[str]) -> list[Part]:
    """The configurations that names mean: `ett` all of it, `ett/h1` one, none at all everything registered.

    Raises ConfigError for a data set or configuration there is not; of UCR any name will do.
    """
    found = []
    for name in names or BUILDERS.names():
        dataset, _, config = name.partition("/")
        if dataset not in BUILDERS.names():
            raise ConfigError(unknown("data set", dataset, BUILDERS.names()))
        known = list(builder_class(dataset).MEMBERS)
        if config and config not in known and dataset != "ucr":
            raise ConfigError(unknown(f"part of {dataset}", config, known))
        found += [Part(dataset, one) for one in ([config] if config else known)]
    return found
