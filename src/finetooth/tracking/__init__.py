"""Experiment trackers: the verdict, the figures it rests on and its files, beside the run that they are about."""
