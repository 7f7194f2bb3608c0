"""The sections, in the order in which they run: each has `run(bench)`, which gives the rows of its CSV."""

SECTIONS = ("step", "inference", "loop", "sweep", "trials", "stream", "start", "scaling", "tried")
