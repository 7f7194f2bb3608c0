"""Wav files and their faults; features against a slow transcription and SciPy; what was computed is kept, whole."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.fft
import scipy.signal
from made_sound import folder, form, tone, wav

from lstm_research.data.computed import computed
from lstm_research.data.mapped import in_file
from lstm_research.data.paths import DataPaths
from lstm_research.data.sets import wav_folder
from lstm_research.data.sound import FLOOR, Features, fft_size, mel_filters, resampled, slopes
from lstm_research.data.wav import read
from lstm_research.types import ConfigError, DataError

RNG = np.random.default_rng(0)


@pytest.fixture
def paths(tmp_path: Path) -> DataPaths:
    return DataPaths(data_dir=None, cache_dir=tmp_path / "cache")


@pytest.mark.parametrize("bits", [8, 16, 24, 32])
@pytest.mark.parametrize("channels", [1, 2])
def test_samples_are_what_was_written(bits: int, channels: int) -> None:
    samples = RNG.uniform(-1, 1, (50, channels))
    samples[:2] = [[-1.0], [1.0]]
    content = wav(samples, bits=bits, rate=22050)
    for given in (content, form(65534, content)):
        found = read(given, "x.wav")
        assert (found.bits, found.rate, found.samples.shape) == (bits, 22050, (50, channels))
        np.testing.assert_allclose(found.mono(), samples.mean(axis=1), atol=2.0 ** (2 - bits))


WHOLE = wav(tone(440), bits=16)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "is no wav file"),
        (b"ID3 this is an mp3", "is no wav file"),
        (WHOLE[:-100], "cut off: its header tells of 1,600 samples, and 1,550 are there"),
        (WHOLE[:30], r"damaged \("),
        (wav(np.zeros(0)), "holds no sample"),
        (form(3, WHOLE), "holds floating point; only PCM is read: save it as 16 bit PCM"),
        (form(7, WHOLE), "holds mu-law"),
        (form(99, WHOLE), "holds format 99"),
        (form(65534, WHOLE, inside=3), "holds extensible, and not PCM inside"),
        (WHOLE[:24] + bytes(4) + WHOLE[28:], "a sampling rate of 0 Hz"),
    ],
)
def test_faults_of_wav_files_name_the_file(content: bytes, why: str) -> None:
    with pytest.raises(DataError, match=rf"^a/x\.wav: .*({why})"):
        read(content, "a/x.wav")


def test_a_damaged_wav_file_is_read_or_told() -> None:
    for end in range(0, 60):
        with pytest.raises(DataError):
            read(WHOLE[:end], "x.wav")
    for place in range(44):
        for value in (0, 1, 255):
            told: list[str] = []
            try:
                told.append("whole" * len(read(WHOLE[:place] + bytes([value]) + WHOLE[place + 1 :], "x.wav").samples))
            except DataError as error:
                told.append(str(error))
            assert told[0]
            assert "\n" not in told[0]


def slow(samples: np.ndarray, rate: int, width: int, hop: int, mels: int, coefficients: int) -> tuple[Any, Any]:
    """Log-mel energies and cepstra as the papers write them, one number at a time."""
    size = 1
    while size < width:
        size *= 2
    top = 2595 * np.log10(1 + rate / 2 / 700)
    edges = [top * k / (mels + 1) for k in range(mels + 2)]
    log_mel, cepstra = [], []
    for begin in range(0, len(samples) - width + 1, hop):
        frame = samples[begin : begin + width]
        frame = frame - frame.sum() / width
        energies = [0.0] * mels
        for bin in range(size // 2 + 1):
            turned = sum(
                frame[n] * (0.5 - 0.5 * np.cos(2 * np.pi * n / width)) * np.exp(-2j * np.pi * bin * n / size)
                for n in range(width)
            )
            m = 2595 * np.log10(1 + bin * rate / size / 700)
            for k in range(mels):
                low, middle, high = edges[k : k + 3]
                if low < m < high:
                    side = (m - low) / (middle - low) if m <= middle else (high - m) / (high - middle)
                    energies[k] += side * abs(turned) ** 2
        log_mel.append([np.log(max(energy, FLOOR)) for energy in energies])
        cepstra.append(
            [
                np.sqrt((1 if i == 0 else 2) / mels)
                * sum(x * np.cos(np.pi * i * (k + 0.5) / mels) for k, x in enumerate(log_mel[-1]))
                for i in range(coefficients)
            ]
        )
    return np.array(log_mel), np.array(cepstra)


def test_features_are_those_of_the_papers() -> None:
    samples = RNG.uniform(-0.3, 0.3, 190) + 0.1
    log_mel, cepstra = slow(samples, 4000, 40, 20, 10, 6)
    given = {"window_ms": 10.0, "hop_ms": 5.0, "mels": 10, "coefficients": 6}
    np.testing.assert_allclose(Features(**given).of(samples, 4000), log_mel, rtol=1e-5, atol=1e-5)
    found = Features(features="mfcc", deltas=2, **given).of(samples, 4000)
    np.testing.assert_allclose(found[:, :6], cepstra, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(
        found[:, :6], scipy.fft.dct(log_mel, type=2, norm="ortho", axis=1)[:, :6], rtol=1e-5, atol=1e-5
    )
    # The slope of the least-squares line through five frames.
    far = np.pad(cepstra, ((2, 2), (0, 0)), mode="edge")
    lines = [np.polyfit([-2, -1, 0, 1, 2], far[t : t + 5], 1)[0] for t in range(len(cepstra))]
    np.testing.assert_allclose(found[:, 6:12], lines, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(found[:, 12:], slopes(np.array(lines)), rtol=1e-4, atol=1e-5)


def test_a_tone_is_heard_where_it_is() -> None:
    settings = Features()
    for hertz in (300, 1000, 3000):
        loudest = settings.of(tone(hertz, 0.5), 8000).argmax(axis=1)
        middle = 2595 * np.log10(1 + hertz / 700) / (2595 * np.log10(1 + 4000 / 700)) * 41
        assert set(loudest + 1) <= {int(np.floor(middle)), int(np.ceil(middle))}
    filters = mel_filters(8000, 256, 40)
    assert filters.shape == (40, 129)
    # Between the first middle and the last the sides of two neighbours add up to one.
    inside = (filters.argmax(axis=0) > 0) & (filters.argmax(axis=0) < 39)
    np.testing.assert_allclose(filters[:, inside].sum(axis=0), 1.0, rtol=1e-9)


def test_frames_and_settings() -> None:
    one = Features(features="mfcc", deltas=1)
    assert [len(one.of(np.zeros(n), 8000)) for n in (1, 199, 200, 279, 280, 1000)] == [1, 1, 1, 1, 2, 11]
    assert np.isfinite(one.of(np.zeros(300), 8000)).all()
    assert len(one.channels) == one.of(np.zeros(300), 8000).shape[1] == 26
    assert one.channels[0] == "mfcc 0"
    assert one.channels[13] == "delta mfcc 0"
    assert fft_size(200) == fft_size(256) == 256
    for fields, why in (
        ({"features": "mfcc", "mels": 12}, "coefficients=13 are more than mels=12"),
        ({"hop_ms": 30.0}, "what lies between frames is lost"),
    ):
        with pytest.raises(ValueError, match=why):
            Features(**fields).check()
    with pytest.raises(ConfigError, match=r"data.mels=200: filter \d+ lies between two frequencies of 200 samples at"):
        Features(mels=200).of(np.zeros(300), 8000)


def test_another_rate_is_the_same_sound() -> None:
    x, y = tone(700, 0.5, 16000), tone(700, 0.5, 8000)
    np.testing.assert_allclose(resampled(x, 16000, 8000)[200:-200], y[200:-200], atol=2e-3)
    assert resampled(y, 8000, 8000) is y
    high = resampled(tone(6000, 0.5, 16000), 16000, 8000)
    assert np.abs(high[200:-200]).max() < 0.02


def test_what_was_computed_is_kept_and_damage_is_noticed(paths: DataPaths) -> None:
    made = [RNG.standard_normal((t, 3)).astype(np.float32) for t in (4, 1, 6)]
    calls = []

    def make() -> Iterator[np.ndarray]:
        calls.append(1)
        yield from made

    for held in (None, 0):
        at = DataPaths(data_dir=None, cache_dir=paths.cache_dir, held=held)
        found = computed(at, "mine", "ab" * 32, make)
        assert in_file(found.flat) == (held == 0)
        for one, other in zip(found, made, strict=True):
            np.testing.assert_array_equal(one, other)
    assert len(calls) == 1
    computed(paths, "mine", "cd" * 32, make)
    assert len(calls) == 2
    folder = paths.cache_dir / "computed" / ("ab" * 16)
    whole = (folder / "values").read_bytes()
    for name, content in (("values", whole[:-4]), ("values", b"1" + whole[1:]), ("told.json", b"{")):
        (folder / "values").write_bytes(whole)
        (folder / name).write_bytes(content)
        with pytest.raises(DataError, match="what was computed of mine is damaged; remove the folder"):
            computed(paths, "mine", "ab" * 32, make)
    (folder / "told.json").unlink()  # as when it was killed
    computed(paths, "mine", "ab" * 32, make)
    assert json.loads((folder / "told.json").read_text())["length"] == [4, 1, 6]


def test_a_fault_while_computing_leaves_nothing(paths: DataPaths) -> None:
    def make() -> Iterator[np.ndarray]:
        yield np.zeros((1, 1), np.float32)
        raise DataError("x.wav: no")

    with pytest.raises(DataError, match=r"x\.wav: no"):
        computed(paths, "mine", "ab" * 32, make)
    assert [path.name for path in (paths.cache_dir / "computed").iterdir()] == [f".{'ab' * 16}.lock"]


def test_a_folder_for_each_class(tmp_path: Path, paths: DataPaths) -> None:
    config = wav_folder.Config(path=str(folder(tmp_path / "sounds")))
    (tmp_path / "sounds" / "low" / ".DS_Store").write_bytes(b"")
    data = config.load(paths)
    assert (data.classes, len(data.channels), data.facts) == (("high", "low"), 40, {"rate": 8000})
    assert [len(part.values) for part in (data.train, data.valid, data.test)] == [28, 4, 8]
    for part in (data.train, data.valid, data.test):
        assert np.ptp(np.bincount(part.answers)) == 0
        for name, answer, values in zip(part.names, part.answers, part.values, strict=True):
            assert name.startswith(("high/", "low/")[answer])
            content = (tmp_path / "sounds" / name).read_bytes()
            np.testing.assert_array_equal(values, config.of(read(content, name).mono(), 8000))
    assert data.told.endswith("40 recordings of 2 classes at 8,000 Hz: 28 train, 4 valid, 8 test")
    assert config.load(paths).digest == data.digest
    (tmp_path / "sounds" / "low" / "ann_0.wav").write_bytes(wav(tone(310)))
    assert config.load(paths).digest != data.digest


def test_nobody_is_in_two_splits(tmp_path: Path, paths: DataPaths) -> None:
    at = str(folder(tmp_path / "sounds"))
    data = wav_folder.Config(path=at, speaker_from="^([a-z]+)_", valid=0.2, test=0.2).load(paths)
    who = [{name.split("/")[1].split("_")[0] for name in part.names} for part in (data.train, data.valid, data.test)]
    assert list(map(len, who)) == [3, 1, 1]
    assert len(set.union(*who)) == 5
    with pytest.raises(DataError, match=r"ann_0\.wav: data.speaker_from='\(\[0-9\]\+\)x' finds no speaker"):
        wav_folder.Config(path=at, speaker_from="([0-9]+)x").load(paths)
    for pattern, why in (("([a-z", "no regular expression"), ("[a-z]+", "has no group")):
        with pytest.raises(ValueError, match=why):
            wav_folder.Config(path=at, speaker_from=pattern).check()


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("low/x.mp3", b"ID3", r"low/x\.mp3: is no wav file; convert it to PCM wav, or move it elsewhere"),
        ("low/x.wav", b"ID3", r"low/x\.wav: is no wav file; save it as 16 bit PCM"),
        ("x.wav", WHOLE, r"x\.wav: lies beside the folders of classes"),
        ("low/more/x.wav", WHOLE, r"low/more: is no wav file"),
        ("low/x.wav", wav(tone(99), rate=16000), r"low/x\.wav: 16,000 Hz, and 8,000 Hz in .*; bring all to one rate"),
        ("odd/x.wav", WHOLE, r"class 'odd' is not in train|"),
    ],
)
def test_faults_of_folders_name_the_file(tmp_path: Path, paths: DataPaths, name: str, content: bytes, why: str) -> None:
    at = folder(tmp_path / "sounds", 5)
    (at / name).parent.mkdir(exist_ok=True)
    (at / name).write_bytes(content)
    config = wav_folder.Config(path=str(at), valid=0.2)
    if name.startswith("odd"):  # one of a class alone stays in train
        assert "odd/x.wav" in config.load(paths).train.names
        return
    with pytest.raises(DataError, match=why):
        config.load(paths)


def test_new_recordings_are_heard_as_those_of_the_run(tmp_path: Path, paths: DataPaths) -> None:
    config = wav_folder.Config(path=str(folder(tmp_path / "sounds")), features="mfcc", deltas=1)
    data = config.load(paths)
    told = json.loads(json.dumps(data.described))
    one = config.load_new(tmp_path / "sounds" / "low" / data.train.names[-1].split("/")[1], told)
    assert (one.test.answers.tolist(), one.told, one.channels) == ([-1], "", data.channels)
    np.testing.assert_array_equal(one.test.values[0], data.train.values[len(data.train.values) - 1])
    other = folder(tmp_path / "new", 2, rate=16000)
    (other / "odd").mkdir()
    (other / "odd" / "x.wav").write_bytes(WHOLE)
    new = config.load_new(other, told)
    assert new.test.names[-1] == "odd/x.wav"
    assert new.test.answers.tolist() == [0, 0, 1, 1, -1]
    assert new.told == "4 of 5 recordings resampled from 16,000 to 8,000 Hz"
    with pytest.raises(ConfigError, match="gone: no such file or folder"):
        config.load_new(tmp_path / "gone", told)
    with pytest.raises(ConfigError, match=r"data.path: 'gone' is no folder"):
        wav_folder.Config(path="gone").load(paths)
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="holds no wav file"):
        config.load_new(tmp_path / "empty", told)
