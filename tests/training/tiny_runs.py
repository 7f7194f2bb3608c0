"""Tiny configs, a stream task of our own and the helpers that the tests of training share."""

import copy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import jax
import numpy as np

from lstm_research import metrics
from lstm_research.config.load import from_dict
from lstm_research.config.schema import RunConfig
from lstm_research.config.traced import split
from lstm_research.recurrence import Batch
from lstm_research.tasks.base import Spec
from lstm_research.tasks.source import Source
from lstm_research.tasks.source.bucketed import Bucketed
from lstm_research.tasks.source.padded import Padded
from lstm_research.tasks.source.stream import Stream
from lstm_research.training.layout import Layout
from lstm_research.training.loop import Fitted, fit
from lstm_research.training.population import Population
from lstm_research.types import Interrupted, Sum

RECALL = {"kind": "delayed_recall", "delay": 3, "symbols": 3, "distractors": 2, "n_valid": 24, "n_test": 20}
LAYOUTS = {
    "map": Layout("map", 1, "cpu"),
    "vmap": Layout("vmap", 1, "cpu"),
    "sharded_map": Layout("sharded_map", 2, "cpu"),
    "sharded_vmap": Layout("sharded_vmap", 2, "cpu"),
}
DIVIDED = Layout("sharded_batch", 2, "cpu")
"""Not among them: it shares out rows, not members, and its last bits are its own."""
KEYS = 5


@dataclass(frozen=True, kw_only=True)
class NotesConfig:
    """Made-up piano-rolls of 5 keys: a stream in windows of `window`, or whole pieces where it is None."""

    window: int | None = 4
    spoilt: str = ""
    """A split whose steps are turned upside down."""
    bucket_waste: float | None = None
    """Whole pieces in buckets."""

    def build(self, paths: Any) -> "Notes":
        return Notes(self)


class Notes:
    """Pieces of 1 to 11 steps, the same in every process. Outputs: logits, Float[t b 5]."""

    spec = Spec(
        inputs=KEYS, tokens=False, outputs=KEYS, per_step=True, select="nll", higher_is_better=False, causal=True
    )
    digest = "notes"

    def __init__(self, config: NotesConfig):
        self.config = config
        draw = np.random.default_rng(3)
        lengths = {"train": (5, 1, 11, 7), "valid": (3, 9, 1, 6, 2), "test": (4, 8)}
        self.pieces = {
            name: [(draw.random((n, KEYS)) < 0.3).astype(np.uint8) for n in each] for name, each in lengths.items()
        }
        if config.spoilt:
            self.pieces[config.spoilt] = [1 - piece for piece in self.pieces[config.spoilt]]

    def source(self, split: str, batch: int) -> Source | Bucketed:
        pieces = self.pieces[split]
        if self.config.bucket_waste is not None:
            return Padded(pieces, batch).bucketed(self.config.bucket_waste)
        return Padded(pieces, batch) if self.config.window is None else Stream(pieces, batch, self.config.window)

    def loss(self, outputs: Any, batch: Batch) -> Sum:
        return metrics.binary_nll(outputs, batch.targets, metrics.steps(batch))

    def metrics(self, outputs: Any, batch: Batch) -> dict[str, Sum]:
        return {"nll": self.loss(outputs, batch)}

    def chance(self) -> dict[str, float]:
        return {"nll": KEYS * float(np.log(2))}


def config(notes: NotesConfig | None = None, **sections: Any) -> RunConfig:
    """A tiny run of delayed recall, or of `notes`; each section given is merged into the default one.

    config(optimizer={"kind": "sgd", "learning_rate": 0.1}, training={"steps": 40})
    """
    base: dict[str, dict[str, Any]] = {
        "task": RECALL,
        "model": {"cell": {"kind": "lstm", "hidden": 4}},
        "optimizer": {"kind": "adam", "learning_rate": 0.01},
        "training": {"steps": 12, "batch": 4, "eval_every": 4},
        "execution": {"eval_batch": 8},
    }
    for name, section in sections.items():
        base[name] = section if "kind" in section else base[name] | section
    made = from_dict(base)
    return made if notes is None else replace(made, task=notes)


def population(configs: list[RunConfig], seeds: list[int], layout: str = "map") -> Population:
    """Members of one static part, one config and seed each. The devices are no more than the members."""
    parts = [split(one) for one in configs]
    assert all(part[0] == parts[0][0] for part in parts)
    kind = {**LAYOUTS, "sharded_batch": DIVIDED}[layout]
    if kind.divides_members:
        kind = replace(kind, devices=min(kind.devices, len(seeds)))
    return Population(parts[0][0], [part[1] for part in parts], seeds, configs[0].task.build(None), kind)


def with_scalar(members: Population, path: str, values: list[float]) -> Population:
    """The same compiled programs with other values of a Scalar, one per member."""
    other = copy.copy(members)
    scalars = dict(members.members.scalars)
    fill = members.layout.padded(members.size) - members.size
    old = scalars[path]
    scalars[path] = jax.device_put(np.array([*values, *[values[-1]] * fill], old.dtype), old.sharding)
    other.members = members.members._replace(scalars=scalars)
    return other


def member(state: Any, place: int) -> Any:
    """One member of a stacked state, as NumPy arrays."""
    return jax.tree.map(lambda x: np.asarray(x)[place], jax.device_get(state))


def same(a: Any, b: Any) -> bool:
    """Whether two trees are the same to the last bit, NaN and the sign of zero included."""
    assert jax.tree.structure(a) == jax.tree.structure(b)
    pairs = zip(jax.tree.leaves(a), jax.tree.leaves(b), strict=True)
    return all(
        np.asarray(x).dtype == np.asarray(y).dtype and np.asarray(x).tobytes() == np.asarray(y).tobytes()
        for x, y in pairs
    )


def names(members: Population) -> list[str]:
    return [f"run{place}" for place in range(members.size)]


def outcome(fitted: Fitted, folder: Path) -> tuple[Any, ...]:
    """What must be the same however often a run was cut: states, standings, the text of metrics.jsonl."""
    leaves = [np.asarray(x) for x in jax.tree.leaves(jax.device_get(fitted.state))]
    return ([x.tobytes() for x in leaves], fitted.standings, (folder / "metrics.jsonl").read_text())


def finish(members: Population, folder: Path, **given: Any) -> tuple[Any, ...]:
    """Fit to the end."""
    return outcome(fit(members, names(members), folder, **given), folder)


def sit(members: Population, folder: Path, dispatches: int, **given: Any) -> int:
    """Fit for some dispatches, then stop: the step that was saved."""
    left = iter(range(dispatches - 1))
    try:
        fit(members, names(members), folder, stop=lambda: next(left, None) is None, **given)
    except Interrupted as stopped:
        return stopped.step
    raise AssertionError("it ended before it was stopped")
