"""From a command to finished runs: what to run, in which populations, by whom, and what is already there."""
