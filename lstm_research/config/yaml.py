"""A strict reader for YAML 1.2: plain mappings, lists and scalars, each with the line it came from.

Refused, since they are mistakes or attacks in a config: two equal keys, tabs in the indentation, anchors, aliases,
tags, directives, several documents, a top that is no mapping, keys that are not strings, `012` and `1_000`, a file of
more than 64 KiB, nesting deeper than 32. `1e-3` is a number; `no`, `on` and `12:30:45` are strings. A UTF-8 byte order
mark is skipped.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lstm_research.types import ConfigError

Keys = tuple[str, ...]

_MOST_BYTES = 2**16
_MOST_DEPTH = 32

_NULL = {"", "~", "null", "Null", "NULL"}
_BOOL = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INT = re.compile(r"[-+]?[0-9]+")
_OTHER_BASE = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_SPECIAL = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_LEADING_ZERO = re.compile(r"[-+]?0[0-9][0-9.]*([eE][-+]?[0-9]+)?")
_UNDERSCORES = re.compile(r"[-+]?[0-9][0-9_.]*_[0-9_.]*([eE][-+]?[0-9]+)?")


@dataclass
class Document:
    """What a file says, and where: `places[("model", "cell")]` is 'configs/x.yaml:7'."""

    data: dict[str, Any]
    places: dict[Keys, str] = field(default_factory=dict)


def read(path: Path) -> Document:
    """The mapping in a YAML file. Raises ConfigError, one line with file and line."""
    name = _shown(path)
    try:
        with path.open("rb") as file:
            raw = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise ConfigError(f"{name}: cannot be read: {error.strerror or error}") from None
    if len(raw) > _MOST_BYTES:
        raise ConfigError(f"{name}: larger than 64 KiB; a config is some 40 lines: is this the right file?")
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ConfigError(f"{name}: encoded as UTF-16; save it as UTF-8")
    try:
        text = raw.removeprefix(b"\xef\xbb\xbf").decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{name}:{line}: not UTF-8 (byte {raw[error.start]:#04x}); save it as UTF-8") from None
    data, places = _Builder(text, name).document()
    if not isinstance(data, dict):
        found = "is empty" if data is None else f"holds {describe_value(data)}"
        raise ConfigError(f"{name}: the file {found}; a mapping is wanted, such as `task: {{kind: adding}}`")
    return Document(data, places)


def parse_value(text: str, place: str) -> Any:
    """The scalar, [list] or {mapping} that the right side of an override means. Raises ConfigError."""
    data, _ = _Builder(text, place, lines=False).document()
    return data


def describe_value(value: Any) -> str:
    """How an error names a value that was found: 'a list', `true`, "'abc'", 3."""
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "an empty list" if not value else "a list"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    text = repr(value)
    return text if len(text) <= 60 else text[:56] + " ..."


class _Builder:
    """Turns the parser's events into data. Never composes, so an alias is seen and refused, not expanded."""

    def __init__(self, text: str, name: str, lines: bool = True):
        self.text, self.name, self.lines = text, name, lines
        self.places: dict[Keys, str] = {}

    def place(self, line: int) -> str:
        """'file:line', with lines counted from 1, or just the name of an override."""
        return f"{self.name}:{line}" if self.lines else self.name

    def fail(self, event: Any, message: str) -> ConfigError:
        return ConfigError(f"{self.place(event.start_mark.line + 1)}: {message}")

    def document(self) -> tuple[Any, dict[Keys, str]]:
        """(data, places) of the only document."""
        from ruamel.yaml import YAML
        from ruamel.yaml.error import MarkedYAMLError, YAMLError

        for number, line in enumerate(self.text.split("\n"), start=1):
            if "\t" in line[: len(line) - len(line.lstrip())] and line.strip():
                raise ConfigError(f"{self.place(number)}: a tab in the indentation; use spaces")
        try:
            return self._only(YAML(typ="safe", pure=True).parse(self.text)), self.places
        except MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            problem = " ".join(f"{error.problem or error.context}".split())
            place = self.place(mark.line + 1) if mark else self.name
            raise ConfigError(f"{place}: not valid YAML: {problem}{_remedy(problem)}") from None
        except YAMLError as error:
            raise ConfigError(f"{self.name}: not valid YAML: {' '.join(str(error).split())[:200]}") from None

    def _only(self, events: Iterator[Any]) -> Any:
        data: Any = None
        documents = 0
        for event in events:
            kind = type(event).__name__
            if kind == "DocumentStartEvent":
                documents += 1
                if documents > 1:
                    raise self.fail(event, "a second document begins here; a config is one document: remove the `---`")
                if event.version or event.tags:
                    raise self.fail(event, "a %-directive; remove it, configs are YAML 1.2")
            elif kind not in ("StreamStartEvent", "StreamEndEvent", "DocumentEndEvent", "CommentEvent"):
                data = self._node(event, events, ())
        return data

    def _node(self, event: Any, events: Iterator[Any], keys: Keys) -> Any:
        kind = type(event).__name__
        if kind == "AliasEvent":
            raise self.fail(event, f"an alias *{event.anchor}; configs have none: write the value out, or use `base:`")
        if getattr(event, "anchor", None):
            raise self.fail(event, f"an anchor &{event.anchor}; configs have none: write the value out, or use `base:`")
        if getattr(event, "tag", None):
            raise self.fail(event, f"a tag {event.tag}; configs have none: remove it")
        if len(keys) > _MOST_DEPTH:
            raise self.fail(event, f"nested deeper than {_MOST_DEPTH}")
        if kind == "ScalarEvent":
            return self._scalar(event)
        if not self.lines and not event.flow_style:
            raise self.fail(event, "write a list as [a, b] and a mapping as {key: value}")
        if kind == "SequenceStartEvent":
            return self._sequence(events, keys)
        return self._mapping(events, keys)

    def _sequence(self, events: Iterator[Any], keys: Keys) -> list[Any]:
        items: list[Any] = []
        for event in events:
            if type(event).__name__ == "SequenceEndEvent":
                break
            inner = (*keys, str(len(items)))
            self.places[inner] = self.place(event.start_mark.line + 1)
            items.append(self._node(event, events, inner))
        return items

    def _mapping(self, events: Iterator[Any], keys: Keys) -> dict[str, Any]:
        data: dict[str, Any] = {}
        for event in events:
            if type(event).__name__ == "MappingEndEvent":
                break
            key = self._node(event, events, keys) if type(event).__name__ in ("ScalarEvent", "AliasEvent") else None
            if not isinstance(key, str) or not key:
                raise self.fail(event, f"the key {describe_value(key)} is not a word; keys are names of fields")
            inner = (*keys, key)
            if key in data:
                raise self.fail(event, f"{'.'.join(inner)}: stands twice, first at {self.places[inner]}; keep one")
            self.places[inner] = self.place(event.start_mark.line + 1)
            data[key] = None
            data[key] = self._node(next(events), events, inner)
        return data

    def _scalar(self, event: Any) -> Any:
        text = event.value
        if event.style in ("'", '"', "|", ">"):
            return text
        if text in _NULL:
            return None
        if text in _BOOL:
            return _BOOL[text]
        if _LEADING_ZERO.fullmatch(text):
            plain = re.sub(r"^([-+]?)0+(?=[0-9])", r"\1", text)
            octal = f", 0o{plain} for octal" if re.fullmatch("[0-7]+", plain) else ""
            raise self.fail(
                event, f"{text} begins with a zero; write {plain} for the number{octal}, or '{text}' for a string"
            )
        if _UNDERSCORES.fullmatch(text):
            raise self.fail(event, f"{text} would be a string; write {text.replace('_', '')}, or '{text}' for a string")
        if _INT.fullmatch(text) or _OTHER_BASE.fullmatch(text):
            if len(text) > 20 or not -(2**63) <= (number := int(text, 0)) < 2**63:
                raise self.fail(event, f"{describe_value(text)} does not fit in 64 bits")
            return number
        if _FLOAT.fullmatch(text):
            return float(text)
        if _SPECIAL.fullmatch(text):
            return float(text.replace(".", "", 1))
        return text


def _remedy(problem: str) -> str:
    """What to do about the parser's usual complaints."""
    if "mapping values are not allowed" in problem:
        return "; is the indentation right, and is a value with a colon quoted?"
    if "could not find expected ':'" in problem:
        return "; write `key: value`, with a space after the colon"
    if "cannot start any token" in problem:
        return "; put the value in quotes"
    return ""


def _shown(path: Path) -> str:
    """The path as short as it can be said from here."""
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(path)
