"""The trials of a sweep, trained: all to the end, or in rounds after each of which a rule says which go on.

A round makes runs with `training.stop`; the next one goes on from them (`launch.onward`). So a sweep that is cut is
gone on with by giving it again, and rules, since they look at finished runs alone, decide the same again.

A search that adapts asks for its trials in batches (`launch.batches`), each of which is trained so.
"""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from statistics import fmean

from lstm_research.config.schema import RunConfig
from lstm_research.launch.batches import Batches
from lstm_research.launch.early._rule import Rule, Standing
from lstm_research.launch.execute import complete
from lstm_research.launch.plan import Plan, Run
from lstm_research.launch.sweep import Trial
from lstm_research.launch.tasks import Tasks
from lstm_research.launch.watch import Watch
from lstm_research.results.record import Record
from lstm_research.results.selection import score
from lstm_research.types import ConfigError, Interrupted


@dataclass(frozen=True)
class Outcome:
    """How far a trial came."""

    trial: Trial
    records: list[Record]
    """One for each seed, as far as it was trained."""
    stopped: int | None
    """Updates after which the rule stopped it; None where it was trained to the end."""
    undecided: bool = False
    """Whether it may go on from here."""

    @property
    def value(self) -> float | None:
        """Mean over seeds of the best validation value; None where one diverged."""
        values = [score(record, record.select) for record in self.records if record.status == "finished"]
        return fmean(values) if len(values) == len(self.records) else None

    @property
    def updates(self) -> int:
        """Of all seeds together: what it cost."""
        return sum(record.steps for record in self.records)


def search(
    batches: Batches, rule: Rule | None, tasks: Tasks, watch: Watch, decided: dict[Trial, Outcome] | None = None
) -> list[Outcome]:
    """Train all batches, each as `conduct` does, and return the outcomes of all trials. Raises as `conduct`."""
    while (trials := batches.ask()) is not None:
        if batches.number > 1:
            what = "round" if batches.populated else "batch"
            watch.say(f"{what} {len(batches.asked)} of {batches.number}: {len(trials)} new settings")
        batches.tell(conduct(trials, rule, tasks, watch, decided), tasks.store)
    return batches.results


def settle(batches: Batches, rule: Rule | None, tasks: Tasks) -> tuple[list[Outcome], Plan | None]:
    """Go through what is finished, and return the outcomes so far, in the next batch too, and the plan of what is made
    next: None where all is done. Nothing is trained. Raises ConfigError.
    """
    plans: list[Plan] = []
    decided: dict[Trial, Outcome] = {}
    with contextlib.suppress(Interrupted):
        return search(batches, rule, tasks, Watch(stop=lambda: True, planned=plans.append), decided), None
    if batches.populated and batches.results:
        return [replace(one, undecided=True) for one in batches.results], plans[-1]
    known = {**{one.trial: one for one in batches.results}, **decided}
    left = [trial for trial in batches.ask() or [] if trial not in known]
    return [*known.values(), *_there(left, rule, tasks)], plans[-1]


def conduct(
    trials: Sequence[Trial], rule: Rule | None, tasks: Tasks, watch: Watch, decided: dict[Trial, Outcome] | None = None
) -> list[Outcome]:
    """Train trials, as far as the rule takes each. Raises ConfigError, DataError, Interrupted.

    Args:
      decided: where the outcome of each is put as soon as it is known.
    """
    if rule is None:
        found = _made(trials, None, tasks, watch)
        return [Outcome(trial, found[trial], None) for trial in trials]
    outcomes = {} if decided is None else decided
    tournaments = list(_tournaments(trials, rule))
    for stop in sorted({stop for stops, _ in tournaments for stop in stops}):
        meeting = [members for stops, members in tournaments if stop in stops]
        found = _made([trial for members in meeting for trial in members], stop, tasks, watch)
        for members in meeting:
            standings = _standings([found[trial] for trial in members], tasks)
            higher = found[members[0]][0].higher_is_better
            kept = rule.kept(standings, higher)
            for trial, goes_on in zip(members, kept, strict=True):
                if not goes_on:
                    outcomes[trial] = Outcome(trial, found[trial], stop)
            watch.say(f"after {stop:,} updates {sum(kept)} of {len(kept)} trials go on{_named(members[0])}")
            members[:] = [trial for trial, goes_on in zip(members, kept, strict=True) if goes_on]
        tournaments = [(stops, members) for stops, members in tournaments if members]
    last = [trial for _, members in tournaments for trial in members]
    found = _made(last, None, tasks, watch)
    outcomes |= {trial: Outcome(trial, found[trial], None) for trial in last}
    return [outcomes[trial] for trial in trials]


def _there(trials: Sequence[Trial], rule: Rule | None, tasks: Tasks) -> list[Outcome]:
    """How far each trial has come, of those that all seeds of some length are finished of; nothing is trained."""
    lengths: dict[Trial, list[int | None]] = {trial: [None] for trial in trials}
    for stops, members in _tournaments(trials, rule) if rule is not None else ():
        for trial in members:
            lengths[trial] += reversed(stops)
    asked = {trial: {stop: tasks.runs(_until(trial.config, stop)) for stop in lengths[trial]} for trial in trials}
    found = tasks.store.find(run.id for by in asked.values() for runs in by.values() for run in runs)
    outcomes = []
    for trial, by in asked.items():
        for stop, runs in by.items():
            if all(run.id in found for run in runs):
                records = [found[run.id] for run in runs]
                outcomes.append(Outcome(trial, records, stop, undecided=stop is not None))
                break
    return outcomes


