"""Formats: each file here renders a report for one kind of reader."""
