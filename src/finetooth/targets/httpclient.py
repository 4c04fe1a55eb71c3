"""One endpoint over HTTP: what is sent goes to the origin that was named, and what comes back is bounded and checked.

No redirect is followed (to another origin it would take the prompt, and with some clients the key, along), no proxy of
the environment is used unless asked for, certificates are always checked, and an answer has a limit of size and of
time. Rate limits, server errors and broken connections are tried again after what ``Retry-After`` says, within limits;
an endpoint that stays silent is given up at once for all that is still to be asked.
"""

from __future__ import annotations

import json
import re
import ssl
import weakref
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from http import HTTPStatus
from pathlib import Path
from random import Random
from threading import Event, Lock
from typing import TYPE_CHECKING, Any

import finetooth
from finetooth.errors import ModelError
from finetooth.evidence import Spent
from finetooth.targets.budget import Allowance
from finetooth.targets.endpoint import KEY_VARIABLE, Endpoint, EndpointSettings
from finetooth.targets.endpointerror import EndpointError, Refused, Silent
from finetooth.targets.openai_reply import tokens

if TYPE_CHECKING:
    import httpx

_LARGEST = 32 * 1024 * 1024  # bytes of one answer: fifteen hundred log-probabilities at 100 places are 15 MB
_FIRST_WAIT = 0.5  # seconds, doubled each time
_GIVEN_UP = 3  # requests in a row that were tried in vain, after which the endpoint is given up
_AGAIN = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
_CODE = re.compile(r"[a-z]+(?:_[a-z]+){0,5}")  # an error's code is a word; a key, with its digits, is none
_LONGEST_CODE = 40
_BYTES_PER_TOKEN = 2  # of a request, for a reservation: fewer than any tokenizer needs on average


