"""Where a step stands in its hour, day, week, month and year, as points on circles."""

import numpy as np


def features(time: np.ndarray, ahead: int, names: tuple[str, ...]) -> np.ndarray:
    """A sine and a cosine for each name: float64[t + ahead, 2 n].

    Args:
      time: int64[t], seconds since 1970.
      ahead: further steps, see `prolonged`.
      names: of minute, hour, weekday, day, month.
    """
    return of(prolonged(time, ahead), names)


def of(time: np.ndarray, names: tuple[str, ...]) -> np.ndarray:
    """The same of these stamps alone: float64[t, 2 n]."""
    stamps = time.astype("datetime64[s]")
    columns = []
    for name in names:
        angle = 2 * np.pi * _phase(stamps, name)
        columns += [np.sin(angle), np.cos(angle)]
    return np.stack(columns, axis=1)


def prolonged(time: np.ndarray, ahead: int) -> np.ndarray:
    """`time` and `ahead` further steps, int64[t + ahead]: in whole months where these are its steps, else as it ended.

    Months are of unequal length: from 1 January and 1 February the next step is 1 March.
    """
    if len(time) < 2:
        return np.concatenate([time, np.repeat(time[-1:], ahead)])
    further = np.arange(1, ahead + 1)
    stamps = time[-13:].astype("datetime64[s]")
    months = stamps.astype("datetime64[M]")
    into, between = stamps - months, np.diff(months).astype(np.int64)
    if between[0] >= 1 and (between == between[0]).all() and (into == into[0]).all():
        later = (months[-1] + between[0] * further).astype("datetime64[s]") + into[0]
        return np.concatenate([time, later.astype(np.int64)])
    return np.concatenate([time, time[-1] + (time[-1] - time[-2]) * further])


def _phase(stamps: np.ndarray, name: str) -> np.ndarray:
    """In [0, 1)."""
    days = stamps.astype("datetime64[D]")
    seconds = (stamps - days).astype(np.int64)
    months = stamps.astype("datetime64[M]")
    phases = {
        "minute": (seconds % 3600) / 3600,
        "hour": seconds / 86400,
        "weekday": ((days.astype(np.int64) + 3) % 7) / 7,  # 1970-01-01 was a Thursday
        "day": (days - months).astype(np.int64) / 31,
        "month": (months.astype(np.int64) % 12) / 12,
    }
    return np.asarray(phases[name], np.float64)
