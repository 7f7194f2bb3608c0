"""TFDS builders of ours. They need TensorFlow Datasets but no TensorFlow; import them only where data are prepared.

`members.tsv` registers the files they read: data set, path, size and sha256 of the unpacked content, URL of the file or
of an archive with it. Digests are of the members: some archives were packed anew on the way, and where no digest of the
upstream archive is known, its download is untested.
"""
