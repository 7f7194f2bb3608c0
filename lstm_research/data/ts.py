"""Files of labelled series: the `.ts` form of timeseriesclassification.com, and the older text form of UCR.

`.ts`: lines of `#` and `@`, then after `@data` one case a line: values by ",", channels by ":", the class last. `?` and
NaN are values that were not measured. UCR: one case a line, the class first, then values by blanks, tabs or commas.
"""

from typing import NamedTuple

import numpy as np

from lstm_research.types import DataError


class Cases(NamedTuple):
    """The cases of a file, in order."""

    values: tuple[np.ndarray, ...]
    """float32[t k] each, NaN where nothing was measured."""
    labels: tuple[str, ...]


def read(content: bytes, name: str) -> Cases:
    """The cases of a file, whose form its first line tells.

    Raises:
      DataError: with file, line and, where it applies, channel and place, both from 1.
    """
    try:
        lines = content.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise DataError(f"{name}:{line}: byte {content[error.start]:#x} is not UTF-8; save the file as UTF-8") from None
    first = next((line.strip() for line in lines if line.strip()), "")
    cases = _ts(lines, name) if first[:1] in ("#", "@") else _ucr(lines, name)
    if not cases:
        raise DataError(f"{name}: holds no case")
    widths = [values.shape[1] for values, _, _ in cases]
    for width, (_, _, line) in zip(widths, cases, strict=True):
        if width != widths[0]:
            raise DataError(f"{name}:{line}: {width} channels, and {widths[0]} in the first case")
    return Cases(tuple(values for values, _, _ in cases), tuple(label for _, label, _ in cases))


def _ts(lines: list[str], name: str) -> list[tuple[np.ndarray, str, int]]:
    begin = next((number for number, line in enumerate(lines, 1) if line.strip().lower() == "@data"), None)
    if begin is None:
        raise DataError(f"{name}: no line @data; a .ts file has its cases after one")
    told = [line.strip().split() for line in lines[: begin - 1] if line.strip().startswith("@")]
    head = {fields[0].lower(): fields[1:] for fields in told}
    if head.get("@timestamps", ["false"])[0].lower() == "true":
        raise DataError(f"{name}: @timeStamps true: steps with times of their own are not read; write values alone")
    known = head.get("@classlabel", [""])
    if known[0].lower() == "false":
        raise DataError(f"{name}: @classLabel false: the cases have no class")
    cases = []
    for number, line in enumerate(lines[begin:], begin + 1):
        if not line.strip() or line.startswith("#"):
            continue
        *channels, label = line.strip().split(":")
        if not channels:
            raise DataError(f"{name}:{number}: no ':' before a class; a case is its channels and its class")
        if known[1:] and label not in known[1:]:
            raise DataError(f"{name}:{number}: class {label!r} is not one of @classLabel: {', '.join(known[1:])}")
        found = [_numbers(text.split(","), name, number, k) for k, text in enumerate(channels, 1)]
        if len({len(channel) for channel in found}) > 1:
            lengths = ", ".join(str(len(channel)) for channel in found)
            raise DataError(f"{name}:{number}: channels of unequal length in one case: {lengths}")
        cases.append((np.stack(found, axis=1), label, number))
    return cases


def _ucr(lines: list[str], name: str) -> list[tuple[np.ndarray, str, int]]:
    cases = []
    for number, line in enumerate(lines, 1):
        fields = line.split(",") if "," in line else line.split()
        if not fields:
            continue
        if len(fields) < 2:
            raise DataError(f"{name}:{number}: {len(fields)} fields; a case is its class and its values")
        values = _numbers(fields[1:], name, number, 1)
        # Short cases are filled with NaN at the right, so that all lines are of one width.
        end = np.flatnonzero(~np.isnan(values))
        if not len(end):
            raise DataError(f"{name}:{number}: a case without values")
        cases.append((values[: end[-1] + 1, None], _label(fields[0]), number))
    return cases


def _numbers(texts: list[str], name: str, line: int, channel: int) -> np.ndarray:
    try:
        values = np.array([float(text) for text in texts], np.float32)
    except ValueError:
        values = np.array(
            [_number(text, name, line, channel, place) for place, text in enumerate(texts, 1)], np.float32
        )
    if np.isinf(values).any():
        place = int(np.argmax(np.isinf(values))) + 1
        raise DataError(f"{name}:{line}: channel {channel}, value {place}: {texts[place - 1]!r} is not finite")
    return values


def _number(text: str, name: str, line: int, channel: int, place: int) -> float:
    if text.strip() in ("?", ""):
        return float("nan")
    try:
        return float(text)
    except ValueError:
        why = "a step with a time of its own, which is not read" if "(" in text else "not a number"
        raise DataError(f"{name}:{line}: channel {channel}, value {place}: {text.strip()!r} is {why}") from None


def _label(text: str) -> str:
    """`1.0000000e+000` is class 1."""
    try:
        number = float(text)
    except ValueError:
        return text
    return str(int(number)) if number.is_integer() else text
