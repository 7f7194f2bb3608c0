"""Optimizers: one file each, the file name is the kind in a config."""
