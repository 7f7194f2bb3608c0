"""Puts `tinylab`, a package of kinds that need no JAX, on the path."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
