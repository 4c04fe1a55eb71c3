"""What is postponed is imported when it is used, by whoever imported it meanwhile and by everybody else."""

import sys
from importlib import import_module

import pytest

from finetooth.detectors.postponed import postponed

PARTS = """
class Engine:
    kind = "real"
    def __init__(self, name):
        self.name = name
engine = Engine("one")
"""
USER = """
import heavy.parts
from heavy.parts import Engine, engine
def make(name) -> Engine | None:
    return Engine(name)
"""
NAMES = ("heavy", "heavy.parts", "user")


@pytest.fixture
def library(tmp_path, monkeypatch):
    """A package, and a module that imports parts of it."""
    (tmp_path / "heavy").mkdir()
    (tmp_path / "heavy" / "__init__.py").write_text("")
    (tmp_path / "heavy" / "parts.py").write_text(PARTS)
    (tmp_path / "user.py").write_text(USER)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield
    for name in NAMES:
        sys.modules.pop(name, None)


@pytest.fixture
def user(library):
    with postponed("heavy.parts"):
        module = import_module("user")
    assert "heavy.parts" not in sys.modules
    return module


def test_what_is_called_is_imported(user):
    made = user.make("two")
    assert made.name == "two"
    assert type(made) is sys.modules["heavy.parts"].Engine


def test_what_is_asked_is_imported(user):
    assert user.engine.name == "one"
    assert user.Engine.kind == "real"
    assert user.heavy.parts.engine.name == "one"


def test_instances_and_subclasses_are_those_of_the_real_class(user):
    real = import_module("heavy.parts").Engine
    assert isinstance(real("three"), user.Engine)
    assert not isinstance("three", user.Engine)
    assert issubclass(real, user.Engine)


def test_everybody_else_has_the_module_itself(user):
    import heavy.parts
    from heavy.parts import Engine

    assert heavy.parts is sys.modules["heavy.parts"]
    assert heavy.parts.Engine is Engine
    assert type(Engine) is type


def test_what_it_does_not_have_is_missed_when_it_is_used(library):
    with postponed("heavy.parts"):
        from heavy.parts import nothing
    with pytest.raises(AttributeError, match="nothing"):
        nothing()


def test_a_module_that_is_there_already_is_left_alone(library):
    parts = import_module("heavy.parts")
    with postponed("heavy.parts"):
        assert import_module("user").Engine is parts.Engine
    assert sys.modules["heavy.parts"] is parts


def test_an_error_leaves_nothing_behind(library):
    with pytest.raises(ZeroDivisionError), postponed("heavy.parts"):
        raise ZeroDivisionError
    assert "heavy.parts" not in sys.modules
