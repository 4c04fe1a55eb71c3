"""``report.json``: for programs (schema ``finetooth.report/v1``)."""

from __future__ import annotations

from functools import cache
from json import dumps

from pydantic import TypeAdapter, ValidationError

from finetooth.errors import UsageError, first_fault
from finetooth.formats.format import Format
from finetooth.printable import escaped
from finetooth.report import Report


def render(report: Report) -> str:
    """Return the report as JSON, with the riskiest findings up to the limit that it names."""
    return escaped(_adapter().dump_json(report.shortened(), by_alias=True, indent=1).decode()) + "\n"


def load(text: bytes, origin: str) -> Report:
    """Read a report back.

    Raises:
        UsageError: it is no report of this schema.
    """
    try:
        return _adapter().validate_json(text)
    except ValidationError as error:
        raise UsageError(f"{origin}: not finetooth.report/v1 ({first_fault(error)}); run the audit again") from error


def schema() -> str:
    """Return the JSON Schema of ``report.json``."""
    return dumps(_adapter().json_schema(by_alias=True, mode="serialization"), indent=1) + "\n"


@cache
def _adapter() -> TypeAdapter[Report]:
    return TypeAdapter(Report)


FORMAT = Format(name="json", file="report.json", render=render)
