import base64
import time

import pytest
import yaml

from finetooth.detectors import tokens

RULES = yaml.safe_load(tokens.RULES.read_text("utf-8"))["rules"]
RANDOM = "q7Xc2LmV9tRw4KzB8nPdG5hJ3sYf6DaE1uTz9oWb"
HEX = "7d1f9c354be248a69f03c2ab61d8e574"


@pytest.mark.parametrize(("rule", "text"), [(rule["id"], text) for rule in RULES for text in rule["examples"]])
def test_a_rule_finds_its_examples(kingfisher, rule, text):
    assert rule in {match.rule for match in kingfisher.detect([text])[0]}


@pytest.mark.parametrize("text", [text for rule in RULES for text in rule["negative_examples"]])
def test_nothing_finds_a_negative_example(kingfisher, text):
    assert kingfisher.detect([text]) == [()]


def test_every_rule_has_a_reader():
    assert [rule["id"] for rule in RULES] == list(tokens._READERS)


def test_every_match_is_for_review():
    assert {m.validation for m in tokens.find(f"token {RANDOM}, x = '{RANDOM}', {RANDOM}")} == {"none"}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (f"acmeTOKEN={RANDOM}", RANDOM),
        (f"acme-secret-key-{HEX}", HEX),
        (f"acme_key.access.{HEX}", HEX),
        (f"<secret>{RANDOM}</secret>", RANDOM),
        (f'"private_key" : "{HEX}"', HEX),
        (f"acme PRIVATE KEY {HEX}", HEX),
        (f"https://acme.test/?access_token={HEX}", HEX),
    ],
)
def test_a_label_in_any_writing(text, value):
    assert [m.span.of(text) for m in tokens.find(text)] == [value]


@pytest.mark.parametrize(
    "text",
    [
        "the access-control-allow-origin-header of 2024",
        "api/v1/customers/2024/orders/17",
        f"commit {HEX}",
        f"key checksum {HEX}",
        f"https://acme.test/access/{RANDOM}",
        f"mac: ENC[AES256_GCM,data:{RANDOM},iv:{RANDOM}]",
        f"tool call call_{RANDOM}",
        f"customer_id = {RANDOM}",
        "q7Xc2LmV9tRw4KzB8nPd"[:15],
        "secret_" + "x" * 30,
        "my-server-name-01-eu-west-1-production",
        "AbstractSingletonProxyFactoryBean2024Implementation",
        "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq",
        base64.b64encode(b"An ordinary sentence, which is only encoded.").decode(),
        "data:image/png;base64," + base64.b64encode(bytes(range(90, 200))).decode(),
        "\n".join([base64.b64encode(bytes(range(50, 98))).decode()] * 3),
        "enc: |\n" + "\n".join([f"    {RANDOM}{RANDOM[:24]}"] * 3),
    ],
)
def test_random_or_long_and_no_secret(text):
    assert list(tokens.find(text)) == []


def test_most_texts_are_ruled_out_at_once():
    assert not tokens.may_hold(b"An ordinary sentence, with well-known words and numbers such as 2024.")
    assert tokens.may_hold(f"é {RANDOM}".encode())


@pytest.mark.parametrize("text", ["a" * 300_000, "a1" * 150_000, "key=" * 75_000, "a1B2c3D4e5F6g7H8 key " * 10_000])
def test_hostile_texts_take_linear_time(text):
    started = time.process_time()
    list(tokens.find(text))
    assert time.process_time() - started < 5
