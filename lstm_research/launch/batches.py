"""The trials of a sweep, a batch at a time: a search that adapts asks for the next one when all before have come out.

All studies of a sweep, one for each thing compared and each point of the grid, go on together, so that their settings
are trained in common populations. Whatever does not adapt is one batch.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from lstm_research.launch.population_search import latest, mean_latest, rounds
from lstm_research.launch.space import Asked, Told
from lstm_research.launch.sweep import Sweep, Trial, Width

if TYPE_CHECKING:
    from lstm_research.launch.rounds import Outcome
    from lstm_research.results.store import Store


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
        self._ends: list[list[Trial]] = [[] for _ in self._told]
        """Of each study the batch that was told last."""
        self._next = sweep.asked(self._told)
        """Of each study what is trained then, not matched."""
        self._first = self._next[0][0][1].config

    @property
    def device(self) -> str:
        """The kind that the first trial asks for."""
        return self._first.execution.device

    def ask(self) -> list[Trial] | None:
        """The next batch, the same until it is told. Raises ConfigError."""
        if self._batch is None:
            trials = self._sweep.matched([trial for study in self._next for _, trial in study], self._width)
            left = iter(trials)
            self._batch = [[(asked, next(left)) for asked, _ in study] for study in self._next]
            if trials:
                self.asked.append([trial for trial in dict.fromkeys(trials) if trial not in self.outcomes])
        return self.asked[-1] if any(self._batch) else None

    def tell(self, outcomes: Sequence["Outcome"], store: "Store") -> None:
        """What came of the batch, whose runs `store` has."""
        assert self._batch is not None
        self.outcomes |= {one.trial: one for one in outcomes}
        values = latest([record for one in outcomes for record in one.records], store) if self.populated else {}
        for number, study in enumerate(self._batch):
            for asked, trial in study:
                outcome = self.outcomes[trial]
                sign = -1 if outcome.records[0].higher_is_better else 1
                value, last = (
                    None if one is None else sign * one for one in (outcome.value, mean_latest(outcome.records, values))
                )
                runs = tuple(record.run for record in outcome.records)
                self._told[number].append(Told(asked, value, outcome.stopped, last, runs))
            if study:
                self._ends[number] = list(dict.fromkeys(trial for _, trial in study))
        self._batch = None
        self._next = self._sweep.asked(self._told)

    @property
    def populated(self) -> bool:
        """Whether a batch is the next round of the same members."""
        return self._sweep.spec.populated

    @property
    def results(self) -> list["Outcome"]:
        """The outcomes of all trials; of a population those of its members in the last round that was told."""
        if self.populated:
            return [self.outcomes[trial] for study in self._ends for trial in study]
        return list(self.outcomes.values())

    @property
    def sizes(self) -> list[int]:
        """Of the batches of a study where its search adapts; otherwise nothing."""
        search = self._sweep.spec.search
        if search is None or not search.adaptive:
            return []
        if self.populated:
            return [search.trials] * rounds(search, self._first.training.steps)
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
        if self.populated:
            return [self.asked[0]]  # the same members from round to round
        firsts = [study[0][1] for study in self._batch]
        return [self.asked[0], *([one for one in firsts for _ in range(size)] for size in self.sizes[1:])]
