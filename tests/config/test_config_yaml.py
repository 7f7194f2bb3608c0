"""The strict reader: what YAML means here, and what it is not allowed to mean."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lstm_research.config.yaml import parse_value, read
from lstm_research.types import ConfigError


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 1e-3),
        ("-1.5E+2", -150.0),
        (".5", 0.5),
        ("3.", 3.0),
        ("0", 0),
        ("-7", -7),
        ("+7", 7),
        ("0x1F", 31),
        ("0o14", 12),
        ("0.01", 0.01),
        ("no", "no"),
        ("on", "on"),
        ("12:30:45", "12:30:45"),
        ("2001-01-01", "2001-01-01"),
        ("0:5", "0:5"),
        ("true", True),
        ("null", None),
        ("'012'", "012"),
        ('"a\\tb"', "a\tb"),
        ("[1, [2, x]]", [1, [2, "x"]]),
        ("{kind: gru, n: 1e3}", {"kind": "gru", "n": 1e3}),
        ("1.2.3", "1.2.3"),
    ],
)
def test_values(text: str, value: Any) -> None:
    found = parse_value(text, "override")
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ("a: 1\nb: 2\na: 3", "c.yaml:3: a: stands twice, first at c.yaml:1; keep one"),
        ("s:\n  b: 1\n  b: 1", "c.yaml:3: s.b: stands twice"),
        ("a:\n\tb: 1", "c.yaml:2: a tab in the indentation; use spaces"),
        ("a: 012", "c.yaml:1: 012 begins with a zero; write 12 for the number, 0o12 for octal, or '012' for a string"),
        ("a: 08", "c.yaml:1: 08 begins with a zero; write 8 for the number, or '08' for a string"),
        ("a: 00.5", "begins with a zero; write 0.5"),
        ("a: 1_000", "write 1000"),
        ("a: 99999999999999999999", "does not fit in 64 bits"),
        ("a: " + "9" * 5000, "does not fit in 64 bits"),
        ("a: &x 1\nb: *x", "c.yaml:1: an anchor &x; configs have none: write the value out, or use `base:`"),
        ("a: *x", "c.yaml:1: an alias *x"),
        ("a: !!python/object/apply:os.system [ls]", "c.yaml:1: a tag tag:yaml.org,2002:python/object/apply:os.system"),
        ("a: 1\n---\nb: 2", "c.yaml:2: a second document begins here"),
        ("%YAML 1.1\n---\na: 1", "a %-directive"),
        ("- 1\n- 2", "c.yaml: the file holds a list; a mapping is wanted"),
        ("just text", "c.yaml: the file holds 'just text'"),
        ("", "c.yaml: the file is empty"),
        ("1: a", "c.yaml:1: the key 1 is not a word"),
        ("true: a", "the key true is not a word"),
        ("[a]: b", "is not a word"),
        ("a: b: c", "c.yaml:1: not valid YAML: mapping values are not allowed here; is the indentation right"),
        ("a: [1, 2", "c.yaml:1: not valid YAML"),
        ("a: 1\nb", "c.yaml:2: not valid YAML"),
        ("a: @b", "put the value in quotes"),
        ("a: \x07", "c.yaml: not valid YAML"),
        ("a: " + "[" * 50 + "]" * 50, "nested deeper than 32"),
        ("a: " + "[" * 60_000, "nested deeper than 32"),
        (b"a: 1\nb: \xff", "c.yaml:2: not UTF-8 (byte 0xff)"),
        ("a: 1".encode("utf-16"), "c.yaml: encoded as UTF-16; save it as UTF-8"),
        (b"#" * (2**16 + 1), "c.yaml: larger than 64 KiB"),
    ],
)
def test_refused(raw: str | bytes, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("c.yaml").write_bytes(raw if isinstance(raw, bytes) else raw.encode())
    with pytest.raises(ConfigError) as caught:
        read(Path("c.yaml"))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_byte_order_mark_is_skipped_and_lines_are_kept(tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    file.write_bytes(b"\xef\xbb\xbf# paper\r\na: 1\r\nb:\r\n  c: [1,\r\n    2]\r\n")
    document = read(file)
    assert document.data == {"a": 1, "b": {"c": [1, 2]}}
    assert {".".join(keys): int(place.rpartition(":")[2]) for keys, place in document.places.items()} == {
        "a": 2, "b": 3, "b.c": 4, "b.c.0": 4, "b.c.1": 5,
    }  # fmt: skip


fragments = st.lists(
    st.sampled_from(
        ["a", ":", " ", "\n", "-", "[", "]", "{", "}", "'", '"', "&", "*", "!", "|", ">", "%", "#", ",", "0", "\t"]
    )
).map("".join)


@given(fragments | st.text())
def test_any_text_is_a_value_or_one_line_that_says_why(text: str) -> None:
    message = ""
    try:
        parse_value(text, "override")
    except ConfigError as error:
        message = str(error)
    assert "\n" not in message
