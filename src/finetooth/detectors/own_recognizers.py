"""Presidio recognizers of the user's own: from Presidio's YAML files, or classes of installed packages.

Each runs behind :class:`OwnRecognizer`, which believes nothing: what a stranger's code returns is checked before it
counts, and what does not hold leaves the text unread.

NOTE: this module imports presidio when it is imported. Only :mod:`finetooth.detectors.presidio` imports it, where a
policy names recognizers.
"""
# mypy: disable-error-code="misc"
# Presidio's classes are untyped to mypy (see pyproject.toml), and the ports can only be met by subclassing them.

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from importlib import import_module
from importlib.metadata import Distribution, packages_distributions
from importlib.metadata import distribution as installed
from importlib.util import find_spec
from inspect import signature
from pathlib import Path
from typing import Any, Final

from presidio_analyzer import AnalysisExplanation, EntityRecognizer, PatternRecognizer, RecognizerResult

from finetooth.detectors.rulefiles import parsed
from finetooth.digests import digest_of
from finetooth.entities import ENTITY_TYPES
from finetooth.errors import PolicyError
from finetooth.policy import CLASS, Detect

OWN: Final = "own."
"""How the names of these recognizers begin: none of Presidio's own does, so none can pass for one."""

_FILE_KEYS: Final = {"recognizers", "supported_languages", "global_regex_flags"}


class OwnRecognizer(EntityRecognizer):
    """A user's recognizer, and what it returns in good order."""

    def __init__(self, inner: EntityRecognizer, name: str, version: str) -> None:
        """Take a recognizer over.

        Args:
            inner: the recognizer.
            name: what findings call it.
            version: names exactly what the policy's recognizers are, this one among them.
        """
        self.inner = inner
        super().__init__(
            version=version,
            supported_entities=list(inner.supported_entities),
            name=OWN + name,
            supported_language=inner.supported_language,
            context=inner.context,
            score_thresholds=inner.score_thresholds,
        )

    def load(self) -> None:
        """Do nothing: the recognizer loaded what it needs when it was made."""

    def analyze(self, text: str, entities: list[str], nlp_artifacts: Any = None) -> list[RecognizerResult]:
        """Return what the recognizer finds.

        Raises:
            ValueError: it claims a place outside the text, a score that is none, or a type that it did not announce.
        """
        found = self.inner.analyze(text=text, entities=self.supported_entities, nlp_artifacts=nlp_artifacts)
        return [self._checked(result, text) for result in found or ()]

    def _checked(self, result: RecognizerResult, text: str) -> RecognizerResult:
        if not 0 <= result.start < result.end <= len(text) or not 0 <= result.score <= 1:
            raise ValueError("no place in the text, or no score")
        if result.entity_type not in self.supported_entities:
            raise ValueError("an entity type that is not among supported_entities")
        told = result.analysis_explanation
        return RecognizerResult(
            entity_type=result.entity_type,
            start=result.start,
            end=result.end,
            score=float(result.score),
            analysis_explanation=AnalysisExplanation(
                recognizer=self.name,
                original_score=float(result.score if told is None else told.original_score),
                validation_result=None if told is None else told.validation_result,
            ),
            recognition_metadata={
                RecognizerResult.RECOGNIZER_NAME_KEY: self.name,
                RecognizerResult.RECOGNIZER_IDENTIFIER_KEY: self.id,
            },
        )


def load(detect: Detect, languages: Sequence[str]) -> list[OwnRecognizer]:
    """Return the recognizers that a policy names.

    Args:
        detect: names them, and makes their entity types known.
        languages: languages that are detected.

    Raises:
        PolicyError: one cannot be read, imported or made; the message names file and recognizer.
    """
    recognizers: list[tuple[EntityRecognizer, str]] = []
    taken: dict[str, str] = {}
    for named in detect.recognizers:
        made = _from_class(named, languages) if CLASS.fullmatch(named) else _from_file(Path(named), languages)
        for where, each in made:
            _refuse_unknown_types(where, each, detect)
            name = _kebab(each.name)
            if taken.setdefault(name, where) != where:
                raise PolicyError(f"{where}: the name is taken by {taken[name]}; findings are told apart by it")
            recognizers.append((each, name))
    version = _version(detect)
    return [OwnRecognizer(each, name, version) for each, name in recognizers]


def _version(detect: Detect) -> str:
    """Return what names exactly these recognizers: a digest of the files, and package, version and code of a class."""
    files = [Path(named) for named in detect.recognizers if not CLASS.fullmatch(named)]
    parts = [f"own recognizers {digest_of(('', file) for file in files)[:12]}"] if files else []
    for named in detect.recognizers:
        if found := CLASS.fullmatch(named):
            package, code = _distribution(named, found["module"]), Path(str(import_module(found["module"]).__file__))
            parts.append(f"{named} of {package.name} {package.version} {digest_of([('', code)])[:12]}")
    return ", ".join(parts)


