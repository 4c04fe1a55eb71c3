"""Reports of every kind, made by hand, for the tests of every format. Import as ``from reports import REPORTS``."""

from dataclasses import replace
from datetime import date

from evidences import bad_line, evidence, extracted, finding, measured, probed, scanned
from finetooth import policyfile
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
    "waived": report(evidence(scanned(_EMAIL, _PUBLIC, _NAME, records=400)), waivers=_ALL_ACCEPTED),
    "waivers": report(
        evidence(scanned(_KEYS[0], _EMAIL, _PUBLIC, _NAME, records=400)),
        waivers=[waived(_EMAIL), _OVERDUE, _DISALLOWED, waived(_GONE)],
    ),
}
