"""What can go wrong when an endpoint is asked. No message quotes question, answer or key, as servers' own do.

EndpointError           a request without a usable answer
├── Refused             the server does not take this request, and would not take it again
└── Silent              the endpoint cannot be reached, or keeps failing: nothing more can be asked of it
"""

from __future__ import annotations


class EndpointError(Exception):
    """A request without a usable answer; the message names the endpoint and what is wrong."""


class Refused(EndpointError):  # noqa: N818 - says what happened
    """The server refuses this request, and would again: a parameter, a path or a key that it does not take."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status
        """The HTTP status."""


class Silent(EndpointError):  # noqa: N818 - says what happened
    """The endpoint cannot be reached, or keeps failing."""
