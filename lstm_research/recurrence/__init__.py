"""Running a recurrence through time: pure JAX, no Flax. `Batch` lives here, since masks and resets are its matter."""

from lstm_research.recurrence.batch import Answer, Batch, Pair
from lstm_research.recurrence.checkpointed import checkpointed
from lstm_research.recurrence.fused import fused
from lstm_research.recurrence.linear import linear
from lstm_research.recurrence.product import Multiply, affine, product
from lstm_research.recurrence.reference import reference

__all__ = ["Answer", "Batch", "Multiply", "Pair", "affine", "checkpointed", "fused", "linear", "product", "reference"]
