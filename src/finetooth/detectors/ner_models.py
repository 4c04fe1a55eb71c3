"""What `detect.ner` names: a scheme and a model, told apart before any library is loaded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from finetooth.errors import PolicyError
from finetooth.policy import Detect

_SCHEMES: Final = ("spacy", "transformers")


@dataclass(frozen=True, slots=True)
class NerModel:
    """One named-entity model of a policy."""

    scheme: str
    """``spacy`` or ``transformers``."""
    name: str
    """A package; or a folder, or the name of a model in the local Hugging Face cache."""


def ner_models(detect: Detect) -> tuple[NerModel, ...]:
    """Return the named-entity models of a policy, in its order, each once.

    Raises:
        PolicyError: one is of no known form.
    """
    return tuple(dict.fromkeys(map(_parsed, detect.ner_models())))


def _parsed(named: str) -> NerModel:
    scheme, colon, name = named.partition(":")
    if not (colon and name.strip() and scheme in _SCHEMES):
        raise PolicyError(
            f"detect.ner: '{named}' is neither spacy:PACKAGE nor transformers:FOLDER; "
            "name one, or null for patterns alone"
        )
    return NerModel(scheme, name.strip())
