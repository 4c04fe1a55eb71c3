"""Record formats: each file here tells who speaks in a record, and whether the model is trained on it."""
