"""Files of rules, parsed: what is wrong with a user's is told with its line, as for the policy that names it."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, Final

import yaml
from yaml import MarkedYAMLError, SafeLoader, YAMLError, compose

from finetooth.detectors import compiledpatterns
from finetooth.errors import PolicyError
from finetooth.policyfile import refuse_repeated_keys

LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The one in C reads rules in a tenth of the time; not every build of PyYAML has it."""


def shipped(path: Path) -> Any:
    """Return what a YAML file holds that comes with a library or with finetooth itself."""
    return compiledpatterns.parsed(_yaml, path.read_text("utf-8"))


def _yaml(text: str) -> Any:
    return yaml.load(text, LOADER)  # noqa: S506 - both loaders are safe ones


def parsed(path: Path) -> dict[str, Any]:
    """Return what a file of rules holds: TOML by its ending, else YAML.

    Raises:
        PolicyError: it cannot be read, is neither, holds a key twice, or is no mapping.
    """
    try:
        text = path.read_text("utf-8-sig")
        if path.suffix == ".toml":
            return tomllib.loads(text)
        root = compose(text, Loader=SafeLoader)
        if root is not None:
            refuse_repeated_keys(root, str(path))
        document = SafeLoader("").construct_document(root) if root else None
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise PolicyError(f"{path}:{line}: not valid YAML ({error.problem or error.context})") from error
    except tomllib.TOMLDecodeError as error:
        raise PolicyError(f"{path}: not valid TOML ({error})") from error
    except (OSError, UnicodeDecodeError, YAMLError) as error:
        raise PolicyError(f"{path}: cannot be read ({type(error).__name__}); rules are UTF-8 text") from error
    if not isinstance(document, dict):
        raise PolicyError(f"{path}:1: a file of rules is a mapping")
    return document
