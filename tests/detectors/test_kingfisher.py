import base64
import stat

import pytest
import yaml
from detector_contract import DetectorContract

from finetooth.detectors import secret_engine
from finetooth.detectors.cachefolder import cache_folder
from finetooth.detectors.catalogue import meaning
from finetooth.detectors.detector import Undetected
from finetooth.detectors.kingfisher import KingfisherDetector
from finetooth.detectors.proposals import _READERS
from finetooth.policy import Detect, EntityOverride

RULES = yaml.safe_load(secret_engine.RULES.read_text(encoding="utf-8"))["rules"]
# Tokens are put together here, so that no scanner of repositories takes this file for a leak.
GITHUB = "gh" + "p_" + "aB3dE5fG7hI9jK1lM3nO5pQ7rS9tU1vW3xY5"
AWS = "AK" + "IA" + "Z7VRSQ5TJN2XMPLQ"
PEM = (
    "-----BEGIN RSA "
    + "PRIVATE KEY-----\n"
    + "\n".join(("MIIEowIBAAKCAQEAx7" + "bQ3kZ9tLw2" * 5)[:64] for _ in range(4))
)
END = "\n-----END RSA " + "PRIVATE KEY-----"


class TestContract(DetectorContract):
    before = "my token is "
    value = GITHUB
    entity_type = "ACCESS_TOKEN"

    @pytest.fixture
    def detector(self, kingfisher):
        return kingfisher


class TestPasswordsInProse(DetectorContract):
    before = "the wifi password for the office is "
    value = "c4tSt-91x"
    entity_type = "PASSWORD"

    @pytest.fixture
    def detector(self, kingfisher):
        return kingfisher


@pytest.mark.parametrize(
    ("rule", "text"), [(rule["id"], text) for rule in RULES for text in rule.get("examples", [])], ids=lambda v: v[:40]
)
def test_a_rule_finds_its_examples(kingfisher, rule, text):
    assert rule in {match.rule for match in kingfisher.detect([text])[0]}


@pytest.mark.parametrize(
    "text", [text for rule in RULES for text in rule.get("negative_examples", [])], ids=lambda text: text[:40]
)
def test_no_rule_finds_a_negative_example(kingfisher, text):
    assert kingfisher.detect([text]) == [()]


def test_every_rule_has_a_reader():
    assert {rule["id"] for rule in RULES} == set(_READERS)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("my password is hunter2", "hunter2"),
        ("My password is: Tr0ub4dor&3.", "Tr0ub4dor&3"),
        ("my password is now 'Tr0ub4dor&3'", "Tr0ub4dor&3"),
        ("Hi, the password for my bank account is Kx9$mm2p, please check", "Kx9$mm2p"),
        ("please reset my password to Winter2024!", "Winter2024!"),
        ("The passphrase is “correct horse battery staple”.", "correct horse battery staple"),
        ("WiFi password: sunny-Day-42", "sunny-Day-42"),
        ("**Password:** `sunny-Day-42`", "sunny-Day-42"),
        ("login with bob / Kx9$mm2p", "Kx9$mm2p"),
        ("user bob, password Kx9$mm2p", "Kx9$mm2p"),
        ('{"user": "bob", "password": "Kx9$mm2p"}', "Kx9$mm2p"),
        ('{\\"password\\": \\"Kx9$mm2p\\"}', "Kx9$mm2p"),
    ],
)
def test_passwords_told_in_prose(kingfisher, found, text, value):
    assert found(kingfisher, text) == {value: "PASSWORD"}


@pytest.mark.parametrize(
    "text",
    [
        "my password is not working!",
        "my password is incorrect",
        "The password is required and must be 8-12 characters.",
        "your password is case-sensitive",
        "the password was changed on 2024-01-02",
        "passwords are hashed with SHA-256",
        "Is your password to Facebook safe?",
        "password: ********",
        "password: your_password",
        "Enter password: ",
        "password = input('Password: ')",
        "password = request.form['password']",
        "if password == confirm_password:",
        "password VARCHAR(255) NOT NULL",
        "type User { password: String! }",
        "server.login('me@gmail.com', 'my_password')",
        "the secret to success is perseverance",
        "password: <your password>",
        "mysql -u root -p$MYSQL_PASSWORD",
    ],
)
def test_talk_about_passwords_is_no_password(kingfisher, text):
    assert kingfisher.detect([text]) == [()]


