"""``finetooth hook`` without what reads command lines, which takes as long to load as a tenth of a hook.

This room reads the line that pre-commit calls, and every other that is written out plainly; of what it does not know it
says nothing, and `finetooth.cli.hook` reads it, whose options and words of help these are.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from finetooth.cli.screen import tell

_VALUES: Final = ("--policy", "--waivers", "--input-format", "--tokenizer")
_FLAGS: Final = {
    "--full": ("full", True),
    "--resume": ("resume", True),
    "--no-resume": ("resume", False),
    "-q": ("quiet", True),
    "--quiet": ("quiet", True),
    "--exit-zero": ("exit_zero", True),
}


def read(line: Sequence[str]) -> dict[str, Any] | None:
    """Return the arguments of `judge` that a command line says; None where it says anything else.

    >>> read(["hook", "a.jsonl", "--policy", "strict", "-q"])
    {'files': ['a.jsonl'], 'policy': 'strict', 'quiet': True}
    >>> read(["scan", "a.jsonl"]), read(["hook", "--help"]), read(["hook"]), read(["hook", "a.jsonl", "--policy"])
    (None, None, None, None)
    """
    if not line or line[0] != "hook":
        return None
    told: dict[str, Any] = {"files": []}
    rest = iter(line[1:])
    for word in rest:
        name, given, value = word.partition("=")
        if word == "--":
            told["files"] += rest
        elif word in _FLAGS:
            told |= [_FLAGS[word]]
        elif name in _VALUES:
            value = value if given else next(rest, "-")
            if value.startswith("-"):
                return None
            told[name.lstrip("-").replace("-", "_")] = Path(value) if name == "--waivers" else value
        elif word.startswith("-"):
            return None
        else:
            told["files"].append(word)
    return told if told["files"] else None


def judge(
    files: list[str],
    policy: str | None = None,
    waivers: Path | None = None,
    input_format: str | None = None,
    tokenizer: str | None = None,
    full: bool = False,
    resume: bool = True,
    quiet: bool = False,
    exit_zero: bool = False,
) -> int:
    """Judge what a commit adds, say what is to be said, and return the code to end with."""
    from finetooth import commit
    from finetooth.counting import counted
    from finetooth.formats.brief import brief

    judged = commit.judge(
        files, policy, full=full, waivers=waivers, input_format=input_format, tokenizer=tokenizer, resume=resume
    )
    if judged is None:
        return 0
    if not quiet:
        parts = {"new or changed in": judged.partly, "all of": judged.wholly}
        subject = ", ".join(f"{which} {counted(count, 'file')}" for which, count in parts.items() if count)
        tell(brief(judged.verdict, judged.scan, judged.grounds, subject))
    return judged.verdict.ends_with(exit_zero=exit_zero)
