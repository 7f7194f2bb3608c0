"""Learning rates of the loop's model, 16 and 64 of them: a population in every layout, one by one, and torch."""

from typing import Any

import numpy as np

from benchmarks.bench import Bench, row
from benchmarks.sections.loop import torch_loops
from benchmarks.turns import Candidate

STEPS = {"s": 50, "f": 20, "a": 4}
"""Updates in a measurement; times are given for 50."""
MEMBERS = {"s": (16, 64), "f": (16, 64), "a": (16,)}
ROUNDS = 5


def run(bench: Bench) -> list[dict[str, Any]]:
    """Rows: shape, members, side, layout, whether the planner takes it; milliseconds of 50 updates of one setting."""
    rows = []
    for name, steps in STEPS.items():
        shape = bench.shape(name)
        for members in MEMBERS[name]:
            rates = tuple(float(rate) for rate in np.geomspace(1e-3, 1e-2, members))
            given = {"shape": shape, "rates": rates, "steps": steps}
            layouts = ["map", "vmap"] + (["sharded_map", "sharded_vmap"] if max(bench.devices) > 1 else [])
            build = "benchmarks.work.jax_loop:"
            candidates = [Candidate("one by one", "", "jax", f"{build}one_by_one", given)]
            for kind in layouts:
                candidates.append(
                    Candidate(f"population {kind}", kind, "jax", f"{build}population", given | {"layout": kind})
                )
            common = {"shape": shape, "rate": rates[0], "steps": steps}
            candidates += torch_loops(bench, common)
            found = bench.field.measure(candidates, rounds=1 if bench.toy else ROUNDS)
            planned = bench.field.ask("jax", f"{build}planned", {"shape": shape, "members": members, "steps": steps})
            for one in found:
                # torch runs one of its settings, since the others take as long.
                units = (1 if one.side == "torch.nn" else members) * steps / 50
                rows.append({"shape": name, "members": members, **row(one, units), "planned": one.variant == planned})
            mine = [one for one in rows if one["shape"] == name and one["members"] == members]
            bench.tell(f"sweep {name} {members}: " + ", ".join(f"{one['side']} {one['ms']:.2f} ms" for one in mine))
    return rows
