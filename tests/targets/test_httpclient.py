"""What goes over the wire and what comes back, against a real server with the faults that servers have."""

import logging
import ssl
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

pytest.importorskip("torch")

from finetooth.errors import ModelError
from finetooth.evidence import Spent
from finetooth.targets.budget import Allowance, Budget, BudgetSpent, Prices
from finetooth.targets.endpoint import Endpoint, EndpointSettings
from finetooth.targets.endpointerror import EndpointError, Refused, Silent
from finetooth.targets.httpclient import Client
from modelserver import (
    KEY,
    ModelServer,
    error_under_200,
    hang_up,
    huge,
    no_json,
    redirect,
    slow,
    slow_head,
    status,
    waiting,
)

ASKED = {"model": "tuned", "prompt": "Hello, my secret", "max_tokens": 1}


@pytest.fixture
def waited():
    return []


@pytest.fixture
def server():
    with ModelServer().running() as running:
        yield running


def client(server, waited, *, key=None, budget=None, prices=None, **settings):
    endpoint = Endpoint.parse(server.named(), key)
    return Client(endpoint, EndpointSettings(**settings), Allowance(budget, prices), sleep=waited.append)


def ask(client):
    return client.post(f"{client.endpoint.url}/completions", ASKED)


def test_an_answer_is_an_object_and_is_counted(server, waited):
    asking = client(server, waited, prices=Prices(prompt=1.0, generated=2.0))
    answer = ask(asking)
    usage = answer["usage"]
    assert asking.spent == Spent(
        requests=1, prompt_tokens=usage["prompt_tokens"], generated_tokens=1,
        cost=pytest.approx((usage["prompt_tokens"] + 2) / 1e6),
    )  # fmt: skip
    assert asking.allowance.spent == asking.spent


def test_where_the_server_does_not_count_as_much_as_was_reserved_is_counted(server, waited):
    server.ways.counts = False
    asking = client(server, waited)
    ask(asking)
    assert asking.spent.prompt_tokens > 10
    assert asking.spent.generated_tokens == 1


def test_the_key_is_sent_as_a_bearer_token(server, waited):
    server.ways.key = KEY
    ask(client(server, waited, key=KEY))
    assert server.headers[-1]["Authorization"] == f"Bearer {KEY}"


def test_a_key_that_is_refused_is_named_by_its_variable_and_not_quoted(server, waited):
    server.ways.key = "another"
    with pytest.raises(Refused, match="FINETOOTH_API_KEY") as error:
        ask(client(server, waited, key=KEY))
    assert "invalid_api_key" in str(error.value)
    assert KEY not in str(error.value)
    assert len(server.requests) == 1


def test_no_proxy_and_no_netrc_of_the_environment_is_used_unless_asked_for(server, waited, tmp_path, monkeypatch):
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password hunter2\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    ask(client(server, waited))
    assert "Authorization" not in server.headers[-1]
    with pytest.raises(Silent):
        ask(client(server, waited, proxy_from_environment=True, retries=0))


def test_a_redirect_is_not_followed(server, waited):
    with ModelServer().running() as elsewhere:
        server.ways.fault = redirect(f"{elsewhere.root}/v1/completions")
        with pytest.raises(Refused, match="not followed"):
            ask(client(server, waited, key=KEY))
        assert elsewhere.requests == []


@pytest.mark.parametrize("code", [408, 429, 500, 502, 503, 504])
def test_what_may_pass_is_tried_again(server, waited, code):
    server.ways.faults = [status(code), status(code)]
    asking = client(server, waited)
    assert ask(asking)["choices"]
    assert asking.spent.requests == len(server.requests) == 3
    assert 0.25 <= waited[0] <= 0.5 <= waited[1] <= 1.0


def test_a_broken_connection_is_tried_again(server, waited):
    server.ways.faults = [hang_up]
    assert ask(client(server, waited))["choices"]


@pytest.mark.parametrize(
    ("after", "least", "most"),
    [
        ("7", 7, 7),
        ("1000000", 30, 30),
        (format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True), 30, 30),
        (format_datetime(datetime.now(UTC) - timedelta(hours=1), usegmt=True), 0.25, 0.5),
        ("Fri, 1 Jan 99999999999999999999 00:00:00 GMT", 0.25, 0.5),
        ("soon", 0.25, 0.5),
        ("-5", 0.25, 0.5),
        ("nan", 0.25, 0.5),
    ],
    ids=[
        "seconds",
        "many seconds",
        "a date to come",
        "a date gone by",
        "no date",
        "a word",
        "below nought",
        "no number",
    ],
)
def test_the_wait_that_a_server_asks_for_is_kept_within_a_limit(server, waited, after, least, most):
    server.ways.faults = [status(429, Retry_After=after)]
    ask(client(server, waited, longest_wait=30.0))
    assert least <= waited[0] <= most


