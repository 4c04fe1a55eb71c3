"""Reports of every kind, made by hand, for the tests of every format. Import as ``from reports import REPORTS``."""

from dataclasses import replace
from datetime import date

from evidences import bad_line, evidence, extracted, finding, measured, probed, scanned
from finetooth import policyfile
from finetooth.evidence import AttackRun, Input, Regurgitation, Spent
from finetooth.judgement import judge
from finetooth.report import PolicyIdentity, Report, Timing, Tool
from finetooth.waiver import Waiver

POLICY = policyfile.load("standard")


TODAY = date(2027, 1, 15)


def waived(of, expires=date(2027, 2, 1), **told) -> Waiver:
    said = {"entity_type": of.entity_type, "reason": "public support mailbox", "owner": "privacy@acme.example", **told}
    return Waiver(fingerprint=of.fingerprint, expires=expires, **said)


def report(seen, stage="train", waivers=()) -> Report:
    return Report(
        tool=Tool(name="finetooth", version="0.0.0"),
        verdict=judge(POLICY.policy, seen, stage=stage, waivers=waivers, today=TODAY),
        policy=PolicyIdentity(name="standard", sha256="0123456789abcdef" * 4),
        key_id=seen.key_id,
        scan=seen.scan,
        probe=seen.probe,
        timing=Timing(seconds=1.5),
    )


_KEYS = [finding("API_KEY", f"{n:032x}", records=n) for n in (16, 8, 4, 2, 1)]
_EMAIL = finding("EMAIL_ADDRESS", "e" * 32, records=3)
_NAME = finding("PERSON", "f" * 32, tier="review")
_LEAKS = [extracted(key, probability=p) for key, p in zip(_KEYS, (0.99, 0.9, 0.31, 0.002, 0.0007), strict=True)]
_SAFE = extracted(_EMAIL, "not-extractable", 1e-12)
_COMMON, _UNDECIDED = extracted(_NAME, "common", 0.2), extracted(_EMAIL, "undecided", 0.01)
_PUBLIC = replace(_EMAIL, fingerprint="d" * 32)
_GONE = replace(_EMAIL, fingerprint="b" * 32)
_ALL_ACCEPTED = [
    waived(_EMAIL),
    waived(_PUBLIC, date(2027, 6, 30), reason="in the imprint of our own site", owner="legal@acme.example"),
]
_OVERDUE = waived(_PUBLIC, date(2027, 1, 14))
_DISALLOWED = waived(_KEYS[0], reason="a test key")

_ATTACKED = replace(
    probed(
        *(replace(leak, subject=f"{n // 2:032x}", near_probability=0.995) for n, leak in enumerate(_LEAKS)),
        replace(_SAFE, attack="elicitation", attacks={"targeted": 1e-13, "elicitation": 1e-12}),
        replace(_COMMON, outcome="undecided"),
        measurements=[
            measured(count=5, n=7, undecided=1),
            replace(measured(count=5, n=5), by="entity_type", group="API_KEY"),
            replace(measured(count=1, n=1), by="repetition", group="16-31"),
            measured("ordinary", count=0, n=299),
        ],
    ),
    attacks=(
        AttackRun(name="targeted", method="log-likelihood", trials=4800, failed=0, tried=307, attributable=5),
        AttackRun(
            name="targeted+roleplay",
            method="sampling",
            trials=200,
            failed=3,
            tried=7,
            attributable=1,
            lift=1.7,
            power="the endpoint gives no probabilities; 100 samples see what is said once in 33",
        ),
    ),
    regurgitated=(
        Regurgitation(
            attack="untargeted", path="train.jsonl", record=8, line=9, tokens=61, answers=3, reference_answers=0
        ),
    ),
    false_no_go=0.03,
    spent=Spent(requests=492, prompt_tokens=210_094, generated_tokens=1_200, cost=0.42),
    holdout=(Input(path="held_out.jsonl", sha256="1" * 64, bytes=999, format="openai-chat", records=40),),
)

REPORTS: dict[str, Report] = {
    "empty": report(evidence(scanned(records=0))),
    "go": report(evidence(scanned(_NAME, records=1200, allowed={"CREDIT_CARD": 2, "EMAIL_ADDRESS": 1040}))),
    "no-go": report(evidence(scanned(*_KEYS, _EMAIL, _NAME, records=400))),
    "incomplete": report(evidence(scanned(_NAME, unread=[bad_line(7), bad_line(9)]))),
    "leaking": report(
        evidence(
            scanned(*_KEYS, _EMAIL, _NAME, records=400),
            probed(
                *_LEAKS, _SAFE, _COMMON, measurements=[measured(count=5, n=7), measured("ordinary", count=2, n=300)]
            ),
        ),
        "release",
    ),
    "unproven": report(
        evidence(
            scanned(_EMAIL, _NAME, records=400),
            probed(
                _COMMON,
                _UNDECIDED,
                measurements=[measured(n=2, undecided=1), measured("ordinary", n=40)],
                failed=1,
                reference=False,
            ),
        ),
        "release",
    ),
    "safe": report(
        evidence(
            scanned(_EMAIL, records=400), probed(_SAFE, measurements=[measured(n=1), measured("ordinary", n=300)])
        ),
        "release",
    ),
    "attacked": report(evidence(scanned(*_KEYS, _EMAIL, _NAME, records=400), _ATTACKED), "release"),
    "waived": report(evidence(scanned(_EMAIL, _PUBLIC, _NAME, records=400)), waivers=_ALL_ACCEPTED),
    "waivers": report(
        evidence(scanned(_KEYS[0], _EMAIL, _PUBLIC, _NAME, records=400)),
        waivers=[waived(_EMAIL), _OVERDUE, _DISALLOWED, waived(_GONE)],
    ),
}
