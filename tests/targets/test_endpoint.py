"""How an endpoint is named, and to whom its key may go."""

import pytest

from finetooth.errors import ModelError
from finetooth.targets.endpoint import Endpoint, EndpointSettings, endpoints

KEY = "sk-Test0Key4711"


def test_an_endpoint_is_an_address_and_a_model():
    endpoint = Endpoint.parse("https://host:8443/v1/#org/model")
    assert (endpoint.url, endpoint.model, endpoint.root) == ("https://host:8443/v1", "org/model", "https://host:8443")
    assert str(endpoint) == "https://host:8443/v1#org/model"


def test_a_model_name_may_be_percent_encoded():
    assert Endpoint.parse("http://localhost/v1#my%20model").model == "my model"


@pytest.mark.parametrize(
    ("named", "message"),
    [
        ("https://host/v1", "which model"),
        ("https://host/v1#", "which model"),
        ("https:///v1#model", "no host"),
        ("https://host:port/v1#model", "cannot be read"),
        ("https://user:hunter2@host/v1#model", "user or password"),
        ("https://hunter2@host/v1#model", "user or password"),
        ("https://host/v1?api-key=hunter2#model", "query"),
    ],
)
def test_an_address_that_will_not_do_is_a_clear_error_without_what_it_holds(named, message):
    with pytest.raises(ModelError, match=message) as error:
        Endpoint.parse(named, KEY)
    assert "hunter2" not in str(error.value)
    assert KEY not in str(error.value)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.8.8", "[::1]"])
def test_a_key_goes_unencrypted_to_this_machine_only(host):
    assert Endpoint.parse(f"http://{host}:8000/v1#model", KEY).key == KEY


@pytest.mark.parametrize("host", ["host", "10.0.0.1", "localhost.example", "[fe80::1]", "127.0.0.1.example"])
def test_a_key_is_never_sent_unencrypted_over_a_network(host):
    with pytest.raises(ModelError, match="unencrypted"):
        Endpoint.parse(f"http://{host}/v1#model", KEY)
    assert Endpoint.parse(f"http://{host}/v1#model").key is None


def test_a_key_is_in_no_representation():
    endpoint = Endpoint.parse("https://host/v1#model", KEY)
    assert KEY not in f"{endpoint} {endpoint!r}"


@pytest.mark.parametrize("key", ["", " ", "sk-x\r\nX-Evil: 1", "schlüssel"])
def test_a_key_that_no_header_can_carry_is_refused_or_none(key):
    environment = {"FINETOOTH_API_KEY": key}
    if not key:
        assert endpoints("https://host/v1#m", None, environment)[0].key is None
        return
    with pytest.raises(ModelError, match="is no key"):
        endpoints("https://host/v1#m", None, environment)


@pytest.mark.parametrize(
    ("base", "key"),
    [("https://host/v1#base", KEY), ("https://host:443/v1#base", KEY), ("https://other/v1#base", None),
     ("https://host:8443/v1#base", None)],
)  # fmt: skip
def test_the_key_goes_to_the_reference_only_at_the_same_origin(base, key):
    tuned, reference = endpoints("https://host/v1#tuned", base, {"FINETOOTH_API_KEY": KEY})
    assert (tuned.key, reference.key) == (KEY, key)


def test_the_reference_may_have_a_key_of_its_own():
    environment = {"FINETOOTH_API_KEY": KEY, "FINETOOTH_BASE_API_KEY": "other"}
    tuned, reference = endpoints("https://host/v1#tuned", "https://other/v1#base", environment)
    assert (tuned.key, reference.key) == (KEY, "other")


def test_a_reference_beside_a_local_model_gets_the_key():
    assert endpoints(None, "https://host/v1#base", {"FINETOOTH_API_KEY": KEY})[1].key == KEY


@pytest.mark.parametrize("bad", [{"concurrency": 0}, {"timeout": 0}, {"samples": 0}, {"retries": -1}])
def test_settings_that_make_no_sense_are_refused(bad):
    with pytest.raises(ValueError, match="must"):
        EndpointSettings(**bad)
