"""What decides what the detectors find, told without loading any of them: policy, code, libraries, models.

A result that was kept from an earlier scan may be used again only where all of this is the same.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict
from functools import cache
from importlib.metadata import PackageNotFoundError, requires, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import finetooth
from finetooth.detectors.ner_models import ner_models, shipped
from finetooth.digests import digest_below, digest_of
from finetooth.policy import CLASS, Detect

_NAME = re.compile(r"[\w.-]+")
_METADATA = re.compile(r"^\w[\w.]*-[^-]+\.dist-info$")


def identity(detect: Detect) -> str:
    """Return a digest, hex, of everything that decides what detectors find under a policy.

    It covers what the policy says and the contents of the files that it names, the code of finetooth and of recognizer
    classes, the versions of all libraries that finetooth depends on, and the models.
    """
    told = {
        "detect": _detect(detect),
        "code": of_code(),
        "models": [_model(model.scheme, model.name) for model in ner_models(detect)],
        "classes": [_package(name.partition(":")[0]) for name in detect.recognizers if CLASS.fullmatch(name)],
    }
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


@cache
def of_code() -> str:
    """Return a digest, hex, of the code of finetooth and of the versions of all libraries that it depends on."""
    return hashlib.sha256(json.dumps([_code(), _libraries()], sort_keys=True).encode()).hexdigest()


def _detect(detect: Detect) -> Any:
    """Return the policy's section with every file that it names as the digest of its contents."""
    told = asdict(detect)
    for field in ("rules", "secret_rules", "recognizers", "allow"):
        told[field] = [_contents(name) for name in told[field]]
    told["deny"] = {name: [_contents(file) for file in files] for name, files in told["deny"].items()}
    return told


def _contents(name: str) -> str:
    path = Path(name)
    return digest_of([(path.name, path)]) if path.is_file() else name


@cache
def _code() -> str:
    """Return a digest of this package: its code and rules, of which a version alone says too little.

    Its models are left out, which count where a policy names them, and what is compiled from the code: each compiler
    makes something else of it, and it finds the same.
    """
    root = Path(__file__).parents[1]
    return digest_below(root, without=root / "models")


@cache
def _libraries() -> Mapping[str, str]:
    """Return the versions of the libraries that finetooth names, and of those that change what they find."""
    try:
        named = [match.group() for text in requires("finetooth") or () if (match := _NAME.match(text))]
    except PackageNotFoundError:
        named = []
    return dict(_versions(sorted({*named, "phonenumbers", "thinc", "finetooth"})))


def _versions(names: list[str]) -> Iterator[tuple[str, str]]:
    for name in names:
        try:
            yield name, _installed().get(re.sub(r"[-_.]+", "_", name).lower()) or version(name)
        except PackageNotFoundError:
            yield name, finetooth.__version__ if name == "finetooth" else "none"


@cache
def _installed() -> Mapping[str, str]:
    """Return versions of what is installed, by name, as the folders of their metadata are called (PEP 376, 427).

    To open these folders one by one takes longer than all else here.
    """
    found: dict[str, str] = {}
    for place in reversed(sys.path):  # the first one counts
        with suppress(OSError):
            folders = [name.removesuffix(".dist-info") for name in os.listdir(place or ".") if _METADATA.search(name)]  # noqa: PTH208 - names alone
            found |= {name.lower(): of for name, _, of in (folder.partition("-") for folder in folders)}
    return found


def _model(scheme: str, name: str) -> list[Any]:
    if scheme == "finetooth":
        return [scheme, name, digest_below(shipped(name))]
    if scheme == "spacy":
        return [scheme, name, *_package(name)]
    folder = Path(name).expanduser()
    return [scheme, name, *(_written(folder) if folder.is_dir() else ())]


def _package(module: str) -> list[list[Any]]:
    """Return the files of the package that a module is in; none of them is run."""
    found = find_spec(module.partition(".")[0])
    places = [Path(place) for place in (found.submodule_search_locations or [found.origin or ""])] if found else []
    return [file for place in places for file in _written(place)]


def _written(place: Path) -> list[list[Any]]:
    """Return name, size and date of each file: of weights, digests would take longer than many a scan."""
    files = sorted(place.rglob("*")) if place.is_dir() else [place]
    return [
        [path.relative_to(place).as_posix(), path.stat().st_size, path.stat().st_mtime_ns]
        for path in files
        if path.is_file() and "__pycache__" not in path.parts
    ]
