"""What the documents tell people to type is what the command line takes, and what they link to is there."""

import re
import shlex
from pathlib import Path

import pytest
from typer.main import get_command

from finetooth.cli.commands import app

TOP = Path(__file__).parents[1]
PAGES = [TOP / "README.md", *sorted(TOP.glob("docs/**/*.md")), *TOP.glob("*.md")]
_PIPES = {"|", "&&", "||", ";", ">", ">>", "2>", "<", "&"}


def commands():
    """Yield every command of ours that a code block shows, with the page that shows it."""
    for page in dict.fromkeys(PAGES):
        for block in re.findall(r"^```\w*\n(.*?)^```", page.read_text("utf-8"), re.DOTALL | re.MULTILINE):
            for line in block.replace("\\\n", " ").splitlines():
                if match := re.match(r"\s*(?:\$ |run: |- )?finetooth (?!scan:)(.*)", line):
                    yield page.relative_to(TOP).as_posix(), match[1]


def words(text):
    lexer = shlex.shlex(text, posix=True, punctuation_chars="|&;<>")
    lexer.whitespace_split = True
    told = []
    for word in lexer:
        if word in _PIPES:
            break
        told.append(word)
    return told


@pytest.mark.parametrize(("page", "text"), sorted(set(commands())))
def test_a_command_is_one_that_there_is(page, text):
    told = [word for word in words(text) if word not in {"…", "..."}]
    command = get_command(app)
    context = command.make_context("finetooth", told, resilient_parsing=False)
    while hasattr(command, "commands"):
        name, command, rest = command.resolve_command(context, [*context._protected_args, *context.args])
        context = command.make_context(name, rest, parent=context)
    assert not context.args


def test_many_are_checked():
    assert len({page for page, _ in commands()}) > 5


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_is_linked_to_is_there(page):
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text("utf-8")):
        if not re.match(r"[a-z]+:", target):
            assert (page.parent / target).exists(), target
