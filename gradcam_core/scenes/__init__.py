"""Drawn scenes with exact masks: composition, things and grounds."""