def first_runs(trials: Sequence[Trial], rule: Rule | None, tasks: Tasks) -> list[Run]:
    """The runs that are made before anything is decided."""
    if rule is None:
        return [run for trial in trials for run in tasks.runs(trial.config)]
    return [
        run
        for stops, members in _tournaments(trials, rule)
        for trial in members
        for run in tasks.runs(_until(trial.config, stops[0] if stops else None))
    ]


def most_updates(trials: Sequence[Trial], rule: Rule | None) -> int:
    """Updates of all seeds together, where nothing diverges and, of a rule, the worst case of what it may keep."""
    if rule is None:
        return sum(_end(trial) * len(trial.config.seeds) for trial in trials)
    total = 0
    for stops, members in _tournaments(trials, rule):
        left, before = len(members), 0
        each = len(members[0].config.seeds)
        for stop in (*stops, members[0].config.training.steps):
            total += left * each * (stop - before)
            before = stop
            # Of the median rule: the best so far is never worse than the average.
            standings = [Standing(float(place), -1.0) for place in range(left)]
            left = sum(rule.kept(standings, True))
    return total


def _end(trial: Trial) -> int:
    """Updates that a trial has in the end; where it is cut itself, it is a round of a population."""
    training = trial.config.training
    cut = any(one.startswith("training.stop=") for one in trial.overrides)
    return training.steps if cut or training.stop is None else training.stop


def _tournaments(trials: Sequence[Trial], rule: Rule) -> Iterator[tuple[list[int], list[Trial]]]:
    """Where trials are compared, and which with each other: those of one thing compared, dealt to the rule's own."""
    groups: dict[str, list[Trial]] = {}
    for trial in trials:
        groups.setdefault(trial.compared, []).append(trial)
    for members in groups.values():
        steps = {trial.config.training.steps for trial in members}
        if len(steps) > 1:
            raise ConfigError(
                f"early: trials of {', '.join(map(str, sorted(steps)))} updates are not comparable; leave "
                "training.steps out of grid and search"
            )
        (end,) = steps
        tournaments = rule.tournaments(end)
        if not tournaments[0]:
            raise ConfigError(f"early: no comparison before training.steps={end}; lower first")
        for training in (trial.config.training for trial in members):
            if training.stop is not None or training.after is not None:
                raise ConfigError("early: it decides how far trials are trained; leave training.stop and after out")
            if odd := [stop for stops in tournaments for stop in stops if stop % training.eval_every]:
                raise ConfigError(
                    f"early: compares after {odd[0]} updates, no multiple of training.eval_every="
                    f"{training.eval_every}; make its own numbers such"
                )
        shares = rule.shares(end)
        dealt: list[list[Trial]] = [[] for _ in tournaments]
        credit = [0.0] * len(shares)
        for trial in members:
            # So that more trials leave the ones before where they are, at one point of the grid.
            credit = [have + share / sum(shares) for have, share in zip(credit, shares, strict=True)]
            place = max(range(len(credit)), key=credit.__getitem__)
            credit[place] -= 1
            dealt[place].append(trial)
        yield from ((stops, some) for stops, some in zip(tournaments, dealt, strict=True) if some)


def _made(trials: Sequence[Trial], stop: int | None, tasks: Tasks, watch: Watch) -> dict[Trial, list[Record]]:
    runs = {trial: tasks.runs(_until(trial.config, stop)) for trial in trials}
    metrics = {tasks[trial.config].spec.selection(trial.config.training.select) for trial in trials}
    if len(metrics) > 1:
        names = ", ".join(sorted(name for name, _ in metrics))
        raise ConfigError(f"settings would be ranked by different metrics, {names}; set training.select")
    watch.asked({run.id: trial.compared for trial, some in runs.items() for run in some})
    records = complete([run for some in runs.values() for run in some], tasks, watch)
    return {trial: [records[run.id] for run in some] for trial, some in runs.items()}


def _until(config: RunConfig, stop: int | None) -> RunConfig:
    """As far as a rule takes it; without one as far as the config says, which a round of a population may have cut."""
    return config if stop is None else replace(config, training=replace(config.training, stop=stop))


def _standings(trials: Sequence[Sequence[Record]], tasks: Tasks) -> list[Standing]:
    """Of the records of each trial."""
    curves = tasks.store.curves(record for records in trials for record in records)
    seen = {run: [value for _, value in curve if value is not None] for run, curve in curves.items()}
    return [
        Standing(
            fmean(score(record, record.select) for record in records), fmean(fmean(seen[one.run]) for one in records)
        )
        if all(record.status == "finished" for record in records)
        else Standing(None, None)
        for records in trials
    ]


def _named(trial: Trial) -> str:
    return f", of {trial.compared}" if trial.compared else ""