def test_a_number_or_a_quoted_word_is_for_review(kingfisher):
    for text in ("my passcode is 482913", 'the password is "sunshine"'):
        assert [m.validation for m in kingfisher.detect([text])[0]] == ["none"]


def test_a_bare_aws_key_id(kingfisher, found):
    assert found(kingfisher, f"use {AWS} for it") == {AWS: "API_KEY"}


@pytest.mark.parametrize("end", ["", END])
def test_a_private_key_whole_or_truncated(kingfisher, end):
    text = f"here: {PEM}{end}\nand then some prose that is no key"
    (matches,) = kingfisher.detect([text])
    ours = next(m for m in matches if m.rule == "finetooth.private-key")
    assert ours.span.of(text) == PEM + end
    assert (ours.entity_type, ours.validation) == ("PRIVATE_KEY", "structure")


def test_a_private_key_inside_a_json_string(kingfisher):
    text = '{"key": "' + (PEM + END).replace("\n", "\\n") + '"}'
    (matches,) = kingfisher.detect([text])
    assert {m.span.of(text) for m in matches if m.entity_type == "PRIVATE_KEY"} == {(PEM + END).replace("\n", "\\n")}


def test_what_is_inside_base64_covers_the_encoding(kingfisher):
    encoded = base64.b64encode(f"the token is {GITHUB} here".encode()).decode()
    text = f"é {encoded} end"
    (match,) = kingfisher.detect([text])[0]
    assert match.span.of(text) == encoded


def _base64url(value):
    return base64.urlsafe_b64encode(value.encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    ("value", "entity_type", "validation"),
    [
        ("4839574813:" + "AAE4A6Rz0CSnIGzeu897OjQnjzsMEG2_uso", "ACCESS_TOKEN", "provider"),
        (_base64url("204255221017214977") + ".YABS5g." + "2lmzECVlZv3vv6miVnUaKPQi2wI", "ACCESS_TOKEN", "provider"),
        (
            "q7Xc2LmV9tRw4KzB8nPd5hJ3".replace("q", "M") + ".YABS5g." + "2lmzECVlZv3vv6miVnUaKPQi2wI",
            "ACCESS_TOKEN",
            "none",
        ),
        ("7d1f9c354be248a69f03c2ab61d8e574" + "-us12", "API_KEY", "provider"),
        ("dp.st.dev." + "q7Xc2LmV9tRw4KzB8nPdq7Xc2LmV9tRw4KzB8nPd", "API_KEY", "provider"),
        ("pat-" + "eu1-7d1f9c35-4be2-48a6-9f03-c2ab61d8e574", "API_KEY", "provider"),
        ("1000." + "7d1f9c354be248a69f03c2ab61d8e574" + ".c2ab61d8e5747d1f9c354be248a69f03", "API_KEY", "provider"),
        ("ya29." + "q7Xc2LmV9tRw4KzB8nPd-q7Xc2LmV9tRw4", "ACCESS_TOKEN", "provider"),
        ("$krb5asrep$23$" + "bob@acme.test:" + "7d1f9c354be248a6" * 6, "PASSWORD", "structure"),
        (
            "https://discord.com/api/webhooks/" + "204255221017214977/" + "q7Xc2LmV9tRw4KzB8nPd" * 3,
            "ACCESS_TOKEN",
            "none",
        ),
        (base64.b64encode((PEM + END).encode()).decode(), "PRIVATE_KEY", "structure"),
        ("q7X" + "8Q~c2LmV9tRw4KzB8nPdG5hJ3sYf6DaE1uTz~", "API_KEY", "provider"),
        ("1/" + "4839574813204255:7d1f9c354be248a69f03c2ab61d8e574", "API_KEY", "provider"),
        ("7d1f9c354be248a69f03c2ab61d8e574" + "-c2ab61d8-9f03a2b6", "API_KEY", "provider"),
        ("1//0" + "q7Xc2LmV9tRw4KzB8nPd-q7Xc2LmV9tRw4KzB8nPdG5", "ACCESS_TOKEN", "provider"),
        ("AKCp" + "q7Xc2LmV9tRw4KzB8nPdG5hJ3sYf6DaE1uTz9oWb" + "Xc2LmV9tRw4KzB8nPdG5hJ3sYf6Da", "API_KEY", "provider"),
        ("sq0idp-" + "q7Xc2LmV9tRw4KzB8nPdG5", "API_KEY", "none"),
        ("sdk-" + "7d1f9c35-4be2-48a6-9f03-c2ab61d8e574", "API_KEY", "provider"),
        (
            "https://maker.ifttt.com/trigger/door/with/key/" + "q7Xc2LmV9tRw4KzB8nPdG5",
            "ACCESS_TOKEN",
            "provider",
        ),
    ],
    ids=lambda value: value[:12],
)
def test_formats_that_the_catalogue_lacks(kingfisher, value, entity_type, validation):
    text = f"it runs with {value} now"
    found = {(m.entity_type, m.validation) for m in kingfisher.detect([text])[0] if m.span.of(text) == value}
    assert (entity_type, validation) in found


