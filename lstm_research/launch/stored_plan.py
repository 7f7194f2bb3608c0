"""The plan of a sweep, kept in the store: which runs it asked for, in which populations, at what expected cost."""

import hashlib
import json
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from lstm_research.launch import runtime
from lstm_research.launch.estimate import estimate
from lstm_research.launch.plan import Plan
from lstm_research.launch.sweep import Sweep, Trial
from lstm_research.launch.tasks import Tasks
from lstm_research.results import files

FOLDER = "sweeps"


def keep(sweep: Sweep, trials: Sequence[Trial], plan: Plan, tasks: Tasks) -> Path:
    """Write `sweeps/NAME-DIGEST.json` into the store and return its path; the digest is that of the runs of `trials`.

    Given again, the same sweep finds its plan there and leaves it: what the first process planned is what is kept.

    Args:
      trials: those that are known before anything is trained, the first batch.
    """
    settings = [
        {
            "compared": trial.compared,
            "overrides": list(trial.overrides),
            "runs": [run.id for run in tasks.runs(trial.config)],
        }
        for trial in trials
    ]
    asked = json.dumps([one["runs"] for one in settings])
    path = tasks.store.root / FOLDER / f"{Path(sweep.path).stem}-{hashlib.sha256(asked.encode()).hexdigest()[:8]}.json"
    if path.exists():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    told = {
        "file": Path(sweep.path).read_text("utf-8"),
        "fixed": list(sweep.fixed),
        "settings": settings,
        "finished_before": sorted(plan.finished),
        "populations": [
            {**asdict(cost), "members": [run.id for run in group.runs]}
            for group, cost in zip(plan.groups, estimate(plan.groups, tasks), strict=True)
        ],
        "environment": runtime.environment(),
        "planned": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }
    files.replace(path, json.dumps(told, indent=1) + "\n")
    return path
