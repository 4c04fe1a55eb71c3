"""Kingfisher's engine: its rules, ours and users', compiled, and asked about texts.

To load the catalogue takes a quarter of a second, and two thirds of that go into the filters of its rules, which are
needed where a pattern has matched and nowhere else, and into requests to providers, which are never made. So `InSteps`
loads the patterns alone, and afterwards, of the few rules that some text has matched, the whole.

What is found is the same. A filter, the demand for a component nearby, and the settling of doubles only ever take away
what patterns have matched, of doubles always one is left, and none of them looks at a rule that has matched nothing.
So a text in which no pattern of the catalogue matches holds nothing of it, whatever the filters say; every other text
is scanned once more, with all that its rules say.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import tempfile
from collections.abc import Sequence
from importlib.metadata import version as installed
from pathlib import Path
from typing import Any, Final, Protocol

from finetooth import runfolder
from finetooth.detectors.cachefolder import cache_folder
from finetooth.detectors.postponed import postponed
from finetooth.errors import IncompleteError

RULES: Final = Path(__file__).parent / "rules" / "generic.yaml"
"""Our own rules."""

SECONDS: Final = 30.0
"""A window takes a millisecond; one that takes this long will not end."""

_UNUSED: Final = tuple(f"kingfisher_sdk.{name}" for name in ("git", "inputs", "revocation", "validation"))
"""What the package imports for others: to go through repositories, and to ask providers whether a secret works."""

_ONLY_SHOWN: Final = frozenset({"detection_regex"})
"""What Kingfisher tells of a rule, and does not take."""

_NEEDED_LATER: Final = _ONLY_SHOWN | {"betterleaks_filter", "examples", "negative_examples", "references", "revocation"}
"""What a rule does not need to match."""

_FORMAT: Final = "catalogue/1"
"""Names how the catalogue is kept, and what `_line` makes of a rule."""

Answer = list[Any] | Exception
"""Kingfisher's findings in a text, or what kept it from scanning it."""


class Engine(Protocol):
    """Finds what the rules match."""

    def scan(self, texts: Sequence[bytes]) -> list[Answer]:
        """Return what is found in each text, or why it could not be scanned."""

    def pattern(self, rule: str) -> str:
        """Return the regular expression of a rule."""


def load(own: Sequence[Path] = ()) -> Engine:
    """Return the engine.

    Args:
        own: files of rules of the user's own. These may rest on the catalogue's, so all are loaded at once.

    Raises:
        IncompleteError: Kingfisher could not compile its rules.
    """
    cache = cache_folder("kingfisher")
    try:
        return AtOnce(cache, own) if own or cache is None else InSteps(cache)
    except Exception as error:
        raise IncompleteError(
            f"Kingfisher could not load its rules ({type(error).__name__}); reinstall kingfisher-secret-scanner"
        ) from error


class AtOnce:
    """All rules whole, in one database."""

    def __init__(self, cache: Path | None, own: Sequence[Path] = ()) -> None:
        self._rules = _rules([RULES, *own], cache, catalogue=True)
        self._scanner = _scanner(self._rules)

    def scan(self, texts: Sequence[bytes]) -> list[Answer]:
        """Return what is found in each text."""
        return [_answer(self._scanner, text) for text in texts]

    def pattern(self, rule: str) -> str:
        """Return the regular expression of a rule."""
        return str(self._rules.detail(rule)["pattern"])


class InSteps:
    """Our rules and the catalogue's patterns; then what else the rules say whose patterns have matched.

    Args:
        cache: a folder that nobody else can write: what a file of it says is taken for the catalogue.
    """

    def __init__(self, cache: Path) -> None:
        self._cache = cache
        self._catalogue = _Catalogue(cache)
        self._rules = self._catalogue.rules(cache, beside=[RULES])
        self._matching = _scanner(self._rules)
        self._whole: frozenset[str] = frozenset()
        self._judging: Any = None

    def scan(self, texts: Sequence[bytes]) -> list[Answer]:
        """Return what is found in each text."""
        matched = [_answer(self._matching, text) for text in texts]
        wanted = {each.rule_id for answer in matched if isinstance(answer, list) for each in answer if not _ours(each)}
        if not wanted <= self._whole:
            # For the texts of a commit a few rules; who goes on will need others as well.
            self._whole = frozenset(self._catalogue.names if self._whole else wanted)
            self._judging = _scanner(self._catalogue.rules(self._cache, whole=self._whole))
        return [self._settled(text, answer) for text, answer in zip(texts, matched, strict=True)]

    def _settled(self, text: bytes, matched: Answer) -> Answer:
        if isinstance(matched, Exception) or all(map(_ours, matched)):
            return matched
        judged = _answer(self._judging, text)
        return judged if isinstance(judged, Exception) else [*filter(_ours, matched), *judged]

    def pattern(self, rule: str) -> str:
        """Return the regular expression of a rule."""
        return str(self._rules.detail(rule)["pattern"])


