"""What finetooth runs on here: versions, digests of models, key and configuration. Looks, and changes nothing."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from importlib.util import find_spec
from pathlib import Path

import finetooth
from finetooth import config, keyfile, policyfile, waiverfile
from finetooth.detectors import native
from finetooth.detectors.ner_models import shipped
from finetooth.digests import digest_of
from finetooth.errors import FinetoothError

_ENGINES = ("presidio-analyzer", "spacy", "kingfisher-secret-scanner", "pyarrow", "datasets")
_PROBE = ("torch", "transformers", "safetensors", "peft", "gguf")


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at."""

    name: str
    """What."""
    state: str
    """What was seen, or how to mend it."""
    ok: bool
    """Whether it will work."""
    needed: bool
    """Whether a scan cannot run without it."""


def inspect() -> list[Check]:
    """Return everything that decides whether, and with what, finetooth runs here."""
    return [
        Check("finetooth", f"{finetooth.__version__} on Python {platform.python_version()}", ok=True, needed=True),
        *_packages(_ENGINES, needed=True, remedy="pip install --force-reinstall finetooth"),
        Check("native part", native.state(), ok=native.loaded() is not None, needed=False),
        *_packages(_PROBE, needed=False, remedy="to probe a local model: pip install 'finetooth[probe]'"),
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


def _packages(names: tuple[str, ...], *, needed: bool, remedy: str) -> Iterator[Check]:
    for name in names:
        try:
            yield Check(name, distribution(name).version, ok=True, needed=needed)
        except PackageNotFoundError:
            yield Check(name, f"not installed; {remedy}", ok=False, needed=needed)


def _configuration() -> Iterator[Check]:
    try:
        settings = config.find(Path.cwd())
        source = policyfile.load(settings.policy)
    except FinetoothError as error:
        yield Check("configuration", str(error), ok=False, needed=True)
        return
    yield Check(
        "configuration", f"{settings.home} (policy {source.policy.name} {source.sha256[:8]})", ok=True, needed=True
    )
    for named in source.policy.detect.ner_models():
        yield _ner_model(named)
    yield _key(settings)
    yield _waivers(settings)


def _ner_model(named: str) -> Check:
    if named.startswith("transformers:"):
        return _ner_folder(named.removeprefix("transformers:"))
    if named.startswith("finetooth:"):
        try:
            folder = shipped(named.removeprefix("finetooth:"))
        except FinetoothError as error:
            return Check("model", str(error), ok=False, needed=True)
        files = ((path.relative_to(folder).as_posix(), path) for path in sorted(folder.rglob("*")) if path.is_file())
        return Check("model", f"{named} {finetooth.__version__}, sha256 {digest_of(files)}", ok=True, needed=True)
    package = named.removeprefix("spacy:")
    if find_spec(package) is None:
        return Check(
            "model", f"{package} is not installed; pip install {package.replace('_', '-')}", ok=False, needed=True
        )
    version = distribution(package).version
    return Check("model", f"{package} {version}, sha256 {model_digest(package)}", ok=True, needed=True)


def _ner_folder(named: str) -> Check:
    files = sorted(Path(named).expanduser().glob("*.safetensors"))
    if not files:
        return Check(
            "model", f"{named}: no folder with safetensors; a scan looks in the local cache", ok=False, needed=False
        )
    return Check(
        "model", f"{named}, weights sha256 {digest_of((file.name, file) for file in files)}", ok=True, needed=True
    )


def _key(settings: config.Configuration) -> Check:
    if os.environ.get(keyfile.VARIABLE):
        place = keyfile.VARIABLE
    else:
        path = settings.key_file or settings.home / keyfile.DEFAULT
        if not path.exists():
            return Check("key", f"none yet; the first run makes {path}", ok=settings.key_file is None, needed=False)
        place = str(path)
    try:
        key = keyfile.resolve(os.environ, settings.key_file, settings.home)
    except FinetoothError as error:
        return Check("key", str(error), ok=False, needed=True)
    return Check("key", f"{key.id} from {place}", ok=True, needed=True)


def _waivers(settings: config.Configuration) -> Check:
    path = settings.waivers
    if not path.exists():
        return Check("waivers", f"none; {path} would hold them", ok=True, needed=False)
    try:
        told = waiverfile.load(path)
    except FinetoothError as error:
        return Check("waivers", str(error), ok=False, needed=True)
    return Check("waivers", f"{len(told.waivers):,} in {path}, of key {told.key_id}", ok=True, needed=True)
