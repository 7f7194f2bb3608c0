"""Wav files of one's own making."""

import io
import struct
import wave
from pathlib import Path

import numpy as np


def wav(samples: np.ndarray, *, bits: int = 16, rate: int = 8000) -> bytes:
    """A PCM file of samples [n] or [n c] from -1 to 1."""
    x = samples if samples.ndim == 2 else samples[:, None]
    whole = np.round(x * (2.0 ** (bits - 1) - 1)).astype(np.int64)
    raw = (whole + (128 if bits == 8 else 0)).astype("<i8").view(np.uint8).reshape(-1, 8)[:, : bits // 8]
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(x.shape[1])
        out.setsampwidth(bits // 8)
        out.setframerate(rate)
        out.writeframes(raw.tobytes())
    return file.getvalue()


def form(tag: int, content: bytes, inside: int = 1) -> bytes:
    """The same file with another form's tag; 65534 is the extensible form, with `inside` in it."""
    riff, (fmt, rest) = content[:12], (content[12:36], content[36:])
    if tag != 65534:
        return riff + fmt[:8] + struct.pack("<H", tag) + fmt[10:] + rest
    long = struct.pack("<HHIH", 22, struct.unpack("<H", fmt[22:24])[0], 0, inside)
    long += b"\0\0\0\0\x10\0\x80\0\0\xaa\0\x38\x9b\x71"
    riff = riff[:4] + struct.pack("<I", len(content) + 16) + riff[8:]
    return riff + b"fmt " + struct.pack("<I", 40) + struct.pack("<H", tag) + fmt[10:] + long + rest


def tone(hertz: float, seconds: float = 0.2, rate: int = 8000) -> np.ndarray:
    """Half as loud as can be."""
    return 0.5 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)


def folder(at: Path, number: int = 20, *, rate: int = 8000) -> Path:
    """Low and high tones, `number` of each, by two pairs of speakers: low/ann_3.wav."""
    for k in range(number):
        for label, hertz in (("low", 300), ("high", 1500)):
            path = at / label / f"{('ann', 'bob', 'cy', 'dee', 'eve')[k % 5]}_{k}.wav"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(wav(tone(hertz + 7 * k, 0.1 + 0.01 * (k % 4), rate), rate=rate))
    return at
