"""TFDS builder of SCAN: commands such as "jump twice" and the actions they mean, in the four main splits.

An example is a command and its actions, tokens separated by blanks. Train and test are as published; 20,910 commands in
all, of up to 9 tokens, their actions of up to 48.

Reference: Lake & Baroni, Generalization without Systematicity, ICML 2018 (arXiv:1711.00350).
"""

from typing import Any, ClassVar

import tensorflow_datasets as tfds

from lstm_research.data.archives import Content
from lstm_research.data.builders._builder import Builder, Splits, configs
from lstm_research.types import DataError

FOLDERS = {
    "simple": ("simple_split", "simple"),
    "length": ("length_split", "length"),
    "jump": ("add_prim_split", "addprim_jump"),
    "turn_left": ("add_prim_split", "addprim_turn_left"),
}


class Scan(Builder):
    """SCAN, compositional commands. BSD."""

    MEMBERS: ClassVar[dict[str, tuple[str, ...]]] = {
        config: tuple(f"{folder}/tasks_{split}_{name}.txt" for split in ("train", "test"))
        for config, (folder, name) in FOLDERS.items()
    }
    BUILDER_CONFIGS: ClassVar = configs(MEMBERS)

    def features(self) -> dict[str, Any]:
        return {"source": tfds.features.Text(), "target": tfds.features.Text()}

    def read(self, contents: dict[str, Content]) -> Splits:
        found = {}
        for split, (name, content) in zip(("train", "test"), contents.items(), strict=True):
            assert isinstance(content, bytes)
            found[split] = [pair(name, number, line) for number, line in enumerate(content.decode().splitlines(), 1)]
        return found


def pair(name: str, number: int, line: str) -> dict[str, str]:
    """`IN: a b OUT: X Y`. Raises DataError for anything else."""
    head, mark, target = line.partition(" OUT: ")
    if not mark or not head.startswith("IN: "):
        raise DataError(f"{name}:{number}: {line[:60]!r} is not of the form 'IN: command OUT: actions'")
    return {"source": head.removeprefix("IN: ").strip(), "target": target.strip()}
