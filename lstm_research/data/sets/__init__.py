"""Data sets as `data.kind`: a file here has a `Config` with `gives` and `load(paths)`.

Where `gives` is "series" it loads a `data.series.SeriesSet`, where it is "labelled sequences" a
`data.labelled.LabelledSet`. No JAX here.
"""
