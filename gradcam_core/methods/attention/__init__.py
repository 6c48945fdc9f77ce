"""Methods that follow attention through the blocks of a transformer."""
