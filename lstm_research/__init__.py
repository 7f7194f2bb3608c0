"""Fair comparisons of recurrent networks.

The names below are imported when first used, so that `import lstm_research` stays quick.
"""

import importlib
from typing import Any

_EXPORTS: dict[str, str] = {
    "GRU": "lstm_research.models.recurrent:GRU",
    "LSTM": "lstm_research.models.recurrent:LSTM",
    "RNN": "lstm_research.models.recurrent:RNN",
    "load": "lstm_research.config.load:load",
    "run": "lstm_research.launch.api:run",
}
"""Public name -> "module:attribute"; nothing else needs to be edited to export one more."""


def __getattr__(name: str) -> Any:
    """Import an exported name on first use (PEP 562) and keep it.

    Raises:
        AttributeError: no such export.
    """
    if name == "__version__":
        value: Any = importlib.import_module("importlib.metadata").version("lstm_research")
    elif name in _EXPORTS:
        module, _, attribute = _EXPORTS[name].partition(":")
        value = getattr(importlib.import_module(module), attribute)
    else:
        exports = ", ".join(sorted(_EXPORTS))
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}; it exports {exports}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_EXPORTS, "__version__"})
