"""TFDS builder of the four piano-roll corpora, from the MATLAB files of the TCN repository.

One configuration per corpus. An example is {"roll": uint8[t 88]}: 1 where key i+21 (MIDI) sounds at a step. The order
is that of the file.

References: Boulanger-Lewandowski, Bengio & Vincent, Modeling Temporal Dependencies in High-Dimensional Sequences, ICML
  2012 (corpora, splits); Bai, Kolter & Koltun, arXiv:1803.01271 (the files).
"""

import io
from typing import Any, ClassVar

import numpy as np
import scipy.io
import tensorflow_datasets as tfds

from lstm_research.data.archives import Content
from lstm_research.data.builders._builder import Builder, Splits, configs
from lstm_research.data.polyphonic_music import FILES
from lstm_research.types import DataError

KEYS = 88
VARIABLES = {"train": "traindata", "valid": "validdata", "test": "testdata"}


class PolyphonicMusic(Builder):
    """Piano-rolls of JSB Chorales, Nottingham, MuseData and Piano-midi.de."""

    MEMBERS: ClassVar[dict[str, tuple[str, ...]]] = {config: (name,) for config, name in FILES.items()}
    BUILDER_CONFIGS: ClassVar = configs(MEMBERS)

    def features(self) -> dict[str, Any]:
        return {"roll": tfds.features.Tensor(shape=(None, KEYS), dtype=np.uint8)}

    def read(self, contents: dict[str, Content]) -> Splits:
        # Verified before: 97 kB of MATLAB can expand to 100 MB.
        ((name, content),) = contents.items()
        assert isinstance(content, bytes)
        return {split: [{"roll": roll} for roll in rolls] for split, rolls in read_mat(content, name).items()}


def read_mat(content: bytes, path: str) -> dict[str, list[np.ndarray]]:
    """The pieces of each split of a MATLAB file, as uint8[t 88]. `loadmat` runs no code from the file.

    Raises:
      DataError: the file is not a MATLAB file, lacks a variable, or a cell is not a 0/1 matrix of t >= 1 times 88.
    """
    try:
        found = scipy.io.loadmat(io.BytesIO(content), variable_names=list(VARIABLES.values()))
    except Exception as error:  # on bytes that are no MATLAB file SciPy raises whatever it stumbles over
        raise DataError(f"{path}: not a readable MATLAB v5 file ({error})") from error
    splits = {}
    for split, variable in VARIABLES.items():
        cells = found.get(variable)
        if cells is None or cells.dtype != object or cells.ndim != 2 or cells.shape[0] != 1:
            raise DataError(f"{path}: variable {variable!r}: expected a 1 x n cell array")
        splits[split] = [_checked(path, f"{variable}{{{i + 1}}}", cell) for i, cell in enumerate(cells[0])]
    return splits


def _checked(path: str, where: str, cell: Any) -> np.ndarray:
    if not isinstance(cell, np.ndarray) or cell.dtype != np.uint8 or cell.ndim != 2 or cell.shape[1] != KEYS:
        found = f"{cell.dtype} {cell.shape}" if isinstance(cell, np.ndarray) else type(cell).__name__
        raise DataError(f"{path}: {where}: expected uint8 (t, {KEYS}), found {found}")
    if len(cell) == 0:
        raise DataError(f"{path}: {where}: a piece without steps")
    if cell.max() > 1:
        step, key = np.argwhere(cell > 1)[0]
        raise DataError(f"{path}: {where}: expected 0 or 1, found {cell[step, key]} at step {step}, key {key}")
    return np.ascontiguousarray(cell)
