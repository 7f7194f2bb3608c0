"""The same on a CUDA machine: `make bench-gpu`. Without one it says so, and does everything once on CPU at toy size.

Peers are torch with cuDNN, `jax.experimental.rnn` (cuDNN from JAX) and Flax; all in float32 without TF32. Neither
tensorflow-datasets nor anything that reads data files is imported.
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks import records, report
from benchmarks.__main__ import ROOT, section

SECTIONS = ("step", "inference", "loop", "sweep")
MINUTES = 8.0


def main() -> None:
    """All sections, the quicker ones with what time is left; then the page again."""
    asked = [sys.executable, "-c", "import jax; jax.devices('cuda')"]
    if subprocess.run(asked, capture_output=True, check=False).returncode:
        print(
            "no CUDA device that JAX can use here: a dry run on CPU at toy size, whose numbers are not kept", flush=True
        )
        with tempfile.TemporaryDirectory() as folder:
            for name in SECTIONS:
                section(name, Path(folder), toy=True, platform="cuda")
        print("the dry run is over: every side ran, and all agree", flush=True)
        return
    began = time.monotonic()
    for name in SECTIONS:
        if time.monotonic() - began > 60 * MINUTES * 0.8:
            print(f"{name}: left out, {MINUTES:g} minutes are nearly over", flush=True)
            continue
        section(name, records.RESULTS / "gpu", platform="cuda", device="cuda", rounds=5)
    report.write(records.RESULTS, ROOT / "docs")


if __name__ == "__main__":
    main()
