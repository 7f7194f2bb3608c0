"""The libraries measured beside ours, each in its own file; none of them is needed to import this one."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from benchmarks.shapes import Weights


@dataclass(frozen=True)
class Stack:
    """Layers of a JAX library with the weights given."""

    params: Any
    apply: Callable[[Any, Any], Any]
    """(params, xs [t b d]) -> h of the last layer [t b h]; [b t d] and [b t h] where batch_major."""
    named: Callable[[Any], list[Weights]]
    """A pytree like `params`, of weights or gradients, as ours of every layer."""
    batch_major: bool = False


@dataclass(frozen=True)
class Side:
    """A library and its cell."""

    name: str
    package: str
    """What must be installed; "" for ours."""
    module: str
    """The file that builds it."""
    kind: str = ""
    """Which of the library's cells."""

    @property
    def here(self) -> bool:
        """Whether it can be measured."""
        return not self.package or find_spec(self.package) is not None


OURS = Side("ours", "", "ours")
TORCH = Side("torch.nn", "torch", "torch_nn")
_FLAX = {"lstm": ("OptimizedLSTMCell", "LSTMCell"), "gru": ("GRUCell",), "rnn": ("SimpleCell",)}


def sides(cell: str, platform: str = "cpu") -> list[Side]:
    """Ours first, then every peer that has this cell: of the same equations, or its values could not be compared.

    For "cuda": those with a kernel of their own there, and Flax.
    """
    found = [OURS, TORCH]
    if platform == "cuda" and cell == "lstm":
        found.append(Side("jax.experimental.rnn", "jax", "jax_cudnn"))
    found += [Side(f"nnx.{kind}", "flax", "flax_nnx", kind) for kind in _FLAX[cell]]
    found += [Side(f"linen.{kind}", "flax", "flax_linen", kind) for kind in _FLAX[cell]]
    if platform == "cuda":
        return found
    found.append(Side("keras (JAX)", "keras", "keras_jax"))
    if cell == "lstm":  # Haiku resets a GRU before the recurrent product, and its plain network uses relu
        found.append(Side("haiku", "haiku", "haiku_core"))
    if cell != "rnn":
        found.append(Side("equinox", "equinox", "equinox_nn"))
    return found


def installed(cell: str, platform: str, tell: Callable[[str], None]) -> list[Side]:
    """Those of `sides` that are installed; the others are told."""
    found = sides(cell, platform)
    for side in found:
        if not side.here:
            tell(f"{side.name}: {side.package} is not installed, left out (make bench-peers installs it)")
    return [side for side in found if side.here]
