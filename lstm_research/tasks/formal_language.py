"""Formal languages: does a network answer strings longer than any it was trained on?

A string is shown symbol by symbol. What is asked depends on the language (`languages/`): one answer after the last
symbol; an answer on each of the blanks after it; or, at every step, the set of symbols that may come next.

    parity    0 1 1 1          reverse   0 1 1 _ _ _          anbn   _  a   a   b  b
    answer    . . . 1          answer    . . . 1 1 0          answer a  ab  ab  b  T

Steps without an answer (.) count in neither loss nor metric. Training and validation draw lengths uniformly from
`train_lengths`; the test set has the same number of strings of each tested length. Strings of a few symbols cannot but
occur in training and validation alike.

Loss: cross-entropy of the answer; for a set, of each symbol by itself, summed over symbols. Metrics: `accuracy`, the
share of a string's answers that are right (of a set: every symbol on the right side of 1/2), averaged over strings, so
that each length counts the same, as published; `exact`, the share of strings without a wrong answer; on test also
`accuracy_41_80` and so on, by length.

Chance, on the tested lengths: the best answer that is the same at every step, see `languages/`. For dyck, stack
manipulation, binary addition and Reber grammars it is counted: on as many strings as the test set has, of the same
lengths, the most frequent answer.

References: Deletang et al., Neural Networks and the Chomsky Hierarchy, arXiv:2207.02098 (blanks, lengths 1-40, score by
  length); Walker et al., Structured Linear CDEs, arXiv:2505.17761, Table 2 (lengths up to 256); those in `languages/`.
"""

from dataclasses import dataclass
from typing import Annotated, Any

import jax
import jax.numpy as jnp
import numpy as np
from annotated_types import Ge, Le
from jaxtyping import Array, Bool, Float, Int, Key

from lstm_research import metrics
from lstm_research.recurrence import Batch
from lstm_research.tasks.base import Spec, Split
from lstm_research.tasks.languages import NOT_ASKED, Language, Name, language
from lstm_research.tasks.source import Source
from lstm_research.tasks.source.generated import Generated
from lstm_research.types import ConfigError, Sum


@dataclass(frozen=True, kw_only=True)
class Config:
    """{kind: formal_language, language: parity}"""

    language: Name
    """Which language."""
    k: Annotated[int, Ge(1), Le(8)] | None = None
    """Kinds of brackets, of `dyck` alone, where it is 2 by default."""
    train_lengths: tuple[Annotated[int, Ge(1)], Annotated[int, Ge(1)]] = (1, 40)
    """Shortest and longest string, in symbols, of training and validation."""
    test_lengths: tuple[Annotated[int, Ge(1)], Annotated[int, Ge(1)]] = (41, 256)
    """Shortest and longest string that is tested."""
    tested: Annotated[int, Ge(1)] = 24
    """Lengths that are tested, evenly spaced; all that the language has, where these are fewer."""
    bin: Annotated[int, Ge(1)] = 40
    """Test lengths that share one of the metrics by length."""
    n_valid: Annotated[int, Ge(1)] = 512
    """Strings in the fixed validation set."""
    n_test: Annotated[int, Ge(1)] = 1536
    """Strings in the fixed test set: the same number of each tested length."""

    def build(self, paths: Any) -> "FormalLanguage":
        """The task; `paths` is not used, since everything is generated. Raises ConfigError for lengths without any."""
        if self.k is not None and self.language != "dyck":
            raise ConfigError(f"task.k={self.k} is for task.language=dyck, not for {self.language}; leave it out")
        return FormalLanguage(self)

    def lengths(self, field: str, formal: Language) -> tuple[int, ...]:
        """The lengths that `train_lengths` or `test_lengths` allow. Raises ConfigError where there are none."""
        low, high = getattr(self, field)
        if not (found := formal.lengths(low, high)):
            every = "" if formal.every == 1 else f" and then every {formal.every}"
            raise ConfigError(
                f"task.{field}=[{low}, {high}]: {self.language} has no string of these lengths, but of "
                f"{formal.first}{every} and more; write the shortest length first"
            )
        return found


