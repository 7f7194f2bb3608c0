"""Wav files: PCM of 8, 16, 24 or 32 bits as numbers. Every fault is one line that names the file."""

import io
import struct
import wave
from typing import NamedTuple

import numpy as np

from lstm_research.types import DataError

FORMATS = {
    3: "floating point",
    6: "A-law",
    7: "mu-law",
    17: "ADPCM",
    85: "MP3",
    65534: "extensible, and not PCM inside",
}
"""Forms of a wav file that are not read."""
REMEDY = "save it as 16 bit PCM"


class Wav(NamedTuple):
    """What a wav file holds."""

    samples: np.ndarray
    """int[n c]: n >= 1 samples of c channels; signed, of 8 bits too."""
    bits: int
    """Of a sample: 8, 16, 24 or 32."""
    rate: int
    """Samples of a channel in a second."""

    def mono(self) -> np.ndarray:
        """float64[n] from -1 to 1, channels averaged."""
        return self.samples.mean(axis=1) / 2.0 ** (self.bits - 1)


def read(content: bytes, name: str) -> Wav:
    """The samples of a wav file.

    Raises:
      DataError: it is none, of another form than PCM, cut off, or empty.
    """
    with _opened(content, name) as file:
        channels, size, rate, number = file.getparams()[:4]
        raw = file.readframes(number)
    if size not in (1, 2, 3, 4):
        raise DataError(f"{name}: PCM of {8 * size} bits is not read; {REMEDY}")
    if not rate:
        raise DataError(f"{name}: a sampling rate of 0 Hz; {REMEDY}")
    there = len(raw) // (size * channels)
    if there < number:
        raise DataError(
            f"{name}: cut off: its header tells of {number:,} samples, and {there:,} are there; replace it, or save it "
            "again"
        )
    if not number:
        raise DataError(f"{name}: holds no sample; remove it")
    return Wav(_numbers(raw, size).reshape(-1, channels), 8 * size, rate)


def _opened(content: bytes, name: str) -> wave.Wave_read:
    try:
        return wave.open(io.BytesIO(_plain(content)))
    except (wave.Error, EOFError, RuntimeError, struct.error) as error:
        if content[:4] != b"RIFF" or content[8:12] != b"WAVE":
            raise DataError(f"{name}: is no wav file; {REMEDY}, as a wav file") from None
        at = content.find(b"fmt ", 12)
        tag = int.from_bytes(content[at + 8 : at + 10], "little") if at > 0 else 1
        why = f"holds {FORMATS.get(tag, f'format {tag}')}" if tag != 1 else f"damaged ({error or 'it is cut off'})"
        raise DataError(f"{name}: {why}; only PCM is read: {REMEDY}") from None


def _plain(content: bytes) -> bytes:
    """The extensible form that holds PCM, called what it is: `wave` knows it from Python 3.12 on only."""
    at = content.find(b"fmt ", 12)
    tag, inside = (content[at + k : at + k + 2] for k in (8, 32))
    if at > 0 and (tag, inside) == (b"\xfe\xff", b"\x01\x00"):
        return content[: at + 8] + inside + content[at + 10 :]
    return content


def _numbers(raw: bytes, size: int) -> np.ndarray:
    """int[n] of little-endian numbers of `size` bytes, those of one byte counted from -128."""
    if size == 1:
        return np.frombuffer(raw, np.uint8).astype(np.int16) - np.int16(128)
    if size == 3:
        wide = np.zeros((len(raw) // 3, 4), np.uint8)
        wide[:, 1:] = np.frombuffer(raw, np.uint8).reshape(-1, 3)
        return wide.view("<i4")[:, 0] >> 8
    return np.frombuffer(raw, f"<i{size}")
