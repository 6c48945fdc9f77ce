"""Choosing a model, its layer, method and preprocessing, and fetching its weights."""