class Client:
    """Sends requests to one endpoint; several threads may use it at once."""

    def __init__(
        self,
        endpoint: Endpoint,
        settings: EndpointSettings,
        allowance: Allowance,
        *,
        sleep: Callable[[float], object] | None = None,
    ) -> None:
        """Make a client; nothing is sent yet.

        Args:
            endpoint: whom to ask.
            settings: how.
            allowance: what may be spent, which others may share.
            sleep: waits for so many seconds; by default until `stop`, at most.

        Raises:
            ModelError: the certificates to trust cannot be read.
        """
        self.endpoint = endpoint
        self.settings = settings
        self.spent = Spent()
        self.allowance = allowance
        self._stopped = Event()
        self._sleep = sleep or self._stopped.wait
        self._http = _connection(endpoint, settings)
        self.close = weakref.finalize(self, self._http.close)
        """Closes the connections; what nobody holds any longer is closed by itself."""
        self._jitter = Random()  # noqa: S311 - spreads requests over time, and keeps no secret
        self._lock = Lock()
        self._in_vain = 0
        self._answered_once = False

    @property
    def silent(self) -> bool:
        """Whether the endpoint was given up."""
        return self._stopped.is_set() or self._in_vain >= (_GIVEN_UP if self._answered_once else 1)

    def stop(self) -> None:
        """Ask nothing more: what waits to be sent again is not, and what is sent is the last."""
        self._stopped.set()

    def post(self, url: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Send a JSON object, and return the JSON object that is the answer.

        Args:
            url: under the endpoint's origin.
            body: what to send.

        Raises:
            Refused: the server does not take this request.
            Silent: it does not answer, although asked again and again, or has been given up.
            EndpointError: the answer is none: too large, no JSON, or an error under status 200.
            BudgetSpent: the budget has no room for it.
        """
        content = json.dumps(body).encode()
        limit = body.get("max_tokens", body.get("max_completion_tokens"))
        generated = int(body.get("n", 1)) * int(limit or 0)
        read = 0 if limit is None else len(content) // _BYTES_PER_TOKEN  # rendering reads nothing into the model
        attempt = 0
        while True:
            if self.silent:
                raise Silent(f"{self.endpoint.url} went silent: earlier requests were tried in vain")
            held = self.allowance.reserve(prompt_tokens=read, generated_tokens=generated)
            taken = Spent(requests=1)
            try:
                answer = self._once(url, content)
                taken = usage(answer, held)
            except _Again as again:
                attempt += 1
                if attempt > self.settings.retries:
                    self._note(answered=False)
                    raise Silent(f"{self.endpoint.url} {again}, asked {attempt} times") from None
                after = again.after
            else:
                self._note(answered=True)
                return answer
            finally:
                self.allowance.settle(held, taken)
                with self._lock:
                    self.spent += self.allowance.priced(taken)
            self._sleep(self._wait(attempt, after))

    def _once(self, url: str, content: bytes) -> dict[str, Any]:
        import httpx  # noqa: PLC0415 - only where an endpoint is asked

        from finetooth.targets.timedconnection import within  # noqa: PLC0415 - as above

        try:
            with within(self.settings.timeout), self._http.stream("POST", url, content=content) as response:
                body = self._body(response)
        except httpx.TimeoutException:
            raise _Again(f"did not answer within {self.settings.timeout:g} seconds") from None
        except httpx.InvalidURL:
            raise Refused(f"{self.endpoint.url}: is no address that can be asked", 0) from None
        except (httpx.TransportError, OSError) as error:
            # NOTE: the message of a transport's error may quote what was received; its type does not.
            raise _Again(f"cannot be reached or broke off ({type(error).__name__})") from None
        status = response.status_code
        if status == HTTPStatus.OK:
            return self._object(body)
        code = _code(_json(body))
        if status in _AGAIN:
            raise _Again(f"answers with status {status}{code}", _retry_after(response.headers.get("retry-after")))
        self._note(answered=True)
        if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
            raise Refused(
                f"{self.endpoint.url} redirects (status {status}), which is not followed, for prompts would go along; "
                "name the address that it redirects to",
                status,
            )
        hint = f"; set {KEY_VARIABLE} to its key" if status in (401, 403) else ""
        raise Refused(f"{self.endpoint.url} refuses a request with status {status}{code}{hint}", status)

    def _object(self, body: bytes) -> dict[str, Any]:
        answer = _json(body)
        if not isinstance(answer, dict):
            raise EndpointError(f"{self.endpoint.url} answers with what is no JSON object")
        if answer.get("error") or answer.get("object") == "error":
            raise EndpointError(f"{self.endpoint.url} answers with an error under status 200{_code(answer)}")
        return answer

    def _body(self, response: httpx.Response) -> bytes:
        if response.headers.get("content-encoding", "identity") != "identity":
            raise EndpointError(f"{self.endpoint.url} compresses its answer although asked not to")
        pieces, size = [], 0
        for piece in response.iter_raw():
            size += len(piece)
            if size > _LARGEST:
                raise EndpointError(f"{self.endpoint.url} answers with more than {_LARGEST >> 20} MiB")
            pieces.append(piece)
        return b"".join(pieces)

    def _wait(self, attempt: int, after: float | None) -> float:
        backoff = _FIRST_WAIT * 2 ** (attempt - 1) * self._jitter.uniform(0.5, 1.0)
        return float(min(self.settings.longest_wait, max(backoff, after or 0.0)))

    def _note(self, *, answered: bool) -> None:
        with self._lock:
            self._in_vain = 0 if answered else self._in_vain + 1
            self._answered_once |= answered


class _Again(Exception):  # noqa: N818 - says what to do
    """A failure that may pass."""

    def __init__(self, message: str, after: float | None = None) -> None:
        super().__init__(message)
        self.after = after
        """Seconds that the server asks to wait."""


def usage(answer: Mapping[str, Any], otherwise: Spent) -> Spent:
    """Return what a request has taken: what the server counted, else what was reserved for it."""
    counted = answer.get("usage")
    if not isinstance(counted, dict):
        return Spent(requests=1, prompt_tokens=otherwise.prompt_tokens, generated_tokens=otherwise.generated_tokens)
    read, said = tokens(counted.get("prompt_tokens")), tokens(counted.get("completion_tokens"))
    return Spent(
        requests=1,
        prompt_tokens=otherwise.prompt_tokens if read is None else read,
        generated_tokens=otherwise.generated_tokens if said is None else said,
    )


def _connection(endpoint: Endpoint, settings: EndpointSettings) -> httpx.Client:
    import httpx  # noqa: PLC0415 - only where an endpoint is asked

    from finetooth.targets.timedconnection import keep_time  # noqa: PLC0415 - as above

    headers = {
        "Accept": "application/json",
        "Accept-Encoding": "identity",  # what is compressed has no size that could be bounded beforehand
        "Content-Type": "application/json",
        "User-Agent": f"finetooth/{finetooth.__version__}",
    }
    if endpoint.key is not None:
        headers["Authorization"] = f"Bearer {endpoint.key}"
    client = httpx.Client(
        headers=headers,
        verify=_trusting(settings.certificates, settings.proxy_from_environment),
        follow_redirects=False,
        trust_env=settings.proxy_from_environment,
        timeout=settings.timeout,
        limits=httpx.Limits(max_connections=settings.concurrency, max_keepalive_connections=settings.concurrency),
    )
    keep_time(client)
    return client


@cache
def _trusting(certificates: Path | None, from_environment: bool) -> ssl.SSLContext:
    """Return what checks certificates: reading the authorities takes a third of a second."""
    import httpx  # noqa: PLC0415 - only where an endpoint is asked

    if certificates is None:
        return httpx.create_ssl_context(trust_env=from_environment)
    try:
        return ssl.create_default_context(cafile=str(certificates))
    except OSError as error:
        raise ModelError(f"{certificates}: no certificates to trust ({type(error).__name__})") from None


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _code(answer: Any) -> str:
    """Return the code of an error in brackets, if it has one that is a plain word: all else may quote the prompt."""
    error = answer.get("error", answer) if isinstance(answer, dict) else None
    if isinstance(error, dict):
        for name in ("code", "type"):
            code = error.get(name)
            if isinstance(code, str) and len(code) <= _LONGEST_CODE and _CODE.fullmatch(code):
                return f" ({code})"
    return ""


def _retry_after(header: str | None) -> float | None:
    """Return the seconds that a server asks to wait: a number, or an HTTP date (RFC 9110, section 10.2.3)."""
    if header is None:
        return None
    try:
        return max(0.0, float(header))
    except ValueError:
        pass
    try:
        date = parsedate_to_datetime(header)
    except (ValueError, OverflowError):  # OverflowError: a year of twenty digits
        return None
    return max(0.0, (date - datetime.now(UTC)).total_seconds()) if date.tzinfo else None
