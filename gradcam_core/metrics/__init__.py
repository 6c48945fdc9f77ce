"""Pure functions of a score function, an image and a map; they know neither engine nor models."""
