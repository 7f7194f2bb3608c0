"""TensorBoard event files in a population's folder, a run each (execution.tensorboard=true)."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from lstm_research.types import ConfigError


def writer(folder: Path) -> Callable[[int, dict[str, Any]], None]:
    """A function that takes (step, line of metrics.jsonl) and writes it to `folder/tensorboard/<run>`.

    Raises ConfigError where tensorboardX is not installed.
    """
    try:
        from tensorboardX import SummaryWriter
    except ImportError:
        raise ConfigError(
            "execution.tensorboard=true needs tensorboardX: pip install 'lstm-research[tensorboard]', or leave it out"
        ) from None
    writers: dict[str, Any] = {}

    def write(step: int, row: dict[str, Any]) -> None:
        run = row["run"]
        if run not in writers:
            writers[run] = SummaryWriter(str(folder / "tensorboard" / run), write_to_disk=True)
        values = {"train/loss": row["train_loss"], **{f"valid/{name}": value for name, value in row["valid"].items()}}
        for name, value in values.items():
            if value is not None:
                writers[run].add_scalar(name, value, step)
        writers[run].flush()

    return write