class FormalLanguage:
    """See the module's docstring. Outputs: logits, Float[t b c]."""

    digest = ""
    baselines = ("chance",)

    def __init__(self, config: Config):
        self._config = config
        self.language = formal = language(config.language, config.k or 2)
        self._trained = config.lengths("train_lengths", formal)
        there = config.lengths("test_lengths", formal)
        number = min(config.tested, len(there), config.n_test)
        if config.n_test % number:
            raise ConfigError(
                f"task.n_test={config.n_test}: not the same number of strings of each of {number} lengths; take a "
                f"multiple of {number}, or another task.tested"
            )
        self.tested = tuple(there[round(place)] for place in np.linspace(0, len(there) - 1, number))
        self.spec = Spec(
            inputs=len(formal.symbols), tokens=True, outputs=len(formal.answers), per_step=True,
            select="accuracy", higher_is_better=True, causal=formal.sets,
        )  # fmt: skip

    def source(self, split: Split, batch: int) -> Source:
        example = self._dealt if split == "test" else self._drawn
        examples = self._config.n_test if split == "test" else self._config.n_valid
        return Generated(example, split=split, batch=batch, examples=examples, per_step=True, numbered=True)

    def loss(self, outputs: Float[Array, "t b c"], batch: Batch) -> Sum:
        asked = _asked(batch)
        if self.language.sets:
            return metrics.binary_nll(outputs, self._members(batch.targets), asked)
        return metrics.cross_entropy(outputs, batch.targets, asked)

    def metrics(self, outputs: Float[Array, "t b c"], batch: Batch) -> dict[str, Sum]:
        share, rows = self._share(outputs, batch), metrics.rows(batch)
        return {
            "accuracy": metrics.summed(share, rows),
            "exact": metrics.summed((share == 1).astype(jnp.float32), rows),
        }

    def keep(self, outputs: Float[Array, "t b c"], batch: Batch) -> dict[str, Any]:
        blank = self.language.symbols.find("_")
        length = (batch.mask & (batch.inputs != blank)).sum(axis=0, dtype=jnp.int32)
        return {"share": self._share(outputs, batch), "length": length}

    def whole(self, kept: dict[str, Any]) -> dict[str, float]:
        """Accuracy by length, of the lengths that there are."""
        share, length = np.asarray(kept["share"], np.float64), np.asarray(kept["length"])
        low, high = self._config.test_lengths
        found = {}
        for begin in range(low, high + 1, self._config.bin):
            end = min(begin + self._config.bin - 1, high)
            inside = (begin <= length) & (length <= end)
            if inside.any():
                found[f"accuracy_{begin}_{end}"] = float(share[inside].mean())
        return found

    def chance(self) -> dict[str, float]:
        if self.language.chance is None:
            return self._counted()
        accuracy, exact = zip(*map(self.language.chance, self.tested), strict=True)
        return {"accuracy": float(np.mean(accuracy)), "exact": float(np.mean(exact))}

    def _counted(self) -> dict[str, float]:
        """Of every answer that occurs, given at every step: the best accuracy, and the best share of whole answers."""
        n = self._config.n_test
        source = Generated(self._dealt, split="train", batch=n, examples=n, per_step=True, numbered=True)
        targets = np.asarray(jax.jit(source.evaluation_batch)((), jnp.zeros((), jnp.int32)).targets)
        asked = targets != NOT_ASKED
        shares = [((targets == one) & asked).sum(axis=0) / asked.sum(axis=0) for one in np.unique(targets[asked])]
        return {
            "accuracy": max(float(share.mean()) for share in shares),
            "exact": max(float((share == 1).mean()) for share in shares),
        }

    def _share(self, outputs: Float[Array, "t b c"], batch: Batch) -> Float[Array, " b"]:
        """Of each row, the share of its answers that are right; 0 of a row that only fills."""
        asked = _asked(batch)
        if self.language.sets:
            right = ((outputs > 0) == (self._members(batch.targets) == 1)).all(axis=-1)
        else:
            right = jnp.argmax(outputs, axis=-1) == batch.targets
        # A NaN compares as no symbol would, and argmax takes it for the largest: neither is an answer.
        right = right & ~jnp.isnan(outputs).any(axis=-1) & asked
        return right.sum(axis=0) / jnp.maximum(asked.sum(axis=0), 1)

    def _members(self, targets: Int[Array, "t b"]) -> Int[Array, "t b c"]:
        """1 for each symbol in a set."""
        places = jnp.arange(self.spec.outputs, dtype=jnp.int32)
        return (targets[..., None] >> places[None, None, :]) & 1

    def _drawn(self, key: Key[Array, ""], row: Int[Array, ""]) -> tuple[Array, Array, Array]:
        length_key, string_key = jax.random.split(key)
        lengths = jnp.array(self._trained, jnp.int32)
        length = lengths[jax.random.randint(length_key, (), 0, len(lengths), jnp.int32)]
        inputs, targets, valid = self.language.write(string_key, length, self._trained[-1])
        return inputs, targets, valid

    def _dealt(self, key: Key[Array, ""], row: Int[Array, ""]) -> tuple[Array, Array, Array]:
        length = jnp.array(self.tested, jnp.int32)[row % len(self.tested)]
        inputs, targets, valid = self.language.write(key, length, self.tested[-1])
        return inputs, targets, valid


def _asked(batch: Batch) -> Bool[Array, "t b"]:
    return metrics.steps(batch) & (batch.targets != NOT_ASKED)
