"""What is heard of a recording: log-mel energies or cepstra (MFCC) of short frames, and how they change.

    frame, less its mean -> Hann window -> |FFT|^2 -> triangular filters, even in mel -> log  (-> DCT-II)

with mel(f) = 2595 log10(1 + f / 700).

References: Davis & Mermelstein, Comparison of parametric representations for monosyllabic word recognition in
  continuously spoken sentences, IEEE Transactions on ASSP 28(4), 1980 (MFCC); O'Shaughnessy, Speech Communication,
  1987 (mel); Young et al., The HTK Book 3.4, sections 5.4 (filters) and 5.9 (deltas).
"""

from dataclasses import dataclass
from functools import cache
from math import gcd
from typing import Annotated, Literal

import numpy as np
from annotated_types import Ge, Gt, Le

from lstm_research.types import ConfigError

FORM = 1
"""Of what is computed; raised whenever it changes."""
FLOOR = 1e-10
"""Least energy of a filter, of samples from -1 to 1: below one step of 16 bits, so that silence has a logarithm."""
REACH = 2
"""Frames to each side that a delta looks at."""


@dataclass(frozen=True, kw_only=True)
class Features:
    """Settings; the same for every recording of a data set."""

    features: Literal["log_mel", "mfcc"] = "log_mel"
    """`log_mel`: a channel for each filter; `mfcc`: the first `coefficients` of their cosine transform."""
    window_ms: Annotated[float, Gt(0)] = 25.0
    """Length of a frame in milliseconds."""
    hop_ms: Annotated[float, Gt(0)] = 10.0
    """Milliseconds from a frame to the next: a step of the sequence."""
    mels: Annotated[int, Ge(1)] = 40
    """Filters, from 0 Hz to half the sampling rate."""
    coefficients: Annotated[int, Ge(1)] = 13
    """Cepstra that are kept, the mean of the log energies being number 0."""
    deltas: Annotated[int, Ge(0), Le(2)] = 0
    """1: also the slope of every channel over five frames; 2: also the slope of the slope."""

    def check(self) -> None:
        """Raises ValueError for fields that contradict each other."""
        if self.features == "mfcc" and self.coefficients > self.mels:
            raise ValueError(f"coefficients={self.coefficients} are more than mels={self.mels}")
        if self.hop_ms > self.window_ms:
            raise ValueError(
                f"hop_ms={self.hop_ms:g} is more than window_ms={self.window_ms:g}: what lies between frames is lost"
            )

    @property
    def settings(self) -> tuple[object, ...]:
        """All that features depend on beside samples and their rate."""
        used = self.coefficients if self.features == "mfcc" else 0
        return (FORM, self.features, self.window_ms, self.hop_ms, self.mels, used, self.deltas)

    @property
    def channels(self) -> tuple[str, ...]:
        """Names of the channels."""
        mel = tuple(f"mel {k}" for k in range(1, self.mels + 1))
        own = mel if self.features == "log_mel" else tuple(f"mfcc {k}" for k in range(self.coefficients))
        return tuple(f"{'delta ' * order}{name}" for order in range(self.deltas + 1) for name in own)

    def of(self, samples: np.ndarray, rate: int) -> np.ndarray:
        """float32[t k]: the features of a recording.

        Args:
          samples: float64[n] from -1 to 1; a recording shorter than a frame is filled with zeros.
          rate: samples in a second.

        Raises ConfigError where a filter is so narrow that it holds no frequency of the FFT.
        """
        width, hop = (max(1, round(ms / 1000 * rate)) for ms in (self.window_ms, self.hop_ms))
        found = np.log(np.maximum(_power(_frames(samples, width, hop)) @ self._filters(rate, width).T, FLOOR))
        if self.features == "mfcc":
            found = found @ _cosines(self.coefficients, self.mels).T
        every = [found]
        for _ in range(self.deltas):
            every.append(slopes(every[-1]))
        return np.concatenate(every, axis=1).astype(np.float32)

    def _filters(self, rate: int, width: int) -> np.ndarray:
        found = mel_filters(rate, fft_size(width), self.mels)
        empty = np.flatnonzero(found.sum(axis=1) == 0)
        if len(empty):
            raise ConfigError(
                f"data.mels={self.mels}: filter {empty[0] + 1} lies between two frequencies of {width} samples at "
                f"{rate:,} Hz; lower data.mels, or raise data.window_ms"
            )
        return found


def fft_size(width: int) -> int:
    """The power of two from `width` up: frames are filled with zeros to it."""
    return 1 << (width - 1).bit_length()


def mel(frequency: np.ndarray) -> np.ndarray:
    """Mel of Hz."""
    return 2595.0 * np.log10(1.0 + frequency / 700.0)


@cache
def mel_filters(rate: int, size: int, number: int) -> np.ndarray:
    """float64[number, size / 2 + 1]: triangles of height 1, each from the middle of the one before to that of the next;
    their sides are straight in mel.
    """
    at = mel(np.arange(size // 2 + 1) * (rate / size))
    edges = np.linspace(0.0, at[-1], number + 2)
    low, middle, high = (edges[k : k + number, None] for k in range(3))
    return np.maximum(0.0, np.minimum((at - low) / (middle - low), (high - at) / (high - middle)))


def slopes(x: np.ndarray) -> np.ndarray:
    """[t k]: of every channel the slope of the line through the frames up to `REACH` away; ends are repeated.

    d_t = sum_r r (x_(t+r) - x_(t-r)) / (2 sum_r r^2), r = 1 .. REACH
    """
    far = np.pad(x, ((REACH, REACH), (0, 0)), mode="edge")
    steps = range(1, REACH + 1)
    total = sum(r * (far[REACH + r :][: len(x)] - far[REACH - r :][: len(x)]) for r in steps)
    return total / (2 * sum(r * r for r in steps))


def resampled(samples: np.ndarray, rate: int, to: int) -> np.ndarray:
    """float64[n]: a recording at another rate; what lies above half of the lower one is filtered out first."""
    if rate == to:
        return samples
    from scipy.signal import resample_poly

    common = gcd(rate, to)
    found: np.ndarray = resample_poly(samples, to // common, rate // common)
    return found


def _frames(samples: np.ndarray, width: int, hop: int) -> np.ndarray:
    """float64[t width], t >= 1; samples after the last whole frame are left out."""
    if len(samples) < width:
        samples = np.pad(samples, (0, width - len(samples)))
    return np.lib.stride_tricks.sliding_window_view(samples, width)[::hop]


def _power(frames: np.ndarray) -> np.ndarray:
    """float64[t bins]: without the mean, which a window would spread over the lowest filters."""
    width = frames.shape[1]
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(width) / width)
    found = np.fft.rfft((frames - frames.mean(axis=1, keepdims=True)) * hann, fft_size(width))
    return found.real**2 + found.imag**2


@cache
def _cosines(number: int, of: int) -> np.ndarray:
    """float64[number of]: rows of the orthonormal DCT-II."""
    rows = np.sqrt(2 / of) * np.cos(np.pi * np.arange(number)[:, None] * (np.arange(of) + 0.5) / of)
    rows[0] /= np.sqrt(2)
    return rows
