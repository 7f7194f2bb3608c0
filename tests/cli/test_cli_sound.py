"""Recordings of one's own: a folder of wav files, a run on them, and what it says of a new one."""

import csv
import io
import wave
from pathlib import Path

import numpy as np

CONFIG = """\
# Low or high?
task: {kind: classification, bucket_waste: 0.2}
data: {kind: wav_folder, path: sounds, mels: 10}
model: {cell: {kind: gru, hidden: 4}, head: mean}
optimizer: {kind: adam, learning_rate: 0.03}
training: {steps: 40, batch: 8, eval_every: 20}
"""


def write(path: Path, hertz: float, rate: int = 8000) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    samples = np.round(10000 * np.sin(2 * np.pi * hertz * np.arange(rate // 10) / rate)).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, rate, 0, "NONE", ""))
        file.writeframes(samples.tobytes())


def test_recordings_of_ones_own_are_classified(lab, call):
    (lab / "configs" / "sounds.yaml").write_text(CONFIG)
    for k in range(20):
        write(lab / "sounds" / "low" / f"{k}.wav", 300 + k)
        write(lab / "sounds" / "high" / f"{k}.wav", 1500 + k)
    code, out, err = call("run", "sounds", "--test")
    assert code == 0, err
    assert "sounds: 40 recordings of 2 classes at 8,000 Hz: 28 train, 4 valid, 8 test" in err
    assert "test accuracy 1," in out
    run = out.split()[0]

    # The data of then need not be there any more.
    (lab / "sounds").rename(lab / "moved")
    write(lab / "new.wav", 1600, rate=16000)
    code, out, err = call("predict", run, "new.wav")
    assert code == 0, err
    assert "1 of 1 recordings resampled from 16,000 to 8,000 Hz" in err
    (row,) = csv.DictReader(io.StringIO(out))
    assert (row["sequence"], row["class"], row["truth"]) == ("new.wav", "high", "")
    assert "where the truth is known" not in err
    code, out, err = call("predict", run, "moved")
    assert code == 0, err
    assert "where the truth is known: accuracy 1," in err
    assert len(out.splitlines()) == 41

    (lab / "bad.wav").write_bytes(b"ID3")
    code, _, err = call("predict", run, "bad.wav")
    assert (code, "bad.wav: is no wav file; save it as 16 bit PCM" in err) == (3, True)
    code, _, err = call("predict", run, "gone.wav")
    assert (code, "gone.wav: no such file or folder" in err) == (2, True)
    code, _, err = call("run", "sounds", "data.path=moved", "data.speaker_from=^[a-z]+")
    assert (code, "has no group: put the speaker in brackets" in err) == (2, True)
