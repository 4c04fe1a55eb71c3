"""A shard's result as bytes and back: compact, since a dataset has thousands of them, and the same for the same result.

JSON, in tables: a dataset holds the same few entity types, rules, pointers and previews over and over, so each is
written once and named by its place.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from finetooth.evidence import Unread
from finetooth.finding import Gathering, Sighting
from finetooth.location import Location
from finetooth.shardresult import Extent, ShardResult

_LASTING, _PASSING = b"+", b"-"
_LEVEL = 1  # most of what zlib gains, at a tenth of the time


class _Table:
    """Things that are written once, in order of their first use."""

    def __init__(self) -> None:
        self._places: dict[Any, int] = {}

    def place(self, thing: Any) -> int:
        return self._places.setdefault(thing, len(self._places))

    def things(self) -> list[Any]:
        return list(self._places)


def encode(result: ShardResult) -> bytes:
    """Return the result as bytes."""
    facts, ways, places = _Table(), _Table(), []
    for each in result.sightings:
        at = each.location
        fact = facts.place(
            (
                each.fingerprint,
                *(each.entity_type, each.category, each.severity, each.tier, each.preview),
                *(each.rules, each.score, each.validation, each.bits),
            )
        )
        inner = None if at.inner is None else tuple((step["decode"], step["pointer"]) for step in at.inner)
        way = ways.place((at.path, at.pointer, at.part, inner, at.role, at.turn, at.trained))
        places.append((fact, way, at.line, at.record, at.start, at.end))
    told = {
        "records": result.records,
        "passages": result.passages,
        "characters": result.characters,
        "formats": dict(result.formats),
        "allowed": dict(result.allowed),
        "detectors": result.detectors,
        "extent": (result.extent.records, result.extent.lines),
        "said": base64.b64encode(result.said).decode(),
        "stored": (result.sha256, result.bytes),
        "whole": result.whole,
        "lasting": result.lasting,
        "unread": [(each.path, each.line, each.record, each.reason) for each in result.unread],
        "facts": facts.things(),
        "ways": ways.things(),
        "places": places,
    }
    text = json.dumps(told, ensure_ascii=True, separators=(",", ":")).encode("ascii")
    return (_LASTING if result.lasting else _PASSING) + zlib.compress(text, _LEVEL)


def lasts(payload: bytes) -> bool:
    """Tell whether an encoded result is `lasting`, at a glance."""
    return payload.startswith(_LASTING)


def decode(
    payload: bytes,
    path: str = "",
    before: Extent = Extent(),  # noqa: B008 - frozen
    gathering: Gathering | None = None,
) -> ShardResult:
    """Return the result that `encode` made bytes of, as part of a file.

    Args:
        payload: the bytes.
        path: the file as evidence shows it.
        before: how many records and lines of it stand before the shard.
        gathering: takes the sightings, which the result is then without: a million of them never stand side by side.
    """
    told = json.loads(zlib.decompress(payload[1:]))
    facts = [_seen(fact) for fact in told["facts"]]
    ways = [_way(path, way) for way in told["ways"]]
    places = [
        (fact, _location(ways[way], _on(line, before.lines), record + before.records, start, end))
        for fact, way, line, record, start, end in told["places"]
    ]
    if gathering is not None:
        _gather(facts, places, gathering)
    return ShardResult(
        sightings=() if gathering is not None else tuple(facts[fact](place) for fact, place in places),
        unread=tuple(
            Unread(path=path + member, line=_on(line, before.lines), record=_on(record, before.records), reason=reason)
            for member, line, record, reason in told["unread"]
        ),
        formats=told["formats"],
        records=told["records"],
        passages=told["passages"],
        characters=told["characters"],
        allowed=told["allowed"],
        detectors=tuple((name, version) for name, version in told["detectors"]),
        extent=Extent(*told["extent"]),
        said=base64.b64decode(told["said"]),
        sha256=told["stored"][0],
        bytes=told["stored"][1],
        whole=told["whole"],
        lasting=told["lasting"],
    )


def _gather(
    facts: Sequence[Callable[[Location], Sighting]], places: Iterable[tuple[int, Location]], gathering: Gathering
) -> None:
    """Hand over the sightings, those that differ in nothing but their places at once."""
    grouped: list[list[Location]] = [[] for _ in facts]
    for fact, place in places:
        grouped[fact].append(place)
    for sighting, (first, *more) in zip(facts, grouped, strict=True):
        gathering.add(sighting(first), more)


def _on(number: int | None, before: int) -> int | None:
    return None if number is None else number + before


def _seen(fact: Sequence[Any]) -> Callable[[Location], Sighting]:
    """Return what makes a sighting of a place."""
    fingerprint, entity_type, category, severity, tier, preview, rules, score, validation, bits = fact
    known = (fingerprint, entity_type, category, severity, tier, preview, tuple(rules), score, validation, bits)
    return lambda location: Sighting(*known, location)


def _way(file: str, way: Sequence[Any]) -> tuple[Any, ...]:
    member, pointer, part, inner, role, turn, trained = way
    steps = None if inner is None else tuple({"decode": decode, "pointer": there} for decode, there in inner)
    return file + member, pointer, part, steps, role, turn, trained


def _location(way: tuple[Any, ...], line: int | None, record: int, start: int, end: int) -> Location:
    path, pointer, part, inner, role, turn, trained = way
    return Location(
        path=path,
        line=line,
        record=record,
        pointer=pointer,
        part=part,
        inner=inner,
        role=role,
        turn=turn,
        trained=trained,
        start=start,
        end=end,
    )
