"""A person's own networks: the pairs in the folder, their descriptions, and weights that are read with care."""
