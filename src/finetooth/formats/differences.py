"""How the difference of two reports is written: for people, for programs, and for a pull request."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Final

from pydantic import TypeAdapter

from finetooth.counting import counted
from finetooth.difference import Difference, FindingChange, LeakChange, RulingChange, Standing
from finetooth.formats.markdown import LIMIT, MARKER, code, prose, table
from finetooth.printable import clipped, escaped

_LISTED: Final = 50
_LISTED_MARKDOWN: Final = 25
_LONGEST: Final = 300


def text(found: Difference) -> str:
    """Return the difference in lines for a terminal: ``+`` new, ``-`` gone, ``~`` changed."""
    return "".join(f"{clipped(line, _LONGEST)}\n" for line in _lines(found))


def json(found: Difference) -> str:
    """Return all of the difference for programs (schema ``finetooth.difference/v1``)."""
    return escaped(_adapter().dump_json(found, indent=1).decode()) + "\n"


def markdown(found: Difference) -> str:
    """Return the difference as a comment on a pull request."""
    whole = "\n".join(_markdown(found)) + "\n"
    cut = "\n\n**Cut off here: GitHub takes no more.**\n"
    return whole if len(whole) <= LIMIT else whole[: LIMIT - len(cut)].rpartition("\n")[0] + cut


RENDERERS: Final[dict[str, Callable[[Difference], str]]] = {"text": text, "json": json, "markdown": markdown}
"""By the name that ``--format`` takes."""


def _lines(found: Difference) -> Iterator[str]:
    yield f"{found.before} -> {found.after}" if found.before != found.after else f"{found.after}, as before"
    yield from (f"  ! {doubt}" for doubt in found.doubts)
    if found.rulings:
        yield ""
        yield "Rulings"
        yield from (f"  {_ruled(change)}" for change in found.rulings)
    if found.leaks:
        yield ""
        yield "Leaks"
        yield from (
            f"  {_sign(leak)} {leak.entity_type} {leak.preview}: {_told(leak)}" for leak in found.leaks[:_LISTED]
        )
        yield from _more(found.leaks, _LISTED)
    yield ""
    yield _summary(found)
    for sign, changes in (("+", found.new), ("-", found.gone), ("~", found.changed)):
        for change in changes[:_LISTED]:
            yield f"  {sign} {change.entity_type} {change.preview} {_standing(change)}  {change.place}"
        yield from _more(changes, _LISTED)


def _markdown(found: Difference) -> Iterator[str]:
    yield MARKER
    yield f"## finetooth: {found.before} → {found.after}"
    yield ""
    yield from (f"- ⚠️ {prose(doubt)}" for doubt in found.doubts)
    if found.rulings:
        yield from table(
            ("requirement", "before", "after", "why"),
            (
                (
                    code(change.requirement),
                    change.before.status if change.before else "not asked",
                    change.after.status if change.after else "not asked",
                    prose(change.after.reason if change.after else ""),
                )
                for change in found.rulings[:_LISTED_MARKDOWN]
            ),
        )
        yield from _more(found.rulings, _LISTED_MARKDOWN)
    if found.leaks:
        yield "### Leaks"
        yield from table(
            ("", "value", "what", "change"),
            (
                (_sign(leak), code(leak.preview), code(leak.entity_type), _told(leak))
                for leak in found.leaks[:_LISTED_MARKDOWN]
            ),
        )
        yield from _more(found.leaks, _LISTED_MARKDOWN)
    yield "### Findings"
    yield ""
    yield _summary(found)
    for head, changes in (("new", found.new), ("gone", found.gone), ("changed", found.changed)):
        if changes:
            yield from table(
                (head, "what", "how", "first seen"),
                (
                    (code(change.preview), code(change.entity_type), _standing(change), code(change.place))
                    for change in changes[:_LISTED_MARKDOWN]
                ),
            )
            yield from _more(changes, _LISTED_MARKDOWN)


def _summary(found: Difference) -> str:
    return (
        f"{counted(len(found.new), 'new finding')}, {len(found.gone):,} gone, {len(found.changed):,} changed, "
        f"{found.same:,} as before"
    )


def _ruled(change: RulingChange) -> str:
    before = change.before.status if change.before else "not asked"
    if change.after is None:
        return f"{change.requirement}: {before} -> not asked"
    return f"{change.requirement}: {before} -> {change.after.status}: {change.after.reason}"


def _sign(leak: LeakChange) -> str:
    if leak.after == "attributable":
        return "+"
    return "-" if leak.before == "attributable" and leak.after in ("not-extractable", "common") else "~"


def _told(leak: LeakChange) -> str:
    return f"{_outcome(leak.before, leak.before_probability)} -> {_outcome(leak.after, leak.after_probability)}"


def _outcome(outcome: str | None, probability: float | None) -> str:
    if outcome is None:
        return "not tried"
    name = "leaked" if outcome == "attributable" else outcome.replace("-", " ")
    return name if probability is None else f"{name} (chance {100 * probability:.3g} %)"


def _standing(change: FindingChange) -> str:
    before, after = change.before, change.after
    if before is None or after is None:
        only = before or after
        return "" if only is None else f"{only.severity} {only.tier}{_waived(only)}, {counted(only.records, 'record')}"
    told = [
        f"{name} {getattr(before, field):,} -> {getattr(after, field):,}"
        for name, field in (("records", "records"), ("places", "occurrences"), ("trained", "trained_occurrences"))
        if getattr(before, field) != getattr(after, field)
    ]
    told += [
        f"{getattr(before, field)} -> {getattr(after, field)}"
        for field in ("severity", "tier")
        if getattr(before, field) != getattr(after, field)
    ]
    if before.waived != after.waived:
        told.append("now waived" if after.waived else "no longer waived")
    return ", ".join(told)


def _waived(standing: Standing) -> str:
    return ", waived" if standing.waived else ""


def _more(listed: Sequence[object], limit: int) -> Iterator[str]:
    if len(listed) > limit:
        yield f"  and {len(listed) - limit:,} more; --format json has all"


@cache
def _adapter() -> TypeAdapter[Difference]:
    return TypeAdapter(Difference)
