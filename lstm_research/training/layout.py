"""How the members of a population share the devices.

Measured on CPU (docs/design.md): under `lax.map`, also inside `shard_map` over host devices, a member is bit for bit
the same run at any population size and position; under `vmap` the last bits depend on the size. So the default on CPU
is `sharded_map`, and `vmap` is for tiny models and for GPUs, where a loop over members would leave the device idle.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from lstm_research.types import ResourceError


@dataclass(frozen=True)
class Layout:
    """`kind` is map, vmap, sharded_map or sharded_vmap; `devices` is 1 unless sharded."""

    kind: str
    devices: int
    platform: str

    @property
    def mesh(self) -> Mesh:
        """The devices, as one axis named p."""
        return Mesh(np.array(jax.devices(self.platform)[: self.devices]), ("p",))

    def padded(self, members: int) -> int:
        """Members after filling up to a multiple of the devices."""
        return math.ceil(members / self.devices) * self.devices

    def over_members(self, function: Callable[..., Any], shared: int = 0) -> Callable[..., Any]:
        """`function(*stacked, *shared)` for every member: arguments stacked on axis p first, the last `shared` ones as
        they are."""

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
        return jax.device_put(tree, NamedSharding(self.mesh, PartitionSpec("p")))

    def place_shared(self, tree: Any) -> Any:
        """Put arrays that all members read on every device."""
        return jax.device_put(tree, NamedSharding(self.mesh, PartitionSpec()))


def choose(requested: str, device: str, members: int, parameters: int) -> Layout:
    """The layout for a population.

    Args:
      requested: a kind, or "auto".
      device: "auto", "cpu", "gpu" or "tpu".
      members: size of the population.
      parameters: of one member; decides when `vmap` pays on CPU (up to some 2,000, four members or more).
    """
    platform = jax.default_backend() if device == "auto" else device
    try:
        available = len(jax.devices(platform))
    except RuntimeError as error:
        have = ", ".join(sorted({d.platform for d in jax.devices()}))
        raise ResourceError(f"execution.device: no {platform} here (found: {have}); use execution.device={have}") from error
    kind = requested
    if requested == "auto":
        per_device = math.ceil(members / available)
        crowd = "vmap" if platform != "cpu" or (parameters <= 2000 and per_device >= 4) else "map"
        kind = f"sharded_{crowd}" if available > 1 and members > 1 else crowd
    return Layout(kind, min(available, members) if kind.startswith("sharded") else 1, platform)
