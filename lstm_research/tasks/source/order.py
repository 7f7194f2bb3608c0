"""The order of examples in training: endless epochs, in each of which every example comes once."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Int, Key, UInt32

SORTED = 4096
"""Up to so many examples an order is a whole permutation at every update; of more, only the rows asked for."""

ROUNDS = 6


def epoch_rows(key: Key[Array, ""], step: Int[Array, ""], batch: int, n: int) -> Int[Array, " b"]:
    """Which of `n` examples update `step` takes: places step*batch .. of the epochs, one after another.

    Every batch is full, whatever the batch size; it may span the end of an epoch. Pure: all derives from (key, step).
    """
    # Place step * batch, as epoch and rank in it; the product itself could leave int32 in a long run.
    epoch, rank = _divmod_product(step, batch, n)
    ranks = rank + jnp.arange(batch, dtype=jnp.int32)
    if n <= SORTED:
        spanned = (batch + n - 2) // n + 1
        orders = jax.vmap(lambda e: jax.random.permutation(jax.random.fold_in(key, e), n))(
            epoch + jnp.arange(spanned, dtype=jnp.int32)
        )
        return jnp.take(orders.reshape(-1), ranks, mode="clip").astype(jnp.int32)
    keys = jax.vmap(lambda e: jax.random.key_data(jax.random.fold_in(key, e))[:2])(epoch + ranks // n)
    return jax.vmap(lambda k, i: _bijection(k, i, n))(keys.astype(jnp.uint32), ranks % n)


def _bijection(key: UInt32[Array, " 2"], rank: Int[Array, ""], n: int) -> Int[Array, ""]:
    """A permutation of 0 .. n-1 drawn by `key`, at one place.

    A Feistel network over the next even number of bits, walked until it falls below n: at most four times as many
    places as examples, so four rounds on average at worst (Black & Rogaway, Ciphers with arbitrary finite domains,
    CT-RSA 2002).
    """
    half = max(1, ((n - 1).bit_length() + 1) // 2)
    mask = jnp.uint32((1 << half) - 1)

    def once(place: Array) -> Array:
        left, right = place >> half, place & mask
        for number in range(ROUNDS):
            left, right = right, left ^ (_mixed(right + jnp.uint32(number) * key[1], key[0]) & mask)
        return (left << half) | right

    start = once(rank.astype(jnp.uint32))
    return jax.lax.while_loop(lambda place: place >= jnp.uint32(n), once, start).astype(jnp.int32)


def _mixed(x: Array, key: Array) -> Array:
    """The finaliser of MurmurHash3 (Appleby), between two additions of the key: every bit depends on all."""
    x = x * jnp.uint32(0x9E3779B1) + key
    x = (x ^ (x >> 16)) * jnp.uint32(0x85EBCA6B)
    x = (x ^ (x >> 13)) * jnp.uint32(0xC2B2AE35)
    return x ^ (x >> 16)


def _divmod_product(a: Int[Array, ""], b: int, n: int) -> tuple[Int[Array, ""], Int[Array, ""]]:
    """divmod(a * b, n) in int32, without forming a * b: a = u n + v gives a b = (u b) n + v b."""
    over = (a // n) * b
    rest = (a % n) * b
    return over + rest // n, rest % n
