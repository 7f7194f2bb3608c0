"""A file per command, named as the command: `SUMMARY`, `add(parser)` and `act(options) -> exit code`.

Every file is imported to make `--help`, so that anything heavy is imported inside `act`.
"""
