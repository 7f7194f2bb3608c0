"""Cells: one file each, its equations and their source. The file name is the kind in a config."""
