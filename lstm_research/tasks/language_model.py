"""Language modelling: the next character or word of a running text, from all that comes before it.

With characters, "to be" ("_" is a blank, "/" the end of a line):

    input   / t o _ b
    target  t o _ b e

Words are what stands between blanks, and a line's end is a word, `<eos>`. The vocabulary is that of train; what is not
in it is `<unk>`. The text of train, its `stretches` in a new order each epoch, is cut into as many rows as a batch has,
and the rows into windows of truncated backpropagation, the state handed on. Outputs are logits of the vocabulary.

Loss and `nll`: cross-entropy of a token, in nats. `bits_per_character`: the same in bits, over the characters of the
tokens (a word's, and one blank or line end). `perplexity`: exp of the mean nll. `unknown`: share of `<unk>` among the
tokens. Every token of a split counts once.

Evaluation reads a split in `stretches` consecutive parts, side by side, each from the initial state: what is reported
depends neither on the batch nor on the window.

Chance: all tokens alike, nll = log v, perplexity v.

References: Mikolov et al., Recurrent neural network based language model, Interspeech 2010; Zaremba, Sutskever &
  Vinyals, arXiv:1409.2329, section 4.1 (windows, state handed on); Merity et al., arXiv:1609.07843 (`<unk>`, `<eos>`).
"""

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from math import log
from typing import Annotated, Any, ClassVar, Literal

import jax.numpy as jnp
import numpy as np
from annotated_types import Ge
from jaxtyping import Array, Float

from lstm_research import metrics
from lstm_research.data.running_text import RunningText
from lstm_research.data.vocabulary import UNKNOWN, by_use
from lstm_research.recurrence import Batch
from lstm_research.tasks.base import Spec, Split
from lstm_research.tasks.source import Source
from lstm_research.tasks.source.stream import Stream
from lstm_research.types import ConfigError, Sum

END = "<eos>"


@dataclass(frozen=True, kw_only=True)
class Config:
    """{kind: language_model, tokens: characters, window: 100}"""

    takes: ClassVar[str] = "running text"

    tokens: Literal["characters", "words"]
    """What is predicted: characters, or what stands between blanks, and line ends."""
    window: Annotated[int, Ge(1)]
    """Steps of truncated backpropagation."""
    min_count: Annotated[int, Ge(1)] = 1
    """Tokens seen less often in train are unknown."""
    stretches: Annotated[int, Ge(1)] = 64
    """Parts that a split is read in, and evaluation reads side by side; each begins without knowing what came before.
    """

    def build(self, data: RunningText) -> "LanguageModel":
        """The task on its text. Raises ConfigError where too little of it is left."""
        counts = Counter(split_up(data.train, self.tokens))
        # A text may hold the unknown token itself: Wikitext does.
        vocabulary = [UNKNOWN, *(token for token in by_use(counts, self.min_count) if token != UNKNOWN)]
        if len(vocabulary) < 3:
            raise ConfigError(f"task.min_count={self.min_count} leaves {len(vocabulary) - 1} tokens; lower it")
        return LanguageModel(self, data, {"vocabulary": vocabulary})

    def writer(self, fitted: dict[str, Any]) -> "LanguageModel":
        """The task of a finished run, to go on with a text: any data will do."""
        return LanguageModel(self, RunningText("x", "x", "x"), fitted)


class LanguageModel:
    """See the module's docstring. Outputs: logits, Float[t b v]."""

    baselines = ("chance", "ngram")

    def __init__(self, config: Config, data: RunningText, fitted: dict[str, Any]):
        self.config, self.data, self.fitted, self.digest = config, data, fitted, data.digest
        self.vocabulary: tuple[str, ...] = tuple(fitted["vocabulary"])
        self._place = {token: place for place, token in enumerate(self.vocabulary)}
        self._tokens: dict[str, np.ndarray] = {}
        self.start = self._place.get(END if config.tokens == "words" else "\n", 0)
        self.spec = Spec(
            inputs=len(self.vocabulary), tokens=True, outputs=len(self.vocabulary), per_step=True, select="nll",
            higher_is_better=False, causal=True, autoregressive=True,
        )  # fmt: skip

    def tokens(self, split: Split) -> np.ndarray:
        """int32[n]: those of a split."""
        if split not in self._tokens:
            self._tokens[split] = self._numbers(getattr(self.data, split))
        return self._tokens[split]

    def stretches(self, split: Split) -> list[np.ndarray]:
        """int32[t] each: the parts that evaluation reads a split in."""
        tokens = self.tokens(split)
        return np.array_split(tokens, min(self.config.stretches, len(tokens)))

    def source(self, split: Split, batch: int) -> Source:
        return Stream(self.stretches(split), batch, self.config.window, self.start)

    def loss(self, outputs: Float[Array, "t b v"], batch: Batch) -> Sum:
        return metrics.cross_entropy(outputs, batch.targets, metrics.steps(batch))

    def metrics(self, outputs: Float[Array, "t b v"], batch: Batch) -> dict[str, Sum]:
        counted, nll = metrics.steps(batch), self.loss(outputs, batch)
        characters = metrics.summed(jnp.take(jnp.asarray(self.sizes), batch.targets, mode="clip"), counted)
        return {
            "nll": nll,
            "bits_per_character": Sum(nll.total / log(2), characters.total),
            "unknown": metrics.summed((batch.targets == 0).astype(jnp.float32), counted),
        }

    def keep(self, outputs: Float[Array, "t b v"], batch: Batch) -> dict[str, Any]:
        counted = metrics.steps(batch)
        nats = jnp.where(counted, metrics.surprise(outputs, batch.targets, counted), 0.0)
        return {"nats": nats.sum(axis=0), "tokens": counted.sum(axis=0)}

    def whole(self, kept: dict[str, Any]) -> dict[str, float]:
        nats, tokens = (np.asarray(kept[name], np.float64).sum() for name in ("nats", "tokens"))
        return {"perplexity": float(np.exp(nats / tokens))}

    def chance(self) -> dict[str, float]:
        return {"nll": log(len(self.vocabulary)), "perplexity": float(len(self.vocabulary))}

    def read(self, text: str) -> np.ndarray:
        """int32[t]: a text after the token that stands before any."""
        return np.concatenate([np.array([self.start], np.int32), self._numbers(text, whole=False)])

    def written(self, tokens: np.ndarray) -> str:
        """The text that tokens mean."""
        found = [self.vocabulary[token] for token in tokens]
        if self.config.tokens == "characters":
            return "".join(found)
        return " ".join(found).replace(f" {END} ", "\n").replace(END, "\n")

    @cached_property
    def sizes(self) -> np.ndarray:
        """float32[v]: characters of each token."""
        if self.config.tokens == "characters":
            return np.ones(len(self.vocabulary), np.float32)
        return np.array([1 if token == END else len(token) + 1 for token in self.vocabulary], np.float32)

    def _numbers(self, text: str, *, whole: bool = True) -> np.ndarray:
        found = split_up(text, self.config.tokens)
        if not whole and found and found[-1] == END:
            found = found[:-1]  # a prompt ends where the text goes on
        return np.array([self._place.get(token, 0) for token in found], np.int32)


def split_up(text: str, tokens: str) -> list[str]:
    """The tokens of a text: its characters, or its words and line ends."""
    if tokens == "characters":
        return list(text)
    lines = text.split("\n")
    found = [token for line in lines[:-1] for token in (*line.split(), END)]
    return found + ([*lines[-1].split(), END] if lines[-1].strip() else [])
