"""What reaches the tokens that are read, by the attention of all blocks; see `flow` for the formulas."""
