"""TFDS builder of the PhysioNet/CinC Challenge 2012: the first 48 hours of ICU stays; did the patient die in hospital?

37 variables, measured irregularly; five descriptors of the patient. Set a is train, and a tenth of it, by the sha256 of
the record, stratified by outcome, is validation; set b is test. -1 means missing; of two values at one time the later
one in the file stands. A stay in which nothing was measured has one step without values.

Reference: Silva, Moody, Scott, Celi & Mark, Predicting in-hospital mortality of ICU patients, CinC 2012.
"""

from typing import Any, ClassVar

import numpy as np
import tensorflow_datasets as tfds

from lstm_research.data.archives import Content
from lstm_research.data.builders._builder import Builder, Splits, configs
from lstm_research.data.split import held_out
from lstm_research.types import DataError

VARIABLES = (
    "ALP", "ALT", "AST", "Albumin", "BUN", "Bilirubin", "Cholesterol", "Creatinine", "DiasABP", "FiO2", "GCS",
    "Glucose", "HCO3", "HCT", "HR", "K", "Lactate", "MAP", "MechVent", "Mg", "NIDiasABP", "NIMAP", "NISysABP", "Na",
    "PaCO2", "PaO2", "Platelets", "RespRate", "SaO2", "SysABP", "Temp", "TroponinI", "TroponinT", "Urine", "WBC",
    "Weight", "pH",
)  # fmt: skip
DESCRIPTORS = ("Age", "Gender", "Height", "ICUType", "Weight")


class Physionet2012(Builder):
    """PhysioNet/CinC Challenge 2012, sets a and b: 8,000 ICU stays. Open Data Commons Attribution License."""

    MEMBERS: ClassVar[dict[str, tuple[str, ...]]] = {
        "mortality": ("set-a/", "Outcomes-a.txt", "set-b/", "Outcomes-b.txt")
    }
    BUILDER_CONFIGS: ClassVar = configs(MEMBERS)

    def features(self) -> dict[str, Any]:
        return {
            "name": tfds.features.Text(),
            "values": tfds.features.Tensor(shape=(None, len(VARIABLES)), dtype=np.float32),
            "hours": tfds.features.Tensor(shape=(None,), dtype=np.float32),
            "static": tfds.features.Tensor(shape=(len(DESCRIPTORS),), dtype=np.float32),
            "died": tfds.features.Scalar(dtype=np.int64),
        }

    def read(self, contents: dict[str, Content]) -> Splits:
        a, outcomes_a, b, outcomes_b = contents.values()
        stays, test = _stays(a, outcomes_a), _stays(b, outcomes_b)
        out = held_out([stay["name"] for stay in stays], [stay["died"] for stay in stays])
        return {
            "train": [stay for stay, held in zip(stays, out, strict=True) if not held],
            "valid": [stay for stay, held in zip(stays, out, strict=True) if held],
            "test": test,
        }


def _stays(files: Content, outcomes: Content) -> list[dict[str, Any]]:
    """Every stay, in the order of the outcomes."""
    assert isinstance(files, dict)
    assert isinstance(outcomes, bytes)
    head, *lines = (line.split(",") for line in outcomes.decode("ascii").splitlines())
    record, died = head.index("RecordID"), head.index("In-hospital_death")
    found = []
    for line in lines:
        name = line[record]
        if f"{name}.txt" not in files:
            raise DataError(f"PhysioNet 2012: record {name} has an outcome and no file")
        found.append({"name": name, "died": int(line[died])} | _stay(files[f"{name}.txt"], name))
    return found


def _stay(content: bytes, name: str) -> dict[str, np.ndarray]:
    _, *lines = content.decode("ascii").splitlines()
    static = dict.fromkeys(DESCRIPTORS, np.nan)
    steps: dict[int, dict[str, float]] = {}
    for number, line in enumerate(lines, 2):
        fields = line.split(",")
        if len(fields) != 3:
            raise DataError(f"{name}.txt:{number}: {len(fields)} fields, expected 3")
        clock, variable, value = fields[0], fields[1], float(fields[2])
        if value == -1 or variable in ("RecordID", ""):
            continue
        minutes = int(clock[:2]) * 60 + int(clock[3:])
        # The descriptors are told at 00:00; a weight there is both one and a first measurement.
        if minutes == 0 and variable in DESCRIPTORS:
            static[variable] = value
        if variable in PLACE:
            steps.setdefault(minutes, {})[variable] = value
        elif variable not in DESCRIPTORS:
            raise DataError(f"{name}.txt:{number}: unknown variable {variable!r}")
    times = sorted(steps) or [0]
    values = np.full((len(times), len(VARIABLES)), np.nan, np.float32)
    for row, minutes in enumerate(times):
        for variable, value in steps.get(minutes, {}).items():
            values[row, PLACE[variable]] = value
    return {
        "values": values,
        "hours": np.array(times, np.float32) / np.float32(60),
        "static": np.array([static[variable] for variable in DESCRIPTORS], np.float32),
    }


PLACE = {variable: place for place, variable in enumerate(VARIABLES)}
