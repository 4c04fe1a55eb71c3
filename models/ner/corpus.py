"""What the model reads: generated texts with their labels, and natural sentences with the labels of a teacher.

The teacher is the stock model. On natural sentences it says everything, so that what it knows is not forgotten; on
generated ones it says only what no slot says (sums, dates in words, ordinals), since every name there is known.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ner.annotated import Annotated, Piece
from ner.grammar import Grammar
from ner.noise import noisy
from ner.wordnet import Sense

NAMES = frozenset({"PERSON", "GPE", "LOC", "FAC", "ORG", "NORP", "PRODUCT", "WORK_OF_ART", "EVENT", "LAW", "LANGUAGE"})
"""Labels that a teacher may not give on generated text: what is a name there, a slot says."""

KINDS = {
    "sms": 14, "chatline": 6, "notice": 6, "diary": 6, "email": 8, "office": 8, "formal": 5, "support": 8, "medical": 4, "news": 9,
    "encyclopedia": 12, "tweet": 10, "social": 22, "forum": 20, "chatter": 4, "travel": 4, "review": 4, "school": 4, "intro": 6, "form": 8, "address": 8, "negative": 9, "heading": 8, "app": 9, "wordy": 26, "history": 9,
}  # fmt: skip
"""How often each kind is made."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A text to learn from or to measure on."""

    kind: str
    """What it is like."""
    annotated: Annotated
    """The text with its labels."""


def generated(grammar: Grammar, count: int, kinds: dict[str, int] | None = None) -> Iterator[Sample]:
    """Yield texts of the templates; one in three is several in a row."""
    rng, weights = grammar.rng, kinds or KINDS
    for kind in rng.choices(list(weights), list(weights.values()), k=count):
        if rng.random() < 0.65:
            yield Sample(kind, grammar.text(kind))
            continue
        gap = rng.choice(("\n", "\n\n", " ", "\n- "))
        pieces: list[Piece] = []
        for _ in range(rng.randint(2, 6)):
            pieces += [*parts(grammar.text(kind)), Piece(gap)]
        yield Sample(kind, Annotated.of(pieces[:-1]))


def natural(senses: Sequence[Sense], count: int, rng: random.Random) -> Iterator[Sample]:
    """Yield sentences of WordNet; what an entry is itself is labelled, the rest is left to the teacher."""
    named = [sense for sense in senses if sense.label]
    told = [(sense, example) for sense in senses for example in sense.examples]
    for _ in range(count):
        draw = rng.random()
        if draw < 0.3:
            sense = rng.choice(named)
            link = rng.choice((" is ", " was ", ", ", " (", " - ", ": ", " are ", "; "))
            tail = rng.choice((".", "", ")" if link == " (" else "."))
            yield Sample(
                "gloss", Annotated.of((Piece(sense.lemma, sense.label), Piece(link + sense.definition + tail)))
            )
        elif draw < 0.4:
            yield Sample("definition", Annotated(rng.choice(senses).definition, ()))
        else:
            text = rng.choice(told)[1]
            text = text[0].upper() + text[1:] + rng.choice(("", ".", ".")) if rng.random() < 0.8 else text
            yield Sample("sentence", Annotated(text, ()))


def parts(text: Annotated) -> Iterator[Piece]:
    """Yield the pieces of a text again."""
    at = 0
    for start, end, label in text.spans:
        yield Piece(text.text[at:start])
        yield Piece(text.text[start:end], label)
        at = end
    yield Piece(text.text[at:])


def taught(samples: Sequence[Sample], teacher: Any, rng: random.Random) -> Iterator[Sample]:
    """Add what the teacher says where no slot speaks, then spell the text as people do."""
    docs = teacher.pipe([sample.annotated.text for sample in samples], batch_size=256)
    for sample, doc in zip(samples, docs, strict=True):
        free = sample.kind in {"gloss", "definition", "sentence"}
        spans = list(sample.annotated.spans)
        spans += [
            (ent.start_char, ent.end_char, ent.label_)
            for ent in doc.ents
            if (free or ent.label_ not in NAMES)
            and not any(ent.start_char < end and start < ent.end_char for start, end, _ in sample.annotated.spans)
        ]
        text = Annotated(sample.annotated.text, tuple(sorted(spans)))
        if free and not text.spans and rng.random() < 0.15:
            yield Sample(sample.kind, Annotated(text.text.title(), ()))  # A Heading In Capitals Names Nobody
        else:
            yield Sample(sample.kind, noisy(text, rng))
