"""From a config and a task to trained members: program, population, loop, checkpoints."""
