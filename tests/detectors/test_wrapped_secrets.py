"""A planted secret survives every wrapping: found by the real engines, through the whole scan, where it stands."""

import base64
import html
import json
import random
import string
import urllib.parse

import pytest

from finetooth.detectors.identifiers import IdentifierDetector
from finetooth.detectors.presidio import PresidioDetector
from finetooth.policy import Detect
from finetooth.redaction import FingerprintKey
from finetooth.scanner import scan
from finetooth.shard import Plan
from finetooth.sources.resolve import resolve

ALPHANUMERIC = string.ascii_letters + string.digits


def secrets():
    """Make values of well-known formats, anew from a seed: none of them was ever issued to anybody."""
    rng = random.Random(20261)

    def some(count, alphabet=ALPHANUMERIC):
        return "".join(rng.choice(alphabet) for _ in range(count))

    def segment(said):
        return base64.urlsafe_b64encode(json.dumps(said).encode()).decode().rstrip("=")

    key = "\n".join(some(64, ALPHANUMERIC + "+/") for _ in range(12))
    return {
        "github": "ghp_" + some(36),
        "slack": f"xoxb-{some(12, string.digits)}-{some(12, string.digits)}-{some(24)}",
        "aws": "AKIA" + some(16, string.ascii_uppercase + "234567"),
        "stripe": "sk_live_" + some(24),
        "npm": "npm_" + some(36),
        "private key": f"-----BEGIN RSA PRIVATE KEY-----\n{key}\n-----END RSA PRIVATE KEY-----",
        "web token": f"{segment({'alg': 'HS256', 'typ': 'JWT'})}.{segment({'sub': '8812733'})}.{some(43)}",
        "connection": f"postgres://svc_app:{some(14)}@db7.acme.io:5432/orders",
        "password": f"My password is tR7{some(7)}!x",
        "assignment": f'api_key = "{some(32)}"',
        "bearer": f"Authorization: Bearer {some(40)}",
        "social security": "My SSN is 536-90-4399",
        "e-mail": "mail marianne.dupree@qtmail.com",
        "card": "card 4539 1488 0343 6467",
        "bank account": "IBAN DE89 3704 0044 0532 0130 00",
    }


WRAPPINGS = {
    "raw": lambda text: text,
    "JSON": lambda text: json.dumps({"k": text}),
    "JSON in JSON": lambda text: json.dumps({"a": json.dumps({"k": text})}),
    "JSON in prose": lambda text: f"The tool said {json.dumps({'a': text})} and no more.",
    "JSON in JSON in prose": lambda text: f"The tool said {json.dumps(json.dumps({'a': text}))} and no more.",
    "Markdown": lambda text: "".join("\\" + c if c in "\\`*_{}[]()#+-.!|" else c for c in text),
    "Markdown, underscores": lambda text: text.replace("_", r"\_"),
    "code": lambda text: f"```\n{text}\n```",
    "HTML": lambda text: f"<p><code>{html.escape(text)}</code></p>",
    "HTML references": lambda text: "".join(f"&#{ord(c)};" for c in text),
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64 in lines": lambda text: base64.encodebytes(text.encode()).decode(),
    "base64 of URLs": lambda text: base64.urlsafe_b64encode(text.encode()).decode(),
    "base16": lambda text: text.encode().hex(),
    "u escapes": lambda text: "".join(f"\\u{ord(c):04x}" for c in text),
    "percent": lambda text: urllib.parse.quote(text, safe=""),
    "full-width": lambda text: "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text),
    "zero-width": "\u200b".join,
    "combining marks": lambda text: "".join(c + "\u0335" for c in text),
    "look-alikes": lambda text: text.translate(str.maketrans("aeopcyx", "аеорсух")),
}


@pytest.fixture(scope="module")
def engines(kingfisher):
    return (kingfisher, PresidioDetector(Detect(ner=None)), IdentifierDetector(Detect()))


def missed(engines, folder, cases):
    path = folder / "train.jsonl"
    path.write_text("".join(json.dumps({"text": text}) + "\n" for *_, text in cases), "utf-8")
    seen = scan(resolve([str(path)]), Plan(detectors=engines, detect=Detect(), key=FingerprintKey(b"k" * 32)))
    assert seen.coverage.records_unread == 0
    found = {
        place.record
        for finding in seen.findings
        if finding.category in ("credential", "financial", "direct_identifier")
        for place in finding.locations
    }
    return [tuple(names) for at, (*names, _) in enumerate(cases) if at not in found]


def test_a_planted_secret_survives_every_wrapping(engines, tmp_path):
    cases = [(name, each, wrap(secret)) for name, secret in secrets().items() for each, wrap in WRAPPINGS.items()]
    assert missed(engines, tmp_path, cases) == []


@pytest.mark.parametrize("name", ["github", "password", "card"])
def test_a_planted_secret_survives_every_two_wrappings(engines, tmp_path, name):
    cases = [
        (first, second, WRAPPINGS[second](WRAPPINGS[first](secrets()[name])))
        for first in WRAPPINGS
        for second in WRAPPINGS
    ]
    assert missed(engines, tmp_path, cases) == []
