"""Weights to and from other libraries, as NumPy arrays: neither library is imported."""
