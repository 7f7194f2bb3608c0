"""The sections, in the order in which they run: each has `run(bench)`, which gives the rows of its CSV."""

SECTIONS = ("step", "inference", "loop", "sweep", "trials", "early", "stream", "start", "scaling", "tried")
