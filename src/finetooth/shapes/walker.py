"""From a record's value to its passages: every text in it, with who speaks there.

What is read does not depend on the shape, which only says whose a text is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

from finetooth.decodings.views import views
from finetooth.offsets import of_json_string, of_number
from finetooth.record import Encoded, Passage, Step
from finetooth.shapes.leaves import leaves
from finetooth.shapes.nested import TooMuchError, inner_leaves, may_hold_json, unfolded
from finetooth.shapes.plainchat import plain_chat
from finetooth.shapes.reading import DETECT, Reading
from finetooth.shapes.registry import OTHER, detect
from finetooth.shapes.shape import Speaker, Speakers
from finetooth.shapes.structural import STRUCTURAL_KEYS, STRUCTURAL_WORDS
from finetooth.shapes.tokens import FIELDS, holds_tokens, token_passages

DEPTH = 8
"""How many encodings deep a text is read: a tool call's arguments are one, a record kept as a string is two."""

_NOBODY = Speaker("other", None, False)


class Walked(NamedTuple):
    """What was read in a record, and what was not."""

    shape: str
    """Name of the record's shape."""
    passages: list[Passage]
    """Every text in the order of the document; what a text encodes comes right after it."""
    unread: tuple[str, ...] = ()
    """Why something in it was not read, each reason once, without a word of the record."""


def passages(value: Any) -> tuple[str, list[Passage]]:
    """Return the name of the record's shape, and every text in it; see `walk`."""
    return walk(value)[:2]


def walk(value: Any, reading: Reading = DETECT) -> Walked:
    """Return the record's shape, and every text in it in the order of the document.

    The texts are all string leaves but `STRUCTURAL_WORDS`, also empty ones and those under a key that stands again
    further on; all keys but `STRUCTURAL_KEYS`; and integers long enough to be an identifier, as their decimal text (see
    `leaves`). Keys, and leaves that no shape gives to a speaker, have the role ``other`` and are not trained. A string
    that holds JSON gives, besides itself, every text in that, `DEPTH` levels deep. Token ids are decoded where there is
    a tokenizer.

    Args:
        value: what a `Record` holds: JSON values only, as every source yields them.
        reading: what is known about the records of the file.
    """
    if not reading.first and (chat := plain_chat(value)) is not None:
        return Walked(*chat)
    shape, speakers = detect(value, reading.first)
    if shape == OTHER and isinstance(value, dict):
        # A table holds messages as JSON text. It is walked as it stands, but spoken for as it is meant.
        shape, speakers = detect(unfolded(value), reading.first)
    found: list[Passage] = []
    unread: dict[str, None] = {}
    tokens: dict[str, None] = {}
    add, passage, speaker_at = found.append, tuple.__new__, speakers.get
    for pointer, part, text in leaves(value, "", STRUCTURAL_KEYS, STRUCTURAL_WORDS):
        role, turn, trained = _NOBODY if part == "key" else speaker_at(pointer, _NOBODY)
        # NOTE: as in `leaves`, this is Passage(…) at half its cost.
        here = passage(Passage, (pointer, part, role, turn, trained, text, (), None))
        add(here)
        if part == "key":
            if text.endswith(FIELDS):
                tokens[pointer] = None
        elif may_hold_json(text):
            _open(here, speakers, found, unread)
    for pointer in tokens:
        decoded, reason = token_passages(value, pointer, reading.tokenizer)
        found += decoded
        if reason:
            unread[reason] = None
    return Walked(shape, found, tuple(unread))


def decoded(walked: Walked) -> Walked:
    """Return what `walk` returned, and what else its texts say: see :mod:`finetooth.decodings`.

    A text that holds JSON is left aside, as the texts in that are looked into one by one.
    """
    unread: dict[str, None] = dict.fromkeys(walked.unread)
    return Walked(walked.shape, list(_looked_into(walked.passages, unread)), tuple(unread))


def _looked_into(passages: Sequence[Passage], unread: dict[str, None]) -> Iterator[Passage]:
    """Yield every text, each with what it says when its escapes and encodings are undone, down to the last."""
    json = {id(each.encoded.within) for each in passages if each.encoded is not None and _is_json(each)}
    for passage in passages:
        yield passage
        for view in views(passage.text) if id(passage) not in json else ():
            if len(passage.inner) == DEPTH:
                unread[f"a text encoded more than {DEPTH} times over; decode it, or leave that column out"] = None
                break
            way, encoded = (*passage.inner, Step(view.encoding, "")), Encoded(passage, view.offsets)
            inside = [passage._replace(text=view.text, inner=way, encoded=encoded)]
            if may_hold_json(view.text):
                _open(inside[0], {}, inside, unread)
            yield from _looked_into(inside, unread)


def _is_json(passage: Passage) -> bool:
    return bool(passage.inner) and passage.inner[-1].decode == "json"


def _open(outer: Passage, speakers: Speakers, found: list[Passage], unread: dict[str, None]) -> None:
    """Add every text in the JSON that ``outer`` holds, if it holds any."""
    try:
        inside = inner_leaves(outer.text)
    except TooMuchError as error:
        unread[f"{error}; flatten it, or leave that column out"] = None
        return
    if inside and len(outer.inner) == DEPTH:
        unread[f"JSON within JSON, more than {DEPTH} levels deep; flatten it, or leave that column out"] = None
        return
    tokens = [leaf.pointer for leaf in inside if leaf.part == "key" and leaf.text.endswith(FIELDS)]
    if tokens and holds_tokens(outer.text, tokens):
        unread["token ids in a string that holds JSON; unpack that column, then name their tokenizer"] = None
    for leaf in inside:
        if leaf.part == "key" and leaf.text in STRUCTURAL_KEYS:
            continue
        speaker = speakers.get(outer.pointer + leaf.pointer) if not outer.inner and leaf.part == "value" else None
        role, turn, trained = speaker or outer[2:5]
        way = (*outer.inner, Step("json", leaf.pointer))
        start, end, length = leaf.start, leaf.end, len(leaf.text)
        way_back = partial(of_json_string, outer.text, start, end) if leaf.quoted else of_number(start, end, length)
        encoded = Encoded(outer, way_back)
        here = Passage(outer.pointer, leaf.part, role, turn, trained, leaf.text, way, encoded)
        found.append(here)
        if leaf.part == "value" and may_hold_json(leaf.text):
            _open(here, speakers, found, unread)
