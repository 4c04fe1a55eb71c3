"""Words that say nothing by themselves, such as "the": spaCy's lists, read without loading spaCy."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path


@cache
def stop_words(language: str) -> frozenset[str] | None:
    """Return the stop words of a language, in lower case; None where spaCy has no list under that name."""
    spacy = find_spec("spacy")
    if spacy is None or spacy.origin is None or not language.isalpha():
        return None
    file = Path(spacy.origin).parent / "lang" / language / "stop_words.py"
    spec = spec_from_file_location(f"{__name__}.{language}", file)
    if not file.is_file() or spec is None or spec.loader is None:
        return None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return frozenset(module.STOP_WORDS)
