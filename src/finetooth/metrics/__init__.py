"""Metrics: the statistics that measurements are made with."""
