"""`rolled`: forecasts further ahead than a network gives at once, by showing it its own."""

from collections.abc import Callable

import jax.numpy as jnp
from jaxtyping import Array, Float

from lstm_research.recurrence import Batch


def rolled(
    apply: Callable[[Batch], Float[Array, "b n"]],
    batch: Batch,
    horizon: int,
    columns: int,
    segment: int,
    relative: bool,
) -> Float[Array, "b m"]:
    """Forecasts of `horizon` steps from a network that forecasts n / columns of them, a whole number of segments.

    Each block stands in for what has not been seen yet: the context moves on by it. What is static stays.

    Args:
      apply: outputs of a batch.
      batch: windows, see `Windows`, in which all columns are forecast and nothing is known in advance.
      columns: series that are forecast together; the first so many inputs of every step.
      relative: inputs and outputs less the last value of the context.
    """
    steps, b, width = batch.inputs.shape
    flat = jnp.moveaxis(batch.inputs.reshape(steps, b, segment, width // segment), 2, 1)
    flat = flat.reshape(steps * segment, b, width // segment)
    seen, still = flat[..., :columns], flat[..., columns:]
    mask, level = batch.mask, jnp.zeros((b, columns), flat.dtype)
    found: list[Array] = []
    while sum(part.shape[1] for part in found) < horizon:
        inputs = jnp.concatenate([seen, still], axis=-1)
        parts = jnp.moveaxis(inputs.reshape(steps, segment, b, -1), 1, 2).reshape(steps, b, width)
        shown = jnp.where(mask[..., None], parts, jnp.zeros_like(parts))
        block = apply(batch._replace(inputs=shown, mask=mask)).reshape(b, -1, columns).astype(flat.dtype)
        # Relative outputs are from the last value of the context that was shown; ours are from that of the first.
        found.append(block + level[:, None])
        ahead = jnp.moveaxis(block, 1, 0)
        seen = jnp.concatenate([seen, ahead])[-steps * segment :]
        if relative:
            seen, level = seen - ahead[-1][None], level + ahead[-1]
        fresh = jnp.ones((block.shape[1] // segment, b), bool)
        mask = jnp.concatenate([mask, fresh])[-steps:]
    return jnp.concatenate(found, axis=1)[:, :horizon].reshape(b, -1)
