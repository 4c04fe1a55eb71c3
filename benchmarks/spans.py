"""Spans: what a set labels, and what an engine says. Neither holds the value."""

from __future__ import annotations

from typing import NamedTuple


class Gold(NamedTuple):
    """A labelled span."""

    start: int
    """First code point of it in the text."""
    end: int
    """One past the last."""
    concept: str
    """What it is, in the words of `labels`."""


class Found(NamedTuple):
    """A prediction, without its value."""

    start: int
    """First code point of it in the text."""
    end: int
    """One past the last."""
    entity_type: str
    """As the engine calls it."""
    rule: str
    """Which rules of the engine saw it, where it says."""
    tier: str
    """``block`` or ``review`` for finetooth, otherwise empty."""