def test_a_json_web_token_must_decode(kingfisher, found):
    header, payload = _base64url('{"alg":"HS256"}'), _base64url('{"sub":"bob","admin":true}')
    signature = _base64url("q7Xc2LmV9tRw4KzB8nPdq7Xc2LmV9tRw")
    assert found(kingfisher, f"{header}.{payload}.{signature}") == {f"{header}.{payload}.{signature}": "ACCESS_TOKEN"}
    (unsigned,) = kingfisher.detect([f"{header}.{payload}"])[0]
    assert unsigned.validation == "none"
    assert kingfisher.detect([f"{_base64url('{alg')}AA.{payload}.{signature}"]) == [()]


def test_a_value_longer_than_its_format_is_for_review(kingfisher):
    assert {m.validation for m in kingfisher.detect([GITHUB])[0]} == {"provider"}
    longer = {m.validation for m in kingfisher.detect([GITHUB + "AAAAq7"])[0]}
    assert longer == {"none"}


def test_a_value_longer_than_its_format_that_is_words_is_nothing(kingfisher):
    made_up = GITHUB[:4] + "Hello_World_" + GITHUB[4:28]
    assert kingfisher.detect([made_up + "_which_is_far_too_long"]) == [()]


def test_a_key_with_a_known_prefix_that_is_cut_off_is_for_review(kingfisher):
    assert {m.validation for m in kingfisher.detect([f"token = {GITHUB[:30]}"])[0]} == {"none"}


@pytest.mark.parametrize(
    ("text", "validation"),
    [
        ("secret: k7$v{Q!9z(m2&xT%r", "context"),
        ("shared_secret = c4t7st91", "none"),
        ("secret = vault[key].read(x)!*&^", None),
        ("secret = {!(a ^ ~b)*$c}; // k7$v", None),
    ],
)
def test_a_secret_in_a_line_of_settings_and_code(kingfisher, text, validation):
    found = {match.validation for match in kingfisher.detect([text])[0]}
    assert found == ({validation} if validation else set())


