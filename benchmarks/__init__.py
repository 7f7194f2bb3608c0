"""How fast a recurrent layer, a training loop and a sweep are here, beside other libraries: `make bench`.

    python -m benchmarks                    # every section; numbers to benchmarks/results/, the page to docs/speed.md
    python -m benchmarks step loop          # these sections only
    python -m benchmarks --toy --out DIR    # everything once at toy size: does it run?

A section is a file of `sections/`; a side (a library with its way of doing the work) is a file of `peers/`, or `ours`.
Each side runs in a process of its kind, one side at a time, in random order, warm; values and gradients are compared
before anything is timed. A library that is not installed is left out with a word; `make bench-peers` installs them.
"""
