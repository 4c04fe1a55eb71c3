"""JSON lines: one record a line. A line that cannot be read costs that line and no other."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from finetooth.evidence import Unread
from finetooth.record import Record
from finetooth.sources.jsontext import NotJson, parse
from finetooth.sources.lines import TOO_LONG, lines
from finetooth.sources.peekable import Peekable, Unreadable


def read_json_lines(
    path: str, content: Peekable, passed_over: Callable[[bytes], bool] | None = None
) -> Iterator[Record | Unread]:
    """Yield the value of each line that is not blank; any JSON value is a record, a bare string or number too.

    Args:
        path: the file as the user named it.
        content: its text as UTF-8.
        passed_over: is asked of each of these lines, in order, whether it is counted but not read.
    """
    index = number = 0
    try:
        for number, line in lines(content):
            if line is None:
                yield Unread(path=path, line=number, record=index, reason=f"{TOO_LONG}; split the record")
            elif not line or line.isspace():
                continue
            elif passed_over is None or not passed_over(line):
                try:
                    item: Record | Unread = Record(path, index, number, parse(line.decode("utf-8")))
                except (UnicodeDecodeError, NotJson) as error:
                    item = Unread(path=path, line=number, record=index, reason=_fault(error))
                yield item
            index += 1
    except Unreadable as failure:
        yield Unread(path=path, line=number + 1, reason=f"the rest of the file is unread: {failure.reason}")


def _fault(error: UnicodeDecodeError | NotJson) -> str:
    if isinstance(error, UnicodeDecodeError):
        return f"not valid UTF-8 (byte {error.start + 1} of the line); save the file as UTF-8"
    place = "" if error.position is None else f" at column {error.position + 1}"
    return f"not valid JSON ({error.fault}{place}); mend the line"
