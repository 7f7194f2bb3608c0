"""The trials of a sweep, a batch at a time: a search that adapts asks for the next one when all before have come out.

All studies of a sweep, one for each thing compared and each point of the grid, go on together, so that their settings
are trained in common populations. Whatever does not adapt is one batch.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from lstm_research.launch.space import Asked, Told
from lstm_research.launch.sweep import Sweep, Trial, Width

if TYPE_CHECKING:
    from lstm_research.launch.rounds import Outcome


class Batches:
    """`ask`, train, `tell`, and again until it asks for None.

    Args:
      width: for what is matched, see `Sweep.matched`.

    Raises ConfigError for settings of the first batch, before `width` is asked for anything.
    """

    def __init__(self, sweep: Sweep, width: Width):
        self.outcomes: dict[Trial, Outcome] = {}
        """What was told."""
        self.asked: list[list[Trial]] = []
        """Each batch without what was trained before: a setting that is drawn twice is one."""
        self._sweep, self._width = sweep, width
        self._told: list[list[Told]] = [[] for _ in sweep.studies()]
        self._batch: list[list[tuple[Asked, Trial]]] | None = None
        """Of each study what is being trained."""
        self._next = sweep.asked(self._told)
        """Of each study what is trained then, not matched."""

    @property
    def device(self) -> str:
        """The kind that the first trial asks for."""
        return self._next[0][0][1].config.execution.device

    def ask(self) -> list[Trial] | None:
        """The next batch, the same until it is told. Raises ConfigError."""
        if self._batch is None:
            trials = self._sweep.matched([trial for study in self._next for _, trial in study], self._width)
            left = iter(trials)
            self._batch = [[(asked, next(left)) for asked, _ in study] for study in self._next]
            if trials:
                self.asked.append([trial for trial in dict.fromkeys(trials) if trial not in self.outcomes])
        return self.asked[-1] if any(self._batch) else None

    def tell(self, outcomes: Sequence["Outcome"]) -> None:
        """What came of the batch."""
        assert self._batch is not None
        self.outcomes |= {one.trial: one for one in outcomes}
        for told, study in zip(self._told, self._batch, strict=True):
            for asked, trial in study:
                outcome = self.outcomes[trial]
                sign = -1 if outcome.records[0].higher_is_better else 1
                value = None if outcome.value is None else sign * outcome.value
                told.append(Told(asked, value, outcome.stopped))
        self._batch = None
        self._next = self._sweep.asked(self._told)

    @property
    def sizes(self) -> list[int]:
        """Of the batches of a study where its search adapts; otherwise nothing."""
        search = self._sweep.spec.search
        if search is None or not search.adaptive:
            return []
        return [min(search.batch, search.trials - start) for start in range(0, search.trials, search.batch)]

    @property
    def number(self) -> int:
        """Of batches."""
        return len(self.sizes) or 1

    def budget(self) -> list[list[Trial]]:
        """As many trials as all batches have, unless a setting is drawn twice; after the first batch any trial of a
        study stands for another. Before anything is told.
        """
        self.ask()
        assert self._batch is not None
        firsts = [study[0][1] for study in self._batch]
        return [self.asked[0], *([one for one in firsts for _ in range(size)] for size in self.sizes[1:])]
