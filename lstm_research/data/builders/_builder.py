"""`Builder`: what every TFDS builder of ours is. It is handed the content of its files, or has TFDS download them."""

import abc
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

import tensorflow_datasets as tfds

from lstm_research.data.archives import Content, unpack
from lstm_research.data.members import Member, check, registered
from lstm_research.types import DataError

Example = dict[str, Any]
Splits = Mapping[str, Iterable[Example]]


class Builder(tfds.core.GeneratorBasedBuilder, abc.ABC):
    """A data set of ours. A subclass says its configurations, their files, the features, and how files become examples.

    The order of examples is that of the files.
    """

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES: ClassVar[dict[str, str]] = {"1.0.0": "As published."}

    MEMBERS: ClassVar[dict[str, tuple[str, ...]]]
    """Configuration -> the members it is made of."""

    handed: dict[str, Content] | None = None
    """The members' content, verified, where they are at hand."""

    @classmethod
    def members(cls, config: str) -> list[Member]:
        """The files of a configuration. Raises KeyError for a configuration there is not."""
        known = registered(cls.name)
        return [known[name] for name in cls.MEMBERS[config]]

    @abc.abstractmethod
    def features(self) -> dict[str, Any]:
        """Features of an example of this configuration. A sequence is a Tensor: TFDS's Sequence gives nested lists."""

    @abc.abstractmethod
    def read(self, contents: dict[str, Content]) -> Splits:
        """The examples of each split. Raises DataError for content that is not what it should be."""

    def _info(self) -> tfds.core.DatasetInfo:
        return tfds.core.DatasetInfo(
            builder=self,
            description=(type(self).__doc__ or "").strip(),
            features=tfds.features.FeaturesDict(self.features()),
            disable_shuffling=True,
        )

    def _split_generators(self, dl_manager: tfds.download.DownloadManager) -> dict[str, Iterator[tuple[int, Any]]]:
        contents = self._downloaded(dl_manager) if self.handed is None else self.handed
        return {name: iter(enumerate(examples)) for name, examples in self.read(contents).items()}

    def _generate_examples(self, **_: Any) -> Any:
        raise NotImplementedError  # the splits are generators already

    def _downloaded(self, dl_manager: tfds.download.DownloadManager) -> dict[str, Content]:
        """The members, each verified before anything parses it."""
        contents = {}
        for member in self.members(self.builder_config.name):
            packed = Path(dl_manager.download(member.url)).read_bytes()
            content = unpack(packed, member.packed_in, member.name)
            if content is None:
                raise DataError(f"{member.url}: holds no {member.name}")
            check(content, member, member.url)
            contents[member.name] = content
        return contents


def configs(names: Iterable[str]) -> list[tfds.core.BuilderConfig]:
    """A configuration for each name."""
    return [tfds.core.BuilderConfig(name=name) for name in names]
