"""Which layers of a network can be explained, and why the others can not."""
