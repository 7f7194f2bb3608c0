"""What builders of labelled texts share: an example is a text and its class."""

from typing import Any

import tensorflow_datasets as tfds

from lstm_research.data.archives import Content
from lstm_research.types import DataError


def text_features() -> dict[str, Any]:
    """text; label."""
    return {"text": tfds.features.Text(), "label": tfds.features.Text()}


def split_lines(content: Content, name: str, mark: str, encoding: str = "utf-8") -> list[tuple[str, str]]:
    """(label, text) of every line `label<mark>text`. Raises DataError for another form."""
    assert isinstance(content, bytes)
    found = []
    for number, line in enumerate(content.decode(encoding).splitlines(), 1):
        label, between, text = line.partition(mark)
        if not between or not text.strip():
            raise DataError(f"{name}:{number}: {line[:60]!r} is not a label and a text, with {mark!r} between")
        found.append((label, text.strip()))
    return found