def test_the_password_of_two_arguments_is_the_second(kingfisher, found):
    assert found(kingfisher, 'new NetworkCredential("bob", "Kx9$mm2p", "fernvale")') == {"Kx9$mm2p": "PASSWORD"}
    assert found(kingfisher, 'mysqli_connect("db7", "bob", "Kx9$mm2p", "orders")') == {"Kx9$mm2p": "PASSWORD"}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('password = "marzipanbrot"', "marzipanbrot"),
        ("export MAIL_PASSWORD=marzipanbrot", "marzipanbrot"),
        ("if password == 'marzipanbrot':", "marzipanbrot"),
        ("psexec \\\\host -u bob -p marzipanbrot cmd", "marzipanbrot"),
        ("CREATE USER bob IDENTIFIED BY 'marzipanbrot';", "marzipanbrot"),
    ],
)
def test_a_word_is_for_review_where_only_a_password_can_stand(kingfisher, text, value):
    assert {(m.span.of(text), m.validation) for m in kingfisher.detect([text])[0]} == {(value, "none")}


@pytest.mark.parametrize(
    "word", ["password", "secret", "changeme", "your_password", "mypassword", "example", "fake_one"]
)
def test_a_word_that_stands_for_a_password_is_none(kingfisher, word):
    assert kingfisher.detect([f'password = "{word}"']) == [()]


def test_the_same_secret_twice_is_two_matches(kingfisher):
    assert len(kingfisher.detect([f"{GITHUB} and {GITHUB}"])[0]) == 2


def test_no_comment_switches_it_off(kingfisher):
    assert kingfisher.detect([f"{GITHUB} # gitleaks:allow kingfisher:ignore"])[0]


def test_examples_from_documentation_are_no_secrets(kingfisher):
    for text in ("AKIAIOSFODNN7" + "EXAMPLE", "gh" + "p_" + "x" * 36, "api_key: your_api_key_here"):
        assert kingfisher.detect([text]) == [()]


def test_what_counts_up_is_for_review(kingfisher):
    matches = kingfisher.detect(["api_key: abcd1234abcd1234abcd1234abcd1234"])[0]
    assert {match.validation for match in matches} == {"none"}


def test_an_entity_type_can_be_switched_off():
    detector = KingfisherDetector(Detect(entities={"PASSWORD": EntityOverride(enabled=False)}))
    assert detector.detect(["my password is hunter2"]) == [()]


@pytest.mark.parametrize(
    ("rule", "entity_type"),
    [
        ("betterleaks.github-pat", "ACCESS_TOKEN"),
        ("betterleaks.jwt", "ACCESS_TOKEN"),
        ("betterleaks.private-key", "PRIVATE_KEY"),
        ("betterleaks.mongodb-connection-string", "CONNECTION_STRING"),
        ("betterleaks.generic-credential-uri", "PASSWORD"),
        ("betterleaks.openai-api-key", "API_KEY"),
        ("betterleaks.1password-secret-key", "API_KEY"),
        ("veles.secrets/openrouter", "API_KEY"),
    ],
)
def test_the_catalogue_in_terms_of_a_policy(rule, entity_type):
    assert meaning(rule, "").entity_type == entity_type


def test_a_public_identifier_is_no_proof():
    assert meaning("betterleaks.adobe-client-id", "").validation == "none"
    assert meaning("betterleaks.slack-webhook-url", "").validation == "provider"


def test_a_scan_that_does_not_end_is_undetected(kingfisher, monkeypatch):
    class Stuck:
        def scan(self, data, timeout):
            raise TimeoutError(data.decode())

    monkeypatch.setattr(kingfisher._engine, "_matching", Stuck())
    (answer,) = kingfisher.detect([GITHUB])
    assert isinstance(answer, Undetected)
    assert GITHUB not in answer.reason


def test_the_rule_cache_is_private(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    folder = cache_folder("kingfisher")
    assert folder is not None
    assert stat.S_IMODE((tmp_path / "finetooth" / "kingfisher").stat().st_mode) == 0o700
    (tmp_path / "finetooth" / "kingfisher").chmod(0o777)
    assert cache_folder("kingfisher") is None


def test_no_cache_where_none_can_be_written(tmp_path, monkeypatch):
    (tmp_path / "finetooth").write_text("a file where the folder should be")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder("kingfisher") is None
