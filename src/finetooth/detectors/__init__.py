"""Detectors: each file here is one engine that finds identifiers or secrets in passages."""
