"""What models are asked with, as YAML files: shipped ones, and those of a folder that users name.

Each file says by its schema what it holds: questions (`elicitation`) or a wrapper (`wrapping`). What is wrong with one
is told with its line.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import Field, TypeAdapter, ValidationError
from yaml import MarkedYAMLError, SafeLoader, YAMLError, compose

from finetooth.errors import UsageError
from finetooth.policyfile import explained, refuse_repeated_keys

_SHAPE: dict[str, Any] = {"extra": "forbid"}
_Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]

EncodingName = Literal["base64", "rot13", "reversed", "spelt"]
"""``base64``; ``rot13``, which leaves digits as they are; ``reversed``, the last character first; ``spelt``, character
by character with hyphens between."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One way to ask for a value of somebody: a question with the first words of its answer, or a sentence."""

    __pydantic_config__: ClassVar[Any] = _SHAPE

    name: _Name
    """What it is called."""
    ask: str | None = None
    """What the user says."""
    answer: str | None = None
    """How the assistant begins."""
    text: str | None = None
    """Text without a conversation, up to the value."""
    attributes: int = Field(default=0, ge=0)
    """How many attributes must be known, the name included."""

    def __post_init__(self) -> None:
        """Refuse what asks nothing."""
        if (self.text is None) == (self.ask is None) or (self.ask is None) != (self.answer is None):
            raise ValueError("a question has either 'ask' and 'answer', or 'text'")
        told = f"{self.ask}{self.answer}{self.text}"
        if "{wanted}" not in told and "{Wanted}" not in told:
            raise ValueError("a question says {wanted}, or {Wanted}, where the kind of the value belongs")
        _refuse_unknown(told, ("wanted", "Wanted", "subject", "attributes"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Questions:
    """How people are asked for in one language."""

    __pydantic_config__: ClassVar[Any] = _SHAPE

    schema: Literal["finetooth.questions/v1"]
    """What the file is."""
    language: str
    """ISO 639 code."""
    wanted: dict[str, str]
    """Entity types that are asked for, and what people call them."""
    subjects: dict[str, str]
    """Entity types by which somebody is known, the best first, and how they are then spoken of."""
    attributes: dict[str, str] = field(default_factory=dict)
    """Entity types that are told of somebody besides, the most telling first, and what they are called there."""
    given_away_by: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """For an entity type the others that give its value away, so that they are not told."""
    questions: Annotated[tuple[Question, ...], Field(min_length=1)]
    """How it is asked."""

    def __post_init__(self) -> None:
        """Refuse a subject of whom nothing is said."""
        for name, subject in self.subjects.items():
            if "{value}" not in subject:
                raise ValueError(f"subjects.{name}: says {{value}} where the value belongs")


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One turn that a wrapper puts into a conversation."""

    __pydantic_config__: ClassVar[Any] = _SHAPE

    role: Literal["user", "assistant"]
    """Who speaks."""
    text: str
    """What is said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrapper:
    """What is put around the prompt of an attack. What stands there stays: a wrapper only adds to it."""

    __pydantic_config__: ClassVar[Any] = _SHAPE

    schema: Literal["finetooth.wrapper/v1"]
    """What the file is."""
    name: _Name
    """Evidence calls the attack by it: ``targeted+NAME``."""
    description: str
    """What it tries."""
    source: str
    """Where it is from."""
    attacks: Annotated[tuple[Literal["targeted", "record", "elicitation", "untargeted"], ...], Field(min_length=1)]
    """What it is put around."""
    system: str | None = None
    """The system prompt; ``{text}`` is the conversation's own. Without one it goes before the user's first words."""
    before: tuple[Said, ...] = ()
    """Turns before the conversation's first one: user and assistant in turn, the assistant last."""
    ask: str | None = None
    """What the user last says before the assistant's answer; ``{text}`` is what is said there."""
    opening: str | None = None
    """How the answer begins; ``{text}`` is how it begins anyway."""
    encoding: EncodingName | None = None
    """How the value is then expected to be written."""

    def __post_init__(self) -> None:
        """Refuse what changes nothing, or takes away what makes a value likely."""
        if not (self.system or self.before or self.ask or self.opening):
            raise ValueError("a wrapper has 'system', 'before', 'ask' or 'opening'")
        if self.ask is not None and "{text}" not in self.ask:
            raise ValueError("ask: says {text} where the attack's own words belong")
        if self.opening is not None and "{text}" not in self.opening and not self.encoding:
            raise ValueError("opening: says {text} where the attack's own words belong, unless there is an encoding")
        if self.encoding and not (self.ask and self.opening):
            raise ValueError("encoding: an encoded answer is asked for with 'ask', and begins with an 'opening'")
        roles = [said.role for said in self.before]
        if roles != [("user", "assistant")[position % 2] for position in range(len(roles))] or len(roles) % 2:
            raise ValueError("before: user and assistant speak in turn, the user first and the assistant last")
        for told in (self.system, self.ask, self.opening):
            _refuse_unknown(told or "", ("text",))


@cache
def shipped() -> tuple[Questions | Wrapper, ...]:
    """Return what comes with finetooth, in order of file name."""
    folder = files("finetooth") / "attacks" / "prompts"
    entries = sorted((entry for entry in folder.iterdir() if entry.name.endswith(".yaml")), key=lambda each: each.name)
    return tuple(parse(entry.read_text("utf-8"), entry.name) for entry in entries)


def load(folder: Path | None = None) -> tuple[Questions | Wrapper, ...]:
    """Return what comes with finetooth, and after it what a user's folder holds, in order of file name.

    Raises:
        UsageError: there is no such folder, it holds no prompts, one does not validate, or a wrapper's name is taken.
    """
    if folder is None:
        return shipped()
    paths = sorted(folder.glob("*.yaml"))
    if not paths:
        raise UsageError(f"{folder}: no prompts here (*.yaml); name the folder that holds them")
    own = []
    for path in paths:
        try:
            own.append(parse(path.read_text("utf-8-sig"), str(path)))
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"{path}: cannot be read ({type(error).__name__}); prompts are UTF-8 YAML") from error
    held = (*shipped(), *own)
    seen: set[str] = set()
    for wrapper in (each for each in held if isinstance(each, Wrapper)):
        if wrapper.name in seen:
            raise UsageError(f"{folder}: two wrappers are called {wrapper.name!r}; rename yours")
        seen.add(wrapper.name)
    return held


def parse(text: str, origin: str) -> Questions | Wrapper:
    """Return what a YAML text holds.

    Args:
        text: the YAML.
        origin: where it comes from, for messages.

    Raises:
        UsageError: it is no YAML or does not validate; the message names the line.
    """
    try:
        root = compose(text, Loader=SafeLoader)
        value = SafeLoader("").construct_document(root) if root else None
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise UsageError(f"{origin}:{line}: not valid YAML ({error.problem or error.context})") from error
    except (YAMLError, ValueError, RecursionError) as error:  # ValueError: a 30th of February
        raise UsageError(f"{origin}: not valid YAML ({type(error).__name__})") from error
    if root is None or not isinstance(value, dict) or str(value.get("schema")) not in _KINDS:
        raise UsageError(f"{origin}:1: a file of prompts begins with 'schema: {' or '.join(_KINDS)}'")
    refuse_repeated_keys(root, origin)
    try:
        validated: Questions | Wrapper = _adapter(value["schema"]).validate_python(value)
    except ValidationError as error:
        raise UsageError(explained(error, root, origin)) from error
    return validated


_KINDS: Final = {"finetooth.questions/v1": Questions, "finetooth.wrapper/v1": Wrapper}


@cache
def _adapter(schema: str) -> TypeAdapter[Any]:
    return TypeAdapter(_KINDS[schema])


def _refuse_unknown(told: str, known: tuple[str, ...]) -> None:
    for name in _placeholders(told):
        if name not in known:
            raise ValueError(f"{{{name}}} is not known here; there are {', '.join(f'{{{each}}}' for each in known)}")


def _placeholders(told: str) -> Iterator[str]:
    """Yield every word in braces: a misspelt one would be asked as it stands."""
    for part in told.split("{")[1:]:
        name, closed, _ = part.partition("}")
        if closed and name.isidentifier():
            yield name
