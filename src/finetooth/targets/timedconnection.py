"""Connections on which nothing lasts longer than the request that it belongs to.

The timeouts of httpx are those of single reads. A server, or a proxy before it, that sends a byte of a header, or an
interim status (``102 Processing``), now and then would keep a request for ever: no read of it takes long.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from math import inf
from threading import local
from typing import Any

import httpcore
import httpx


class _Now(local):
    until = inf  # seconds of the monotonic clock


_NOW = _Now()


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Have all that this thread does on connections end within a time, or raise ``httpx.TimeoutException``."""
    _NOW.until = time.monotonic() + seconds
    try:
        yield
    finally:
        _NOW.until = inf


def keep_time(client: httpx.Client) -> None:
    """Have the connections of a client, those through proxies too, heed `within`."""
    # NOTE: httpx has no public way to a connection; a test would see it if these names changed.
    for transport in (client._transport, *client._mounts.values()):
        if isinstance(transport, httpx.HTTPTransport):
            transport._pool._network_backend = _Backend()


def _left(timeout: float | None) -> float | None:
    left = _NOW.until - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout
    return left if timeout is None else min(left, timeout)


class _Backend(httpcore.SyncBackend):
    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        return _Stream(super().connect_tcp(host, port, _left(timeout), local_address, socket_options))


class _Stream(httpcore.NetworkStream):
    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _left(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, _left(timeout)))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
