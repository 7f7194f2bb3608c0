"""How the members of a population share the devices.

Measured on CPU (docs/design.md): under `lax.map`, also inside `shard_map` over host devices, a member is bit for bit
the same run at any population size and position; under `vmap` the last bits depend on the size. So the default on CPU
is `sharded_map`, and `vmap` is for tiny models and for GPUs, where a loop over members would leave the device idle.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import jax
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from lstm_research.types import ResourceError

SMALL = 50_000
"""Work up to which a population of four members a device or more is faster under `vmap` on CPU: there XLA's entering a
kernel for each member costs more than what the kernel does. `make bench` shows both sides of it: s, 27,000, is twice as
fast under `vmap`; at f, 341,000, nothing separates them."""


@dataclass(frozen=True)
class Layout:
    """`kind` is map, vmap, sharded_map or sharded_vmap; `devices` is 1 unless sharded."""

    kind: str
    devices: int
    platform: str

    @property
    def mesh(self) -> Mesh:
        """The devices, as one axis named p. Raises ResourceError where there are fewer: bits depend on their number."""
        here = _devices(self.platform)
        if len(here) < self.devices:
            raise ResourceError(
                f"a population laid out as {self.kind} over {self.devices} {self.platform} devices, but {len(here)} "
                f"here: its numbers would change. Go on where there are {self.devices} "
                f"(JAX_NUM_CPU_DEVICES={self.devices} makes CPU devices), or start again: `lstm-research runs clean`"
            )
        return Mesh(np.array(here[: self.devices]), ("p",))

    @property
    def where(self) -> NamedSharding:
        """Where arrays stacked on axis p live: asked of every function that gives a state, or the next one is compiled
        twice, for the state of the first call and for all later ones.
        """
        return NamedSharding(self.mesh, PartitionSpec("p"))

    @property
    def unbatched(self) -> "Layout":
        """The same devices, with the members of each one after another."""
        return replace(self, kind=self.kind.replace("vmap", "map"))

    def padded(self, members: int) -> int:
        """Members after filling up to a multiple of the devices."""
        return math.ceil(members / self.devices) * self.devices

    def over_members(self, function: Callable[..., Any], shared: int = 0) -> Callable[..., Any]:
        """`function(*stacked, *shared)` for every member.

        Args:
          shared: how many arguments, the last ones, all members share; those before are stacked on axis p.
        """

        def run(*args: Any) -> Any:
            stacked, common = args[: len(args) - shared], args[len(args) - shared :]
            if self.kind.endswith("vmap"):
                return jax.vmap(lambda *member: function(*member, *common))(*stacked)
            return jax.lax.map(lambda member: function(*member, *common), stacked)

        if not self.kind.startswith("sharded"):
            return run
        member, whole = PartitionSpec("p"), PartitionSpec()

        def sharded(*args: Any) -> Any:
            specs = (member,) * (len(args) - shared) + (whole,) * shared
            return jax.shard_map(run, mesh=self.mesh, in_specs=specs, out_specs=member, check_vma=False)(*args)

        return sharded

    def place_members(self, tree: Any) -> Any:
        """Put arrays stacked on axis p where their members live."""
        return jax.device_put(tree, self.where)

    def place_shared(self, tree: Any) -> Any:
        """Put arrays that all members read on every device."""
        return jax.device_put(tree, NamedSharding(self.mesh, PartitionSpec()))


def choose(requested: str, device: str, members: int, work: int, *, bucketed: bool = False) -> Layout:
    """The layout for a population.

    Args:
      requested: a kind, or "auto".
      device: "auto", "cpu", "gpu" or "tpu".
      members: size of the population.
      work: parameters of one member times rows of its training batch; decides when `vmap` pays on CPU.
      bucketed: whether batches come in several shapes: under `vmap` all of them would be computed for every batch.

    Raises:
      ResourceError: there is no such device here.
    """
    platform = jax.default_backend() if device == "auto" else device
    available = len(_devices(platform))
    kind = requested
    if requested == "auto":
        per_device = math.ceil(members / available)
        pays = platform != "cpu" or (work <= SMALL and per_device >= 4)
        crowd = "vmap" if pays and not bucketed else "map"
        kind = f"sharded_{crowd}" if available > 1 and members > 1 else crowd
    return Layout(kind, min(available, members) if kind.startswith("sharded") else 1, platform)


def _devices(platform: str) -> list[jax.Device]:
    try:
        return jax.devices(platform)
    except (RuntimeError, AssertionError) as error:  # the latter where JAX was told to look for no other kind
        raise ResourceError(f"execution.device: no {platform} here; use execution.device=cpu, or auto") from error
