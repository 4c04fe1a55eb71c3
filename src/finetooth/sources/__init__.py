"""Containers: each file here reads one kind of dataset file into records, and says what it could not read."""
