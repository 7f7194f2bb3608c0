"""The command: which sections, at what size, to which folder."""

import argparse
import datetime
import subprocess
import time
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from benchmarks import machine, records, report
from benchmarks.bench import Bench
from benchmarks.sections import SECTIONS
from benchmarks.turns import Field

ROOT = Path(__file__).parents[1]
ROUNDS = 9


def main() -> None:
    """Run sections, keep their numbers, and write the page again."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("sections", nargs="*", metavar="SECTION", help=f"of {', '.join(SECTIONS)}; by default all")
    parser.add_argument("--toy", action="store_true", help="everything once, at toy size: does it run?")
    parser.add_argument("--together", action="store_true", help="all sides in one process; prints, keeps nothing")
    parser.add_argument("--page", action="store_true", help="only write the page again, from the numbers at hand")
    parser.add_argument("--out", type=Path, help="folder for numbers and page instead of benchmarks/results and docs")
    options = parser.parse_args()
    if unknown := [name for name in options.sections if name not in SECTIONS]:
        parser.error(f"no section {unknown[0]!r}; there are {', '.join(SECTIONS)}")
    if (options.toy or options.together) and options.out is None:
        parser.error("--toy and --together need --out: such numbers must not replace the real ones")
    folder = options.out or records.RESULTS
    if not options.page:
        for name in options.sections or SECTIONS:
            section(name, folder, toy=options.toy, together=options.together)
    report.write(folder, options.out or ROOT / "docs")


def section(name: str, folder: Path, *, toy: bool = False, together: bool = False, platform: str = "cpu",
            device: str = "cpu", rounds: int = ROUNDS) -> None:  # fmt: skip
    """Run one section, and keep its numbers and what it ran on.

    Args:
      name: of `SECTIONS`.
      folder: for the CSV.
      toy: everything once, at a size that takes no time.
      together: all sides in this process.
      platform: whose peers: "cpu" or "cuda".
      device: where they run; a dry run of "cuda" is on "cpu".
      rounds: turns of each side.
    """
    before, began = machine.load(), time.monotonic()
    with Field(_tell, 1 if toy else rounds, 0.0 if toy else 0.05, together, device) as field:
        peak = machine.peak(field, find_spec("torch") is not None, size=64 if toy else 2048)
        rows = import_module(f"benchmarks.sections.{name}").run(Bench(field, toy, _tell, platform))
    records.write(folder, name, rows)
    about = {
        "date": datetime.date.today().isoformat(),
        "commit": _commit(),
        "minutes": (time.monotonic() - began) / 60,
        "load_before": before,
        "load_after": machine.load(),
        "peak_gflops": peak / 1e9,
        **machine.described(),
    }
    records.write_machine(folder, name, about)
    _tell(f"{name}: {about['minutes']:.1f} min, load {before:.1f} to {about['load_after']:.1f}, "
          f"peak {about['peak_gflops']:.0f} GFLOP/s")  # fmt: skip


def _tell(line: str) -> None:
    print(line, flush=True)


def _commit() -> str:
    asked = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return asked.stdout.strip()


if __name__ == "__main__":
    main()