def _from_file(path: Path, languages: Sequence[str]) -> Iterator[tuple[str, EntityRecognizer]]:
    document = parsed(path)
    entries = document.get("recognizers")
    if not isinstance(entries, list) or not entries:
        raise PolicyError(f"{path}: expected a list of 'recognizers', as Presidio's own files have it")
    if unknown := document.keys() - _FILE_KEYS:
        raise PolicyError(
            f"{path}: {', '.join(map(str, unknown))}: no such key; the policy's detect section says the rest"
        )
    for position, entry in enumerate(entries, start=1):
        if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
            raise PolicyError(f"{path}: recognizer {position}: a recognizer is a mapping with a name")
        where = f"{path}: recognizer {position} ({entry['name']})"
        if entry.get("type", "custom") != "custom":
            raise PolicyError(
                f"{where}: Presidio's own recognizers come with detect.regions; only custom ones stand here"
            )
        if entry.get("enabled", True):
            yield from ((where, made) for made in _from_entry(where, entry, document, languages))


def _from_entry(
    where: str, entry: dict[str, Any], document: dict[str, Any], languages: Sequence[str]
) -> Iterator[EntityRecognizer]:
    """Yield a recognizer for each of its languages that is detected; without any of its own, for all of them."""
    given = {key: value for key, value in entry.items() if key not in {"enabled", "type", "supported_languages"}}
    one = given.pop("supported_language", None)
    spoken = [one] if one else entry.get("supported_languages") or document.get("supported_languages") or languages
    contexts = {each["language"]: each.get("context") for each in spoken if isinstance(each, dict)}
    names = [each["language"] if isinstance(each, dict) else each for each in spoken]
    chosen = [language for language in names if language in languages]
    if not chosen:
        raise PolicyError(
            f"{where}: is for {', '.join(map(str, names))}, which is not among detect.languages "
            f"({', '.join(languages)}); add it there"
        )
    if "global_regex_flags" in document:
        given.setdefault("global_regex_flags", document["global_regex_flags"])
    for language in chosen:
        about = {"supported_language": language, "context": contexts.get(language) or given.get("context")}
        try:
            yield PatternRecognizer.from_dict({**given, **about})
        except Exception as error:  # noqa: BLE001 - Presidio raises whatever a constructor does, each a malformed entry
            raise PolicyError(f"{where}: {_told(error)}") from None


def _from_class(named: str, languages: Sequence[str]) -> Iterator[tuple[str, EntityRecognizer]]:
    where = f"detect.recognizers: {named}"
    module, name = named.split(":")
    package = _distribution(named, module)
    try:
        kind = getattr(import_module(module), name, None)
    except Exception as error:  # whatever a stranger's module does
        raise PolicyError(f"{where}: cannot be imported ({_told(error)}); mend the package {package.name}") from error
    _refuse_uninstalled(named, str(import_module(module).__file__), package)
    if not isinstance(kind, type) or not issubclass(kind, EntityRecognizer):
        raise PolicyError(f"{where}: {module} has no class {name} that is a presidio_analyzer.EntityRecognizer")
    try:
        if "supported_language" in signature(kind).parameters:
            made = [kind(supported_language=language) for language in languages]
        else:
            made = [kind()]
    except Exception as error:
        raise PolicyError(f"{where}: could not be made ({_told(error)}); it is called without arguments") from error
    for each in made:
        if each.supported_language not in languages:
            raise PolicyError(
                f"{where}: is for {each.supported_language}, which is not among detect.languages "
                f"({', '.join(languages)}); add it there"
            )
        yield where, each


def _distribution(named: str, module: str) -> Distribution:
    """Return the installed package that a module belongs to, before any of its code runs.

    Only what was installed: a policy comes with a checkout, and must not run what lies beside it.
    """
    top = module.partition(".")[0]
    names, spec = packages_distributions().get(top), find_spec(top)
    if not names or spec is None:
        raise PolicyError(
            f"detect.recognizers: {named}: {top} is of no installed package; pip install it (not in editable mode)"
        )
    package = installed(names[0])
    if spec.origin is not None:
        _refuse_uninstalled(named, spec.origin, package)
    return package


def _refuse_uninstalled(named: str, origin: str, package: Distribution) -> None:
    own = {Path(str(package.locate_file(file))).resolve() for file in package.files or ()}
    if Path(origin).resolve() not in own:
        raise PolicyError(
            f"detect.recognizers: {named}: {origin} is no file that the package {package.name} installed; "
            "pip install it (not in editable mode)"
        )


def _refuse_unknown_types(where: str, recognizer: EntityRecognizer, detect: Detect) -> None:
    unknown = set(recognizer.supported_entities) - ENTITY_TYPES.keys() - detect.entities.keys()
    if unknown:
        raise PolicyError(
            f"{where}: unknown entity type {', '.join(sorted(unknown))}; make it known under detect.entities"
        )


def _kebab(name: str) -> str:
    """Return a name as rule ids have it: ``EmployeeRecognizer`` is employee, ``Zip code Recognizer`` is zip-code."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", re.sub(r"\s*[Rr]ecognizer$", "", name))
    return re.sub(r"[^a-z0-9]+", "-", spaced.lower()).strip("-") or "unnamed"


def _told(error: Exception) -> str:
    """Return an error of Presidio or of a class on one line."""
    return f"{type(error).__name__}: {' '.join(str(error).split())}"
