"""Choosing and bringing an image."""