def test_a_date_to_wait_for_is_waited_for(server, waited):
    server.ways.faults = [
        status(503, Retry_After=format_datetime(datetime.now(UTC) + timedelta(seconds=20), usegmt=True))
    ]
    ask(client(server, waited))
    assert 15 < waited[0] <= 20


def test_an_endpoint_that_never_answered_is_given_up_at_once(waited):
    with ModelServer().running() as gone:
        pass
    asking = client(gone, waited, retries=2)
    with pytest.raises(Silent, match="asked 3 times"):
        ask(asking)
    with pytest.raises(Silent, match="went silent"):
        ask(asking)
    assert asking.spent.requests == 3


def test_an_endpoint_that_falls_silent_is_given_up_after_a_few_requests(server, waited):
    asking = client(server, waited, retries=1)
    ask(asking)
    server.ways.fault = hang_up
    for _ in range(20):
        with pytest.raises(Silent):
            ask(asking)
    assert len(server.requests) == 1 + 3 * 2


@pytest.mark.parametrize(
    ("fault", "message"),
    [(error_under_200, "error under status 200"), (no_json, "no JSON object"), (huge, "more than 32 MiB")],
)
def test_an_answer_that_is_none_is_an_error_that_quotes_nothing(server, waited, fault, message):
    server.ways.fault = fault
    with pytest.raises(EndpointError, match=message) as error:
        ask(client(server, waited))
    assert "secret" not in str(error.value)


@pytest.mark.parametrize("fault", [slow, slow_head, waiting], ids=lambda fault: fault.__name__)
def test_an_answer_that_trickles_has_a_limit_of_time(server, waited, fault):
    server.ways.fault = fault
    began = time.monotonic()
    with pytest.raises(Silent, match=r"within 0\.4 seconds"):
        ask(client(server, waited, timeout=0.4, retries=0))
    assert time.monotonic() - began < 3


def test_what_a_server_counts_beyond_belief_is_not_counted(server, waited):
    server.ways.fault = lambda handler: handler.reply(200, {"usage": {"prompt_tokens": 10**400}})
    asking = client(server, waited, prices=Prices(prompt=1.0, generated=2.0))
    ask(asking)
    assert 0 < asking.spent.prompt_tokens < 100


def test_a_refusal_is_not_repeated_and_quotes_nothing(server, waited):
    with pytest.raises(Refused) as error:
        client(server, waited).post(f"{server.root}/v1/completions", {**ASKED, "max_tokens": 0})
    assert "secret" not in str(error.value)
    assert "invalid_request_error" in str(error.value)
    assert len(server.requests) == 1


def test_the_budget_is_kept_to_the_request(server, waited):
    asking = client(server, waited, budget=Budget(requests=2))
    ask(asking)
    ask(asking)
    with pytest.raises(BudgetSpent):
        ask(asking)
    assert len(server.requests) == 2


def test_requests_that_are_sent_again_count_too(server, waited):
    server.ways.fault = status(429)
    with pytest.raises(BudgetSpent):
        ask(client(server, waited, budget=Budget(requests=3)))
    assert len(server.requests) == 3


def test_neither_key_nor_prompt_is_in_any_log(server, waited, caplog):
    caplog.set_level(logging.DEBUG)
    server.ways.faults = [status(429), hang_up]
    ask(client(server, waited, key=KEY))
    assert caplog.text
    assert KEY not in caplog.text
    assert "my secret" not in caplog.text


def test_certificates_are_checked(waited):
    asking = Client(Endpoint.parse("https://127.0.0.1:1/v1#m"), EndpointSettings(), Allowance(), sleep=waited.append)
    context = asking._http._transport._pool._ssl_context
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname


def test_certificates_that_are_none_are_a_clear_error(tmp_path):
    with pytest.raises(ModelError, match="no certificates"):
        Client(Endpoint.parse("https://host/v1#m"), EndpointSettings(certificates=tmp_path / "none.pem"), Allowance())
