"""Not a kind: the name begins with an underscore."""
