"""Issuing passports and checking them: from what a user names to what `passport` and `verification` are about."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path

from finetooth import config, passportfile, presented, signing, verification
from finetooth.errors import IncompleteError, ModelError
from finetooth.passport import Signed, Statement, issue
from finetooth.policy import PolicySource
from finetooth.report import PolicyIdentity, Report
from finetooth.running import Data, paths_of, policy_of, sources_of
from finetooth.targets.endpoint import named_by_url
from finetooth.targets.modelfiles import files_of, identity
from finetooth.verification import Held, Offer, Signature, Verification


def issued(
    report: Report,
    settings: config.Configuration,
    environment: Mapping[str, str] = os.environ,
    before: Statement | None = None,
) -> tuple[bytes | None, str]:
    """Return the passport that a report is worth, and what there is to say of it.

    Args:
        report: what was judged.
        settings: say for how long it is good, and which key signs it.
        environment: may hold the key.
        before: the passport of the data, which that of a model goes on with.

    Returns:
        The text of ``passport.json``, or None where there is none; and a sentence, empty where the verdict is no GO.

    Raises:
        UsageError: there is a signing key that cannot be used.
    """
    if report.verdict.decision != "GO":
        return None, ""
    today = report.verdict.waivers_as_of or _today()
    statement = issue(report, today, settings.settings.passport_days, before)
    if isinstance(statement, str):
        return None, f"No passport: {statement}"
    signer = signing.signer(environment, settings.signing_key)
    by = f"signed with key {signer.id[:8]}" if signer else "unsigned"
    return passportfile.dump(statement, signer), f"{by}, good until {statement.facts.expires}"


def verify(
    passport: str | Path,
    data: Data,
    *,
    model: str | Path | None = None,
    base: str | Path | None = None,
    policy: str | Path | None = None,
    key: str | Path | None = None,
    records: bool = False,
    today: date | None = None,
) -> Verification:
    """Tell whether a passport was issued for exactly this, and is still good.

    Args:
        passport: the ``passport.json`` of a run.
        data: what is to be trained on: files, compared by their bytes; or rows in memory, by what they say.
        model: the tuned model, where it must be the one that was probed.
        base: the model under an adapter, where that does not name a folder that is here.
        policy: what it must have been judged by.
        key: file with the public key (Ed25519, PEM) that must have signed it.
        records: compare files too by what their records say, in any order, container and spelling.
        today: the day on which it must be good; UTC's by default.

    Raises:
        UsageError: something that was named does not exist.
    """
    try:
        signed = passportfile.load(Path(passport))
    except passportfile.NotPassport as error:
        return Verification("refused", (f"tampered: {error}",))
    settings = config.find(Path.cwd())
    # What was judged in memory has no bytes, and neither has what is presented so.
    judged_in_files = all("sha256" in each.digest for each in signed.statement.of("data"))
    by_records = records or not (paths_of(data) and judged_in_files)
    held, all_records = _presented(data, signed, by_records=by_records)
    offer = Offer(
        data=held,
        records=all_records,
        by_records=by_records,
        policy=None if policy is None else _identity(policy_of(policy, settings)),
        model=None if model is None else _model(str(model), base),
        signature="unasked" if key is None else _signature(signed, Path(key)),
    )
    return verification.verify(signed, offer, today or _today())


def digest(data: Data) -> str:
    """Return the digest of what the records of some data say: the same in any order, container and spelling.

    It is what a passport names them by. A ``datasets.Dataset`` has that of the file which it was loaded from.

    Args:
        data: files, or rows in memory.

    Raises:
        UsageError: a path that does not exist.
        IncompleteError: a record cannot be read.
    """
    shown = presented.rows(sources_of(data, twice=False))
    found = presented.total(shown)
    if found is None:
        raise IncompleteError(next(each.fault for each in shown if each.fault))
    return found


def _presented(data: Data, passport: Signed, *, by_records: bool) -> tuple[tuple[Held, ...], str | None]:
    """Return the files, or rows, as they are, and what all records say where they were read."""
    sources = sources_of(data, twice=False)
    shown = presented.rows(sources) if by_records else presented.files(sources)
    held = tuple(Held(each.path, each.sha256, each.fault) for each in shown)
    known = {each.digest.get("sha256") for each in passport.statement.of("data")}
    if not by_records and not {each.sha256 for each in held} <= known and "-" not in {each.path for each in held}:
        # They are other files; whether they say the same is worth knowing, and so worth reading them.
        shown = presented.rows(sources)
    return held, presented.total(shown)


def _identity(source: PolicySource) -> PolicyIdentity:
    return PolicyIdentity(name=source.policy.name, sha256=source.sha256)


def _model(named: str, base: str | Path | None) -> tuple[str, str | None]:
    if named_by_url(named):
        return named, None
    path = Path(named)
    if not path.exists():
        raise ModelError(f"{named}: no such folder or GGUF file; --model names the folder that training saved")
    return named, identity(*files_of(path, None if base is None else Path(base))).digest.removeprefix("sha256:")


def _signature(passport: Signed, key: Path) -> Signature:
    verifier = signing.verifier(key)
    if not passport.signatures:
        return "missing"
    return "good" if passportfile.signed_by(passport, verifier) else "bad"


def _today() -> date:
    return datetime.now(UTC).date()
