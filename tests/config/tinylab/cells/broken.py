"""Wrong: cannot be imported."""

raise RuntimeError("imported the broken cell")
