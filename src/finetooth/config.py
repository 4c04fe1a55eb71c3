"""Configuration: ``[tool.finetooth]`` in pyproject.toml, or finetooth.toml, found upward from the working directory."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field, fields, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from finetooth.constraints import Bounded
from finetooth.errors import UsageError
from finetooth.targets.endpoint import EndpointSettings
from finetooth.targets.target import Precision
from finetooth.verdict import GOOD_FOR

if TYPE_CHECKING:
    from pydantic import TypeAdapter

OWN_FILE = "finetooth.toml"
"""The file that configures finetooth, where pyproject.toml does not."""

OWN_FOLDER = Path(".finetooth")
"""What finetooth keeps beside the data: the key, and the latest run. Never for git."""

WAIVERS = Path("finetooth-waivers.yaml")
"""The file of accepted findings where nobody names another. It belongs into git, beside the configuration."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the file may say. Flags win over it."""

    __pydantic_config__: ClassVar[Any] = {"extra": "forbid"}

    policy: str = "standard"
    """Name of a shipped policy, or a path beside the file."""
    key_file: Path | None = None
    """File that holds the fingerprint key, beside the file."""
    waivers: Path | None = None
    """File of accepted findings, beside the file; ``finetooth-waivers.yaml`` by default."""
    out: Path | None = None
    """Folder for what a run leaves behind, beside the file."""
    budget: int | None = None
    """How many findings a probe tries at most."""
    prompts: Path | None = None
    """Folder of questions and wrappers of your own that a probe tries as well, beside the file."""
    wrapped: int | None = None
    """How many values a probe tries each wrapper on at most; 0 for no wrappers."""
    engine: str | None = None
    """Where data is scanned: ``inline``, ``local`` or ``ray``."""
    workers: int | None = None
    """How many processes scan it at most."""
    dtype: Precision = "float32"
    """What the weights of a local model are kept in: ``float32``, ``bfloat16`` or ``float16``."""
    signing_key: Path | None = None
    """File that holds the private key (Ed25519, PEM) that passports are signed with, beside the file."""
    passport_days: Annotated[int, Bounded(ge=1)] = GOOD_FOR
    """For how many days a passport is good."""
    endpoint: EndpointSettings = field(default_factory=EndpointSettings)
    """How models behind an endpoint are asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """Settings, and the folder that their paths are relative to."""

    settings: Settings
    """What was read, or the defaults."""
    home: Path
    """Folder of the file, or the working directory where there is none."""

    @property
    def policy(self) -> str:
        """The policy as ``policyfile.load`` takes it."""
        beside = self.home / self.settings.policy
        return str(beside) if beside.is_file() else self.settings.policy

    @property
    def key_file(self) -> Path | None:
        """The key file, if one is configured."""
        return self.home / self.settings.key_file if self.settings.key_file else None

    @property
    def waivers(self) -> Path:
        """The file of waivers; there need not be one."""
        return self.home / (self.settings.waivers or WAIVERS)

    @property
    def signing_key(self) -> Path | None:
        """The file of the signing key, if one is configured."""
        return self.home / self.settings.signing_key if self.settings.signing_key else None

    @property
    def prompts(self) -> Path | None:
        """The folder of the user's own prompts, if one is configured."""
        return self.home / self.settings.prompts if self.settings.prompts else None

    @property
    def store(self) -> Path:
        """The folder that keeps what was scanned."""
        return self.home / OWN_FOLDER / "shards"

    @property
    def receipts(self) -> Path:
        """The folder that keeps what endpoints have answered."""
        return self.home / OWN_FOLDER / "probes"

    @property
    def endpoint(self) -> EndpointSettings:
        """How endpoints are asked, with paths that stand on their own."""
        told = self.settings.endpoint
        beside = {name: self.home / path for name in ("certificates", "tokenizer") if (path := getattr(told, name))}
        return replace(told, **beside)

    @property
    def out(self) -> Path:
        """The folder that a run leaves its artefacts in."""
        return self.home / self.settings.out if self.settings.out else OWN_FOLDER / "runs" / "latest"


def find(start: Path) -> Configuration:
    """Return the configuration of the nearest folder, from ``start`` upward, that has one; else the defaults.

    Raises:
        UsageError: a file is no TOML, or says something that is not known.
    """
    for folder in (start, *start.parents):
        if (path := stated_in(folder)) is not None:
            table = _toml(path)
            told = table if path.name == OWN_FILE else table["tool"]["finetooth"]
            return Configuration(settings=_settings(told, path), home=folder)
    return Configuration(settings=Settings(), home=start)


def stated_in(folder: Path) -> Path | None:
    """Return the file of a folder that configures finetooth, ``finetooth.toml`` before pyproject.toml; None without.

    Raises:
        UsageError: its pyproject.toml is no TOML.
    """
    own, project = folder / OWN_FILE, folder / "pyproject.toml"
    if own.is_file():
        return own
    return project if project.is_file() and "finetooth" in _toml(project).get("tool", {}) else None


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{path}: cannot be read as TOML ({error})") from error


def _settings(table: dict[str, Any], path: Path) -> Settings:
    from pydantic import ValidationError  # noqa: PLC0415 - only where there is a file

    try:
        return _adapter().validate_python(table)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        nested = first["loc"][:1] == ("endpoint",) and len(first["loc"]) > 1
        known = ", ".join(each.name for each in fields(EndpointSettings if nested else Settings))
        raise UsageError(f"{path}: {'.'.join(map(str, first['loc']))}: {first['msg']} (known keys: {known})") from error


@cache
def _adapter() -> TypeAdapter[Settings]:
    from pydantic import TypeAdapter  # noqa: PLC0415 - as above

    return TypeAdapter(Settings)
