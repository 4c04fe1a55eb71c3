"""Validating against published schemas. Import as ``from schemas import junit_errors, sarif_errors``."""

import io
import json
from functools import cache
from pathlib import Path

import xmlschema
from jsonschema import Draft4Validator, FormatChecker

_FOLDER = Path(__file__).with_name("schemas")


@cache
def _sarif():
    return Draft4Validator(json.loads((_FOLDER / "sarif-2.1.0-rtm.5.json").read_text()), format_checker=FormatChecker())


@cache
def _junit():
    return xmlschema.XMLSchema(_FOLDER / "junit-10.xsd")


def sarif_errors(log):
    """Return what is wrong with a SARIF log."""
    return [error.message for error in _sarif().iter_errors(log)]


def junit_errors(text):
    """Return what is wrong with a JUnit report."""
    return [error.reason for error in _junit().iter_errors(io.BytesIO(text.encode()))]
