"""Tasks: what is to be learned, as a source of batches, a loss, metrics and a chance level. A task never sees a model.

A task is a file here whose `Config` has `build(paths) -> Task`; the file's name is the task's `kind`.
"""
