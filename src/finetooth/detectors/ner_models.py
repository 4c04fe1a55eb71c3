"""What `detect.ner` names: a scheme and a model, told apart before any library is loaded."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from finetooth.errors import PolicyError
from finetooth.policy import Detect

_SCHEMES: Final = ("finetooth", "spacy", "transformers")

_SHIPPED: Final = Path(__file__).parents[1] / "models"


@dataclass(frozen=True, slots=True)
class NerModel:
    """One named-entity model of a policy."""

    scheme: str
    """``finetooth``, ``spacy`` or ``transformers``."""
    name: str
    """A model that finetooth ships; a package; or a folder, or the name of a model in the local Hugging Face cache."""


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
            f"detect.ner: '{named}' is none of finetooth:en_pii, spacy:PACKAGE and "
            "transformers:FOLDER; name one, or null for patterns alone"
        )
    return NerModel(scheme, name.strip())


def shipped(name: str) -> Path:
    """Return the folder of a model that finetooth ships, which spaCy reads (docs/ner.md).

    Raises:
        PolicyError: there is none of that name.
    """
    folder = _SHIPPED / name
    if not name.isidentifier() or not folder.is_dir():
        raise PolicyError(f"detect.ner: finetooth ships no model '{name}'; name finetooth:en_pii")
    return folder
