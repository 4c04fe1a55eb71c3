"""Which endpoint is asked, with which key, and within which limits.

The key comes from the environment alone. It is in no configuration, no evidence, no message and no ``repr``, and is
sent to one origin: the one that was named with the model.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Self
from urllib.parse import SplitResult, unquote, urlsplit

from finetooth.errors import ModelError
from finetooth.targets.budget import Budget, Prices

KEY_VARIABLE = "FINETOOTH_API_KEY"
"""The key of the endpoint that serves the tuned model, and of its reference where both have one origin."""
BASE_KEY_VARIABLE = "FINETOOTH_BASE_API_KEY"
"""The key of the endpoint that serves the reference model, where its origin is another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointSettings:
    """How endpoints are asked; ``[tool.finetooth.endpoint]`` of the configuration."""

    __pydantic_config__: ClassVar[Any] = {"extra": "forbid"}

    concurrency: int = 4
    """Requests under way at once."""
    timeout: float = 120.0
    """Seconds that one request may take from its beginning to the last byte of its answer."""
    retries: int = 5
    """How often a request that was rate-limited, or met a server error or a broken connection, is sent again."""
    longest_wait: float = 60.0
    """Seconds that are waited at most before it is sent again, whatever ``Retry-After`` says."""
    proxy_from_environment: bool = False
    """Whether ``HTTP_PROXY``, ``.netrc`` and their kind are heeded: whoever sets them reads what the model is asked."""
    certificates: Path | None = None
    """A file of certificate authorities (PEM) to trust instead of the usual ones. Checking cannot be switched off."""
    samples: int = 16
    """How many answers are drawn for each context where a model gives no log-probabilities."""
    tokenizer: Path | None = None
    """Folder of the served model's tokenizer, whose chat template renders conversations for a completions API that
    cannot render them itself."""
    prices: Prices | None = None
    """What tokens cost."""
    budget: Budget = field(default_factory=Budget)
    """What may be spent on the model and its reference together."""

    def __post_init__(self) -> None:
        for name in ("concurrency", "timeout", "samples"):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} must be above 0")
        if self.retries < 0 or self.longest_wait < 0:
            raise ValueError("retries and longest_wait must not be below 0")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An OpenAI-compatible API, and the model that is meant there."""

    url: str
    """Where the API stands, without a slash at its end, such as ``https://host/v1``."""
    model: str
    """What the API calls the model."""
    key: str | None = field(default=None, repr=False)
    """What opens it, if anything does."""

    def __str__(self) -> str:
        """Return it as the user named it, without the key."""
        return f"{self.url}#{self.model}"

    @property
    def origin(self) -> tuple[str, str, int]:
        """Scheme, host and port: what the key may be sent to."""
        return _origin(urlsplit(self.url))

    @property
    def root(self) -> str:
        """Where a server keeps what is not part of the OpenAI API, such as its chat template."""
        return self.url.removesuffix("/v1")

    @classmethod
    def parse(cls, named: str, key: str | None = None) -> Self:
        """Read ``http(s)://host/v1#model-name``.

        Raises:
            ModelError: it names no model, holds a password or a query, or the key would cross a network unencrypted.
        """
        try:
            parts = urlsplit(named)
            origin = _origin(parts)
        except ValueError:
            raise ModelError("the endpoint's address cannot be read; name it as https://host/v1#model-name") from None
        # NOTE: nothing below quotes the address before it is known to hold neither password nor query.
        if parts.username is not None or parts.password is not None:
            raise ModelError(
                f"the endpoint at {origin[1]} is named with a user or password in its address, where none belongs; "
                f"set {KEY_VARIABLE} instead"
            )
        if parts.query:
            raise ModelError(
                f"the endpoint at {origin[1]} is named with a query in its address, where keys do not belong; "
                f"set {KEY_VARIABLE} instead"
            )
        model = unquote(parts.fragment)
        url = f"{parts.scheme.lower()}://{parts.netloc}{parts.path.rstrip('/')}"
        if not origin[1]:
            raise ModelError(f"{named}: no host in the address; name it as https://host/v1#model-name")
        if not model:
            raise ModelError(f"{url}: which model? Name it behind a #, as in {url}#model-name")
        if key is not None:
            _check_key(key, parts, url)
        return cls(url, model, key)


def named_by_url(named: str) -> bool:
    """Tell whether a model is named as an endpoint."""
    return named.lower().startswith(("http://", "https://"))


def endpoints(
    model: str | None, base: str | None, environment: Mapping[str, str]
) -> tuple[Endpoint | None, Endpoint | None]:
    """Return the endpoints of the tuned and of the reference model, each with the key that is meant for it.

    Args:
        model: the tuned model as an address, or None where it is none.
        base: the reference model as an address, or None.
        environment: where the keys are.

    Raises:
        ModelError: as `Endpoint.parse`.
    """
    key, base_key = (environment.get(name) or None for name in (KEY_VARIABLE, BASE_KEY_VARIABLE))
    tuned = Endpoint.parse(model, key) if model else None
    if base is None:
        return tuned, None
    reference = Endpoint.parse(base)
    if base_key is None and (tuned is None or tuned.origin == reference.origin):
        base_key = key
    return tuned, Endpoint.parse(base, base_key)


def _check_key(key: str, parts: SplitResult, url: str) -> None:
    if not key.isascii() or not key.isprintable() or key != key.strip():
        raise ModelError(f"{KEY_VARIABLE}: is no key (it holds blanks around it, or what no header can carry)")
    if parts.scheme.lower() != "https" and not _is_loopback(parts.hostname or ""):
        raise ModelError(
            f"{url}: the key would cross the network unencrypted; name the endpoint with https://, "
            f"or unset {KEY_VARIABLE}"
        )


def _origin(parts: SplitResult) -> tuple[str, str, int]:
    scheme = parts.scheme.lower()
    return scheme, (parts.hostname or "").lower(), parts.port or (443 if scheme == "https" else 80)


def _is_loopback(host: str) -> bool:
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
