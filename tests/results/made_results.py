"""Made-up records, experiments and lines for the tests of results."""

from lstm_research.results import Evaluation, Experiment, Group, Published, Record, Row, Tune
from lstm_research.results.experiment import Asked
from lstm_research.results.lines import Line, collect
from lstm_research.results.selection import choose


def record(run="r0", population="p0", seed=0, valid=1.0, status="finished", **other) -> Record:
    values = {
        "run": run, "population": population, "task": "adding", "cell": "lstm",
        "config": {"model": {"layers": 1}}, "seed": seed,
        "status": status, "steps": 100, "best_step": 50 if status == "finished" else None,
        "valid": {"nll": valid} if status == "finished" else {},
        "select": "nll", "higher_is_better": False, "parameters": 1000,
        "first_bad_step": None if status == "finished" else 7, "data_digest": "", "seconds": 36.0,
    }  # fmt: skip
    return Record(**(values | other))


def evaluation(run="r0", split="test", value=1.0) -> Evaluation:
    return Evaluation(run=run, split=split, step=50, metrics={"nll": value}, counts={"nll": 10.0})


def experiment(published: dict[str, Published] | None = None, seeds: int = 10, **other) -> Experiment:
    tune = Tune(path="optimizer.learning_rate", values=(0.001, 0.01), seeds=(0,))
    published = published or {}
    trained = [
        Row(label=label, group="g", config="c", tune=tune, seeds=tuple(range(seeds)), published=published.get(label))
        for label in ("GRU", "LSTM")
    ]
    values = {
        "name": "made", "title": "Made | up", "claim": "A claim.", "metric": "nll", "higher_is_better": False,
        "groups": (Group(key="g", title="Group & one"),),
        "rows": (Row(label="chance", group="g", config="c", naive="chance"), *trained),
    }  # fmt: skip
    return Experiment(**(values | other))


def run_all(made: Experiment, test: dict[str, list[float | None]]) -> list[Line]:
    """Play the part of launch: tune (0.01 is better), run the seeds with these test values (None: diverged)."""
    records: dict[str, Record] = {}

    def ask(requests) -> list[Asked]:
        asked = []
        for request in requests:
            for seed in request.seeds:
                run = f"{request.row}:{request.setting}:{seed}"
                value = test[request.row.partition("/")[2]][seed]
                status = "diverged" if value is None else "finished"
                valid = 1.0 if request.setting.endswith("0.01") else 2.0
                records.setdefault(run, record(run=run, seed=seed, valid=valid, status=status))
                asked.append(Asked(row=request.row, setting=request.setting, seed=seed, run=run))
        return asked

    tuning = ask(made.tuning_runs())
    chosen = choose(made, tuning, records)
    assert set(chosen.values()) == {("optimizer.learning_rate=0.01",)}
    final = ask(made.final_runs(chosen))
    looks = {
        one.run: evaluation(one.run, value=test[one.row.partition("/")[2]][one.seed])
        for one in final
        if records[one.run].status == "finished"
    }
    return collect(made, tuning, final, records, looks, {"g/chance": {"nll": 9.2}}, dict.fromkeys(looks, 1))
