"""TFDS builder of the UCR and UEA archives of time series classification: any set by its name.

Train and test are as published. Eight sets are registered with their digests: BasicMotions, CBF, ECG200, GunPoint,
ItalyPowerDemand, Lightning2, OliveOil and SyntheticControl; of any other set the files are read as they are, and
prepared again when they change. Validation is chosen later, as folds of train: the sets are small.

References: Dau et al., The UCR Time Series Archive, IEEE/CAA Journal of Automatica Sinica 6(6), 2019; Bagnall et al.,
The
  UEA multivariate time series classification archive, arXiv:1811.00075.
"""

from typing import Any, ClassVar

from lstm_research.data.archives import Content
from lstm_research.data.builders._builder import Builder, Splits, configs
from lstm_research.data.builders._cases import case_features, cases
from lstm_research.data.members import Member, registered

URL = "https://www.timeseriesclassification.com/aeon-toolkit"


class Ucr(Builder):
    """UCR/UEA time series classification. No uniform licence; free for research with citation."""

    MEMBERS: ClassVar[dict[str, tuple[str, ...]]] = {
        name: tuple(member for member in sorted(registered("ucr"), reverse=True) if member.startswith(f"{name}/"))
        for name in sorted({member.partition("/")[0] for member in registered("ucr")})
    }
    BUILDER_CONFIGS: ClassVar = configs(MEMBERS)

    @classmethod
    def members(cls, config: str) -> list[Member]:
        if config in cls.MEMBERS:
            return super().members(config)
        names = (f"{config}/{config}_{split}.ts" for split in ("TRAIN", "TEST"))
        return [Member("ucr", name, None, "", f"{URL}/{config}.zip") for name in names]

    def features(self) -> dict[str, Any]:
        return case_features()

    def read(self, contents: dict[str, Content]) -> Splits:
        train, test = contents.items()
        return {"train": cases(train[1], train[0], "train"), "test": cases(test[1], test[0], "test")}
