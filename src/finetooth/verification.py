"""Whether what somebody presents is what a passport was issued for. Pure: no file, clock, network or terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Literal

from finetooth.passport import Signed, Statement, Subject
from finetooth.report import PolicyIdentity

Status = Literal["valid", "refused", "unchecked"]
Signature = Literal["good", "bad", "missing", "unasked"]

EXIT_CODES: dict[Status, int] = {"valid": 0, "refused": 1, "unchecked": 3}
"""What the command line ends with."""


@dataclass(frozen=True, slots=True)
class Held:
    """A file, or rows, that are presented."""

    path: str
    """As the user named it."""
    sha256: str | None
    """Digest of its bytes now."""
    fault: str | None = None
    """Where it could not be read, and why; None where it could."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """All that is presented with a passport."""

    data: tuple[Held, ...]
    """The files."""
    records: str | None = None
    """Digest of what all records say, where that is what counts, or may explain what differs."""
    by_records: bool = False
    """Whether records count, and not files: their order, their container and their spelling are free then."""
    policy: PolicyIdentity | None = None
    """The policy that it must have been judged by; None for any."""
    model: tuple[str, str | None] | None = None
    """Name and digest (hex) of the model that must have been probed; None where none is presented."""
    signature: Signature = "unasked"
    """What became of checking the signature: nobody may have named a key."""


@dataclass(frozen=True, slots=True)
class Verification:
    """What became of a passport."""

    status: Status
    """``valid``; ``refused``: it is not for this, or no longer good; ``unchecked``: that cannot be told."""
    reasons: tuple[str, ...]
    """Why it is not valid, one sentence each; empty where it is."""
    notes: tuple[str, ...] = ()
    """What one should know all the same, such as that nobody has signed it."""
    statement: Statement | None = None
    """What it says; None where it is no passport at all."""

    @property
    def exit_code(self) -> int:
        """What the command line ends with."""
        return EXIT_CODES[self.status]


def verify(passport: Signed, offer: Offer, today: date) -> Verification:
    """Return whether the passport is good for what is offered, today."""
    statement = passport.statement
    refused = [
        *_signature(passport, offer),
        *_validity(statement, today),
        *_policy(statement, offer),
        *(_records(statement, offer) if offer.by_records else _files(statement, offer)),
        *_model(statement, offer),
    ]
    unchecked = [*_unreadable(offer), *_uncheckable(statement, offer)]
    status: Status = "refused" if refused else "unchecked" if unchecked else "valid"
    return Verification(status, (*refused, *unchecked), tuple(_notes(passport, offer)), statement)


def _signature(passport: Signed, offer: Offer) -> Iterator[str]:
    if offer.signature == "missing":
        yield "unsigned: a key was named, and nobody has signed this passport"
    if offer.signature == "bad":
        yield f"tampered, or signed with another key ({_keys(passport)}) than the one that was named"


def _validity(statement: Statement, today: date) -> Iterator[str]:
    facts = statement.facts
    if statement.predicate.result == "FAILED" or statement.predicate.failed_tests:
        yield "tampered: it names requirements that failed, and only a GO is worth a passport"
    if today > facts.expires:
        yield f"expired: it was good until {facts.expires}; judge the data again"
    if today < facts.issued:
        yield f"not good yet: it was issued on {facts.issued}, and today is {today}; check the clock"


def _policy(statement: Statement, offer: Offer) -> Iterator[str]:
    # Who presents a model asks for what it was judged by; who presents data alone, for what that was.
    by = statement.train.policy if offer.model is None and statement.train else statement.policy
    if offer.policy and offer.policy.sha256 != by.sha256:
        judged = f"{by.name} {by.sha256[:8]}"
        yield f"different policy: judged by {judged}, and {offer.policy.name} {offer.policy.sha256[:8]} was asked for"


def _files(statement: Statement, offer: Offer) -> Iterator[str]:
    judged = Counter(_sha256(each) for each in statement.of("data"))
    held = Counter(each.sha256 for each in offer.data if each.sha256)
    hint = (
        "; its records are those that were judged, in other files, order or spelling: --records accepts that"
        if offer.records and offer.records == statement.records
        else ""
    )
    known = {each.name for each in statement.of("data")}
    told = {each.path for each in offer.data if each.fault}  # what cannot be read is no other file
    for each in offer.data:
        if each.sha256 and held[each.sha256] > judged[each.sha256]:
            held[each.sha256] -= 1
            told.add(each.path)
            what = "is not what was judged under this name" if each.path in known else "was not judged"
            yield f"different data: {each.path} {what}{hint}"
    for subject in statement.of("data"):
        sha256 = _sha256(subject)
        if judged[sha256] > held[sha256] and subject.name not in told:
            judged[sha256] -= 1
            yield f"different data: {subject.name} was judged, and is not here{hint}"


def _records(statement: Statement, offer: Offer) -> Iterator[str]:
    if statement.records and offer.records and statement.records != offer.records:
        yield "different data: its records are not those that were judged"


def _model(statement: Statement, offer: Offer) -> Iterator[str]:
    if offer.model is None:
        return
    name, digest = offer.model
    if statement.facts.model is None:
        yield f"different model: {name}: this passport is for data alone, no model was probed"
    elif digest and statement.facts.model.digest and digest not in map(_sha256, statement.of("model")):
        yield f"different model: {name} is not what was probed ({statement.facts.model.name})"


def _unreadable(offer: Offer) -> Iterator[str]:
    for each in offer.data:
        if each.fault:
            yield f"not checked: {each.fault}"


def _uncheckable(statement: Statement, offer: Offer) -> Iterator[str]:
    if offer.by_records and statement.records is None:
        yield "not checked: this passport holds no digest of records, since some were not read; name the files"
    if offer.model and statement.facts.model and not (offer.model[1] and statement.facts.model.digest):
        yield f"not checked: {offer.model[0]}: nothing shows which model answers behind an endpoint"


def _notes(passport: Signed, offer: Offer) -> Iterator[str]:
    if not passport.signatures:
        yield "unsigned: whoever can write the file can have made it up"
    elif offer.signature == "unasked":
        yield f"the signature ({_keys(passport)}) was not checked; name the key with --key"
    if offer.model is None and (probed := passport.statement.facts.model):
        yield f"the model that was probed ({probed.name}) was not compared; name it with --model"


def _keys(passport: Signed) -> str:
    return ", ".join(key[:8] for key, _ in passport.signatures)


def _sha256(subject: Subject) -> str:
    return subject.digest.get("sha256", "")
