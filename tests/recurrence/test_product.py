"""The product over all steps: the gradients of `@`, and a batch split over devices stays split."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from lstm_research.recurrence import product
from lstm_research.recurrence.product import matrix_gradient


def arrays(*axes: int) -> tuple[jax.Array, jax.Array]:
    random = np.random.default_rng(0)
    return jnp.asarray(random.normal(size=(*axes, 5))), jnp.asarray(random.normal(size=(5, 6)))


def loss(multiply, xs, matrix):
    return (jnp.sin(multiply(xs, matrix)) ** 2).mean()


@pytest.mark.parametrize("axes", [(7, 4), (4,), (0, 4), (1, 1)])
def test_value_and_gradients_are_those_of_matmul(axes: tuple[int, ...]) -> None:
    with jax.enable_x64(True):
        given = arrays(*axes)
        found, right = (
            jax.value_and_grad(lambda *given, one=one: one(*given).sum() if 0 in axes else loss(one, *given), (0, 1))(
                *given
            )
            for one in (product, jnp.matmul)
        )
    jax.tree.map(lambda x, y: np.testing.assert_allclose(x, y, rtol=1e-12, atol=1e-15), found, right)


def test_under_vmap_with_a_shared_input() -> None:
    with jax.enable_x64(True):
        xs, matrix = arrays(7, 4)
        found, right = (
            jax.vmap(jax.grad(lambda m, one=one: loss(one, xs, m)))(jnp.stack([matrix, 2 * matrix]))
            for one in (product, jnp.matmul)
        )
    np.testing.assert_allclose(found, right, rtol=1e-12)


def gathers(gradient) -> bool:
    """Whether the program that XLA makes for a batch over two devices collects it on each of them."""
    mesh = Mesh(np.array(jax.devices()[:2]), ("b",))
    split = NamedSharding(mesh, PartitionSpec(None, "b"))
    arguments = [jax.ShapeDtypeStruct((7, 4, width), jnp.float32, sharding=split) for width in (5, 6)]
    text = jax.jit(gradient).lower(*arguments).compile().as_text()
    return "all-gather" in text or "all-to-all" in text


def test_a_batch_over_devices_stays_there() -> None:
    def merged(xs, dys):
        return xs.reshape(-1, 5).T @ dys.reshape(-1, 6)

    assert gathers(merged)
    assert not gathers(matrix_gradient)