def _ours(finding: Any) -> bool:
    # What our rules have matched stands as it is: they have no filter, and the catalogue's know nothing of them.
    return bool(finding.rule_id.startswith("finetooth."))


class _Catalogue:
    """The rules of the catalogue, without what they need later, and whole, as Kingfisher itself tells them."""

    def __init__(self, cache: Path) -> None:
        """Read it from the cache, or have it from Kingfisher, which takes as long as to load all rules."""
        made_by = f"{_FORMAT} {installed('kingfisher-secret-scanner')} {sorted(_NEEDED_LATER)} {sorted(_ONLY_SHOWN)}"
        file = cache / f"{hashlib.sha256(made_by.encode()).hexdigest()[:32]}.catalogue"
        try:
            digest, _, content = file.read_bytes().partition(b"\n")
            if hashlib.sha256(content).hexdigest().encode() != digest:
                raise ValueError
            lines = content.decode().split("\n")
        except (OSError, ValueError):  # there is none yet, or it was damaged
            rules = _rules([], cache, catalogue=True)
            told = [rules.detail(each["id"]) for each in rules.metadata()]
            lines = [each["id"] for each in told]
            lines += [_line(each, without) for without in (_NEEDED_LATER, _ONLY_SHOWN) for each in told]
            content = "\n".join(lines).encode()
            with contextlib.suppress(OSError):
                runfolder.replace(file, hashlib.sha256(content).hexdigest().encode() + b"\n" + content)
        count = len(lines) // 3
        self.names, self._patterns, self._whole = lines[:count], lines[count : 2 * count], lines[2 * count :]

    def rules(self, cache: Path, *, whole: frozenset[str] = frozenset(), beside: Sequence[Path] = ()) -> Any:
        """Return the rules: some whole, and of the others the patterns.

        These are not needed then, but with them Kingfisher's compiled patterns are always the same, and kept once.

        Args:
            cache: where the compiled patterns are kept.
            whole: ids of the rules that are wanted whole.
            beside: files of other rules.
        """
        lines = self._patterns
        try:
            if whole:
                told = zip(self.names, self._patterns, self._whole, strict=True)
                lines = [all_ if name in whole else pattern for name, pattern, all_ in told]
            # JSON is YAML, and Kingfisher reads files alone.
            with tempfile.NamedTemporaryFile("w", suffix=".yml", dir=cache, encoding="utf-8") as file:
                file.write('{"rules": [\n' + ",\n".join(lines) + "\n]}\n")
                file.flush()
                return _rules([*beside, Path(file.name)], cache)
        except Exception:  # noqa: BLE001 - a full disk, or what a damaged file made of it: all of them whole are as right
            return _rules(beside, cache, catalogue=True)


def _line(rule: dict[str, Any], without: frozenset[str]) -> str:
    told = {name: value for name, value in rule.items() if name not in without and value is not None}
    if without is _NEEDED_LATER and "validation" in told:
        told["validation"] = {"type": "Assumed"}  # of doubles, a rule that can be asked for its validity is kept
    return json.dumps(told)


def _rules(files: Sequence[Path], cache: Path | None, *, catalogue: bool = False) -> Any:
    with postponed(*_UNUSED):
        from kingfisher_sdk import Rules  # noqa: PLC0415 - heavy

    return Rules(files, builtins=catalogue, confidence="low", cache=cache is not None, cache_dir=cache)


def _scanner(rules: Any) -> Any:
    from kingfisher_sdk import Scanner  # noqa: PLC0415 - heavy

    return Scanner(rules, base64=True)


def _answer(scanner: Any, text: bytes) -> Answer:
    try:
        return list(scanner.scan(text, timeout=SECONDS))
    except Exception as error:  # noqa: BLE001 - whatever a text does to the engine, it counts as unread
        return error
