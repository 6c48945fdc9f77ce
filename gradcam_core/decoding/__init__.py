"""Bytes to pixels: what kind of file it is, what it would cost, and a decoder that is bounded."""
