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

from lstm_research.recurrence import Batch
from lstm_research.training import hosts
from lstm_research.types import ResourceError

SMALL = 50_000
"""Work up to which a population of four members a device or more is faster under `vmap` on CPU: there XLA's entering a
kernel for each member costs more than what the kernel does. `make bench` shows both sides of it: s, 27,000, is twice as
fast under `vmap`; at f, 341,000, nothing separates them."""


@dataclass(frozen=True)
class Layout:
    """`kind` is map, vmap, sharded_map, sharded_vmap or sharded_batch; `devices` is 1 unless sharded. The last one
    divides the rows of every batch instead of the members, for one large run on several devices.
    """

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
        return NamedSharding(self.mesh, PartitionSpec("p") if self.divides_members else PartitionSpec())

    @property
    def divides_members(self) -> bool:
        """Whether members live on several devices."""
        return self.kind.startswith("sharded") and self.kind != "sharded_batch"

    @property
    def unbatched(self) -> "Layout":
        """The same devices, with the members of each one after another."""
        return replace(self, kind=self.kind.replace("vmap", "map"))

    def padded(self, members: int) -> int:
        """Members after filling up to a multiple of the devices."""
        return math.ceil(members / self.devices) * self.devices if self.divides_members else members

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

        if not self.divides_members:
            return run
        member, whole = PartitionSpec("p"), PartitionSpec()

        def sharded(*args: Any) -> Any:
            specs = (member,) * (len(args) - shared) + (whole,) * shared
            return jax.shard_map(run, mesh=self.mesh, in_specs=specs, out_specs=member, check_vma=False)(*args)

        return sharded

    def spread(self, batch: Batch, *, per_step: bool) -> Batch:
        """A batch with its rows divided over the devices, where this layout does so and they can be: XLA then computes
        each row on one of them, and adds up gradients and sums over all.

        Args:
          per_step: whether its targets are time-major.
        """
        if self.kind != "sharded_batch" or len(batch.weight) % self.devices:
            return batch
        first = NamedSharding(self.mesh, PartitionSpec("p"))
        second = NamedSharding(self.mesh, PartitionSpec(None, "p"))

        def along(where: NamedSharding, tree: Any) -> Any:
            return jax.tree.map(lambda x: jax.lax.with_sharding_constraint(x, where), tree)

        return Batch(
            inputs=along(second, batch.inputs),
            targets=along(second if per_step else first, batch.targets),
            mask=along(second, batch.mask),
            reset=along(second, batch.reset),
            weight=along(first, batch.weight),
        )

    def place_members(self, tree: Any) -> Any:
        """Put arrays stacked on axis p where their members live."""
        return self._placed(tree, self.where)

    def place_shared(self, tree: Any) -> Any:
        """Put arrays that all members read on every device."""
        return self._placed(tree, NamedSharding(self.mesh, PartitionSpec()))

    def _placed(self, tree: Any, where: NamedSharding) -> Any:
        # What lies on a device of one process goes to those of others by way of its host.
        if hosts.several():
            tree = jax.tree.map(np.asarray, tree)
        return jax.device_put(tree, where)


def choose(requested: str, device: str, members: int, work: int, *, rows: int, bucketed: bool = False) -> Layout:
    """The layout for a population.

    Args:
      requested: a kind, or "auto".
      device: "auto", "cpu", "gpu" or "tpu".
      members: size of the population.
      work: parameters of one member times rows of its training batch; decides when `vmap` pays on CPU.
      rows: of a training batch.
      bucketed: whether batches come in several shapes: under `vmap` all of them would be computed for every batch.

    Raises:
      ResourceError: there is no such device here.
    """
    platform = jax.default_backend() if device == "auto" else device
    available = len(_devices(platform))
    kind, several = requested, hosts.several()
    if kind == "sharded_batch":
        devices = max(n for n in range(1, available + 1) if rows % n == 0)
        if several and devices < available:
            raise ResourceError(
                f"execution.layout=sharded_batch: training.batch={rows} cannot be divided over the {available} devices "
                f"of {jax.process_count()} processes; give a multiple of {available}"
            )
        return Layout(kind, devices, platform)
    if requested == "auto":
        per_device = math.ceil(members / available)
        pays = platform != "cpu" or (work <= SMALL and per_device >= 4)
        crowd = "vmap" if pays and not bucketed else "map"
        kind = f"sharded_{crowd}" if several or (available > 1 and members > 1) else crowd
    if several and not kind.startswith("sharded"):
        raise ResourceError(
            f"execution.layout={requested} is for one device, and there are {available} of {jax.process_count()} "
            "processes; runs share them under sharded_map and sharded_vmap, and one run divides its batches under "
            "sharded_batch"
        )
    # Every process has a part: what is missing is filled up.
    most = available if several else min(available, members)
    return Layout(kind, most if kind.startswith("sharded") else 1, platform)


def _devices(platform: str) -> list[jax.Device]:
    try:
        return jax.devices(platform)
    except (RuntimeError, AssertionError) as error:  # the latter where JAX was told to look for no other kind
        raise ResourceError(f"execution.device: no {platform} here; use execution.device=cpu, or auto") from error
