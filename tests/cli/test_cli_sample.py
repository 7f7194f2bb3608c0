"""`sample`: a text that the seed decides, and one line where it cannot be."""

import pytest

CONFIG = """\
# A text of one's own.
task: {kind: language_model, tokens: characters, window: 8, stretches: 2}
data: {kind: text_file, path: my.txt, valid: 0.2, test: 0.2}
model: {cell: {kind: gru, hidden: 8}, encoder: embedding, tied: true}
optimizer: {kind: adam, learning_rate: 0.1}
training: {steps: 60, batch: 4, eval_every: 30}
"""


@pytest.fixture
def run(lab, call):
    (lab / "configs" / "text.yaml").write_text(CONFIG)
    (lab / "my.txt").write_text("abc\n" * 100)
    code, out, err = call("run", "text")
    assert code == 0, err
    (lab / "my.txt").unlink()  # what a run writes needs no data
    return out.split()[0]


def test_a_run_goes_on_with_a_text(run, call):
    def text(*options):
        code, out, err = call("sample", run, *options)
        assert code == 0, err
        return out

    assert text("--prompt", "abc\na", "--tokens", "7", "--temperature", "0") == "abc\nabc\nabc\n\n"
    hot = text("--temperature", "3", "--tokens", "40")
    assert hot == text("--temperature", "3", "--tokens", "40")
    assert hot != text("--temperature", "3", "--tokens", "40", "--seed", "1")
    assert len(hot) == 41
    # A character that it never saw is read as the unknown one, and never written.
    assert "<unk>" not in text("--prompt", "xyz", "--temperature", "9", "--tokens", "50")


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--tokens", "0"), "--tokens 0: nothing to write"),
        (("--temperature", "-1"), "--temperature -1: give 0 or a positive number"),
        (("--seed", "-1"), "--seed -1: give a number from 0"),
    ],
)
def test_options_are_checked_first(lab, call, options, told):
    code, _, err = call("sample", "3f", *options)
    assert code == 2
    assert told in err


def test_what_looks_back_cannot_go_on(run, call, lab):
    (lab / "my.txt").write_text("abc\n" * 100)
    whole = call("run", "text", "model.cell.kind=tcn")[1].split()[0]
    code, _, err = call("sample", whole)
    assert code == 2
    assert "model.cell.kind=tcn cannot go on step by step" in err


def test_only_language_models_write(lab, call):
    run = call("run", "small")[1].split()[0]
    code, _, err = call("sample", run)
    assert code == 2
    assert "task.kind=adding writes nothing" in err


def test_tied_is_told_what_it_needs(lab, call):
    (lab / "configs" / "text.yaml").write_text(CONFIG)
    (lab / "my.txt").write_text("abc\n" * 100)
    for override, told in (
        ("model.encoder=none", "needs model.encoder=embedding"),
        ("model.encoder_size=5", "needs an encoder as wide as the last layer's output, 8; found model.encoder_size=5"),
    ):
        code, _, err = call("run", "text", override)
        assert code == 2
        assert told in err
    code, _, err = call("run", "text", "data.path=gone.txt")
    assert code == 2
    assert "data.path: file 'gone.txt' is not there" in err
