"""The frame in which every page stands, and the registry of pages."""
