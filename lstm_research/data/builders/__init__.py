"""TFDS builders of ours. They need TensorFlow Datasets but no TensorFlow; import them only where data are prepared.

`checksums.tsv` (URL, size, sha256, file name) is read by TFDS and by `lstm_research.data.paths`.
"""
