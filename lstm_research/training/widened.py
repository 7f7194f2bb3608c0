"""Runs of several hidden sizes in one program: all as wide as the widest, with units that are zero and stay zero.

From zero parameters a unit of `cell.widens` puts out zeros; whatever it is connected to is multiplied by zero, and no
parameter of its own gets a gradient. So the wide run is the narrow one, but for rounding, for more multiply-adds and
fewer compilations.
"""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np


def embedded(narrow: Any, wide: Any, hidden: int, wider: int) -> Any:
    """Parameters of a model of `hidden` units as those of one of `wider` units: zeros everywhere else.

    Args:
      narrow: arrays.
      wide: the shapes to fill, in the same structure.
    """

    def fill(small: Any, large: Any) -> Any:
        for axis, (have, want) in enumerate(zip(small.shape, large.shape, strict=True)):
            if have == want:
                continue
            # Gates, and directions, are blocks of `hidden` side by side; each is filled up by itself.
            blocks, rest = divmod(have, hidden)
            if rest or blocks * wider != want:
                raise ValueError(f"{small.shape} is not made of blocks of {hidden}, or {large.shape} not of {wider}")
            before, after = small.shape[:axis], small.shape[axis + 1 :]
            each = small.reshape(*before, blocks, hidden, *after)
            room = [(0, 0)] * each.ndim
            room[axis + 1] = (0, wider - hidden)
            small = jnp.pad(each, room).reshape(*before, want, *after)
        return small

    return jax.tree.map(fill, narrow, wide)


def narrowed(wide: Any, narrow: Any, wider: int, hidden: int) -> Any:
    """The inverse: parameters of `hidden` of `wider` units, for the shapes `narrow`. What does not fit stays as it is,
    another structure too.
    """

    def cut(large: Any, small: Any) -> Any:
        for axis, (have, want) in enumerate(zip(large.shape, small.shape, strict=False)):
            blocks, rest = divmod(have, wider)
            if have != want and not rest and blocks * hidden == want:
                before, after = large.shape[:axis], large.shape[axis + 1 :]
                each = large.reshape(*before, blocks, wider, *after)
                large = np.take(each, np.arange(hidden), axis=axis + 1).reshape(*before, want, *after)
        return large

    if str(jax.tree.structure(wide)) != str(jax.tree.structure(narrow)):
        return wide
    return jax.tree.map(cut, wide, narrow)
