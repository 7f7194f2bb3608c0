"""The trials of a sweep as one does them by hand: one compiled program of a single member, run for each in turn.

python -m benchmarks.in_turn SWEEP_FILE NUMBER
"""

import sys
import time

from lstm_research.cli import session
from lstm_research.config import paths
from lstm_research.data.paths import DataPaths
from lstm_research.launch.execute import assemble
from lstm_research.launch.sweep import load_sweep
from lstm_research.launch.tasks import Tasks
from lstm_research.results.store import Store


def main() -> None:
    """Train and evaluate; nothing is kept, and nothing but the best value is looked at."""
    session.prepare()
    store = Store(paths.runs_dir())
    tasks = Tasks(DataPaths(data_dir=None, cache_dir=paths.cache_dir(), offline=True), store, lambda line: None)
    runs = [run for trial in load_sweep(sys.argv[1]).trials() for run in tasks.runs(trial.config)][: int(sys.argv[2])]
    compiled = assemble(runs[:1], tasks)
    best = []
    began = time.perf_counter()
    for run in runs:
        # The learning rate and all that differs are arguments of the program.
        compiled.members = assemble([run], tasks).members
        state, values = compiled.init(), []
        training = run.config.training
        for _ in range(0, training.steps, training.eval_every):
            state = compiled.train(state, training.eval_every)
            (sums,) = compiled.evaluate(state.params, "valid")
            values.append(sums[tasks[run.config].spec.select].mean())
        best.append(max(values))
    # The best, so that nothing is left out; then what the caller reads.
    print(f"{max(best):.4f} {(time.perf_counter() - began) / len(best)}")


if __name__ == "__main__":
    main()
