import socket

import pytest

from finetooth.detectors import presidio_frame
from finetooth.detectors.kingfisher import KingfisherDetector
from finetooth.detectors.presidio import PresidioDetector
from finetooth.policy import Detect

presidio_frame.engine()  # Presidio reads its time limit when it is first imported, which a test module may do


@pytest.fixture(scope="session")
def kingfisher():
    return KingfisherDetector(Detect())


@pytest.fixture(scope="session")
def presidio():
    return PresidioDetector(Detect())


@pytest.fixture(scope="session")
def patterns():
    """Presidio without a model: fast enough for property tests."""
    return PresidioDetector(Detect(ner=None))


@pytest.fixture
def no_network(monkeypatch):
    def refuse(*_args, **_kwargs):
        raise AssertionError("the network was used")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)


@pytest.fixture
def found():
    """Return what a detector finds in one text, as {covered text: entity type}."""

    def find(detector, text):
        return {match.span.of(text): match.entity_type for match in detector.detect([text])[0]}

    return find
