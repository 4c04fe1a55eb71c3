"""``report.json``: for programs (schema ``finetooth.report/v1``)."""

from __future__ import annotations

import re
from functools import cache
from json import dumps
from typing import Final

from pydantic import TypeAdapter, ValidationError

from finetooth.errors import UsageError
from finetooth.formats.format import Format
from finetooth.report import Report


def render(report: Report) -> str:
    """Return the report as JSON, with the riskiest findings up to the limit that it names."""
    return inert(_adapter().dump_json(report.shortened(), by_alias=True, indent=1).decode()) + "\n"


def inert(text: str) -> str:
    """Return the same JSON with an escape for each character that does not print: no terminal obeys it."""
    return _UNUSUAL.sub(lambda found: found[0] if found[0].isprintable() else dumps(found[0])[1:-1], text)


def load(text: bytes, origin: str) -> Report:
    """Read a report back.

    Raises:
        UsageError: it is no report of this schema.
    """
    try:
        return _adapter().validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise UsageError(f"{origin}: not finetooth.report/v1 ({place}: {first['msg']}); run the audit again") from error


def schema() -> str:
    """Return the JSON Schema of ``report.json``."""
    return dumps(_adapter().json_schema(by_alias=True, mode="serialization"), indent=1) + "\n"


_UNUSUAL: Final = re.compile(r"[^\n -~]")


@cache
def _adapter() -> TypeAdapter[Report]:
    return TypeAdapter(Report)


FORMAT = Format(name="json", file="report.json", render=render)
