"""`python -m benchmarks.streaming`: a step with streamed data beside one with data on the device."""

import statistics
import time
from dataclasses import replace
from typing import Any

import jax

from lstm_research import load
from lstm_research.config import paths
from lstm_research.config.traced import split
from lstm_research.data.paths import DataPaths
from lstm_research.launch import runtime
from lstm_research.launch.execute import chosen_layout
from lstm_research.launch.tasks import Tasks
from lstm_research.results.store import Store
from lstm_research.training.population import Population

SETS = {"japanese_vowels": 200, "physionet2012": 30}
"""Config -> updates in a turn."""
ROUNDS = 7


def main() -> None:
    """Turn by turn, so that a machine that slows down slows both sides; medians of ratios."""
    runtime.prepare("cpu")
    runtime.keep_memory()
    print(f"{jax.default_backend()}, {runtime.cores()} cores")
    print("| set | ms a step, on the device | streamed, of that | lowest and highest of 7 |\n|---|---|---|---|")
    for name, steps in SETS.items():
        placed, ratios = measured(name, steps)
        low, middle, high = min(ratios), statistics.median(ratios), max(ratios)
        print(f"| `{name}` | {placed:.2f} | {middle:.2f} | {low:.2f} to {high:.2f} |", flush=True)


def measured(name: str, steps: int) -> tuple[float, list[float]]:
    """(ms of a step on the device, what a streamed one takes of that in each round)."""
    where = DataPaths(data_dir=paths.data_dir(), cache_dir=paths.cache_dir())
    sides: list[Any] = []
    for data in ("device", "stream"):
        config = load(name, [f"execution.data={data}", "seeds=0"])
        tasks = Tasks(where, Store(paths.cache_dir() / "unused"))
        static, scalars = split(replace(config, training=replace(config.training, steps=100_000)))
        layout = chosen_layout(tasks.runs(config), tasks)
        population = Population(static, [scalars], [0], tasks[config], layout)
        sides.append([population, population.train(population.init(), steps)])
    times: list[list[float]] = [[], []]
    for _ in range(ROUNDS):
        for number, side in enumerate(sides):
            population, state = side
            jax.block_until_ready(state)
            began = time.perf_counter()
            side[1] = jax.block_until_ready(population.train(state, steps))
            times[number].append(1000 * (time.perf_counter() - began) / steps)
    return statistics.median(times[0]), [streamed / placed for placed, streamed in zip(*times, strict=True)]


if __name__ == "__main__":
    main()
