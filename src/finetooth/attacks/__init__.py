"""Attacks: each file here is one way to make a model give training data away, with its controls."""
