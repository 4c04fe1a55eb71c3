"""Targets: each file here is one way to reach the model under probe."""
