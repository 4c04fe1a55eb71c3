"""What a trainer goes through, and what ties it to what was judged.

A trainer seldom goes through what was judged: texts became token ids, and columns that the model does not take were
dropped. So the passport is compared with the records that a user names, or with those behind the trainer's dataloader
where they still say something; and then whatever ties the one to the other is looked for. What contradicts is refused.
What is merely not proven is said.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sized
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import zip_longest
from pathlib import Path
from typing import Any, Final

from finetooth.errors import PassportRefused
from finetooth.passporting import digest, verify
from finetooth.running import Data, sources_of
from finetooth.verification import Verification

_TOKENS: Final = re.compile(r"(.*_)?(ids|masks?|labels|lengths?)")
"""What columns are called that a tokenizer, or what comes after it, adds."""

_BATCH: Final = 1000
_LEFT_OUT: Final = -100
_READ: Final = ("input_ids", "attention_mask", "seq_lengths", "labels")
_REMEDY: Final = (
    "name what was judged, as it was before it became token ids: PassportCallback(passport, data=dataset), where data "
    "is a datasets.Dataset or paths"
)
_STRICT: Final = "judge what trains: the tokenised dataset itself, with its tokenizer, or without strict=True"


@dataclass(frozen=True, slots=True)
class Checked:
    """A passport that is good, and for how much of what trains that is proven."""

    verification: Verification
    """What became of the passport."""
    proven: tuple[str, ...]
    """What is known of the trainer's rows, a sentence each."""
    unproven: tuple[str, ...]
    """What is not known of them; empty where each of them is proven to be made of a judged record."""
    judged: Any = field(repr=False)
    """The data that the passport is good for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What a trainer is about to do, and what it shows for it."""

    passport: str | Path
    """The ``passport.json`` of a run."""
    data: Data | None
    """What is said to have been judged; None where nothing is said."""
    trained: Any
    """The dataset behind the trainer's dataloader."""
    tokenizer: Any = None
    """What made token ids of it, if that is known."""
    strict: bool = False
    """Whether what is not proven is refused as well."""
    regrouped: bool = False
    """Whether rows were packed, cut or filtered, so that they are not as many as records."""
    policy: str | Path | None = None
    """What it must have been judged by; any policy by default."""
    key: str | Path | None = None
    """File with the public key that must have signed it."""
    records: bool = False
    """Whether files are compared by their records."""
    today: date | None = None
    """The day on which it must be good; UTC's by default."""


def check(claim: Claim) -> Checked:
    """Return what is proven by a passport of what is about to train.

    Raises:
        PassportRefused: it is not good for this data, this policy or this day, it was not issued at the train gate, it
            cannot be checked, or what the trainer goes through is not what the passport was compared with.
        UsageError: something that was named does not exist.
    """
    data = claim.trained if claim.data is None else claim.data
    if claim.data is None and not (_is_dataset(data) or isinstance(data, list)):
        raise _refused(f"not checked: a {type(data).__name__} cannot be gone through before it trains; {_REMEDY}")
    found, judged = _verified(claim, data)
    statement = found.statement
    if statement is None or statement.train is None:
        raise _refused(
            "different gate: this passport says that a model may leave, not that data may be trained on; judge the "
            "data alone (finetooth scan, or finetooth.gate without a model)",
            found,
        )
    proven, unproven = _tied(claim, data, judged, statement.facts.coverage.records, found)
    if unproven and claim.strict:
        raise _refused(f"not proven: {'; '.join(unproven)}; {_STRICT}", found)
    return Checked(found, proven, unproven, judged)


def _verified(claim: Claim, data: Any) -> tuple[Verification, Any]:
    """Return a valid verification, and the data that it is of: without token columns, if it is valid without them."""

    def verified(rows: Any) -> Verification:
        named = {"policy": claim.policy, "key": claim.key}
        return verify(claim.passport, rows, records=claim.records, today=claim.today, **named)

    found = verified(data)
    if found.status == "valid":
        return found, data
    tokens = _token_columns(data)
    if tokens and len(tokens) < len(data.column_names):
        without = data.remove_columns(tokens)
        again = verified(without)
        if again.status == "valid":
            return again, without
        found = again
    if claim.data is None and any(reason.startswith("different data") for reason in found.reasons):
        names = getattr(data, "column_names", None)
        held = f"the trainer's dataset has {len(data)} rows"
        held += f" with the columns {', '.join(names)}" if names else ""
        raise _refused(f"{held}; if they were made of what was judged, {_REMEDY}", found)
    raise PassportRefused(found)


def _tied(
    claim: Claim, data: Any, judged: Any, count: int, found: Verification
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return what is proven of the trainer's rows and what is not; raise where they are others."""
    trained = claim.trained
    known = "the records are those that were judged"
    if data is trained and judged is data:
        return (f"{known}, and the trainer goes through these very rows",), ()
    proven = [known]
    shared = [] if data is trained else _shared(data, trained)
    if shared:
        if not _same(data.select_columns(shared), trained.select_columns(shared)):
            raise _refused(
                f"different data: what the trainer goes through differs from data in {', '.join(shared)}; judge what "
                "trains (finetooth.gate(trainer.train_dataset)), or name what it was made of",
                found,
            )
        proven.append(f"the trainer's rows have the same {', '.join(shared)}")
    if _rendered_alike(claim, judged):
        proven.append("its token ids are what the tokenizer makes of the records")
        return tuple(proven), ()
    told = set(getattr(judged, "column_names", ()))
    if data is trained or (told and told <= set(shared)):
        beside = [name for name in trained.column_names if name not in told]
        made = f"that {', '.join(beside)} beside the records were made of them"
        return tuple(proven), (made,) if beside else ()
    rows = _rows(trained)
    if not shared and rows is not None and rows != count and not claim.regrouped:
        raise _refused(
            f"different data: the trainer goes through {rows:,} rows, and {count:,} records were judged; where they "
            "were packed, cut or filtered after that, say so: PassportCallback(…, regrouped=True)",
            found,
        )
    if rows == count:
        proven.append("the trainer's rows are as many")
    return tuple(proven), ("that the trainer's token ids were made of these records",)


def _rendered_alike(claim: Claim, judged: Any) -> bool:
    """Tell whether the trainer's token ids are, in any order, what the tokenizer makes of the judged records.

    What it makes is cut where the longest of the trainer's rows ends, as trainers cut: a beginning of what was judged
    was judged.
    """
    trained = claim.trained
    if claim.tokenizer is None or not _is_dataset(trained) or "input_ids" not in trained.column_names:
        return False
    rows = trained.select_columns([each for each in _READ if each in trained.column_names]).with_format(None)
    longest = 0

    def sequences() -> Iterator[dict[str, list[int]]]:
        nonlocal longest
        for row in rows:
            if not _teaches_itself(row):
                raise ValueError("its labels are other tokens than those that it holds")
            for ids in _sequences(row):
                longest = max(longest, len(ids))
                yield {"ids": ids}

    wanted = _digest(sequences())
    if wanted is None:
        return False

    def made(render: Callable[[Any, Any], Any]) -> Iterator[dict[str, list[int]]]:
        for source in sources_of(judged, twice=False):
            for item in source:
                yield {"ids": list(render(claim.tokenizer, item.value))[:longest]}  # type: ignore[union-attr]

    return any(_digest(made(render)) == wanted for render in _RENDERINGS)


def _digest(ids: Iterator[dict[str, list[int]]]) -> str | None:
    """Return the digest of sequences of token ids; None where making them raises, which says nothing of the data."""
    try:
        return digest(ids)
    except Exception:  # noqa: BLE001 - a tokenizer raises what it likes at records that are not of its form
        return None


def _teaches_itself(row: Mapping[str, Any]) -> bool:
    """Tell whether the labels of a row, where it has them for each token, are its own tokens or left out (-100)."""
    labels = row.get("labels")
    if not isinstance(labels, list):
        return True
    pairs = zip(row["input_ids"], labels, strict=True)
    return all(label in {token, _LEFT_OUT} for token, label in pairs)


def _sequences(row: Mapping[str, Any]) -> Iterator[list[int]]:
    """Yield the sequences that are packed in a row, or the one that it is, without what only fills it up."""
    ids = row["input_ids"]
    if "seq_lengths" in row:
        start = 0
        for length in row["seq_lengths"]:
            yield ids[start : start + length]
            start += length
        yield from [ids[start:]] if ids[start:] else []
    elif "attention_mask" in row:
        yield [each for each, counts in zip(ids, row["attention_mask"], strict=True) if counts]
    else:
        yield ids


def _conversation(tokenizer: Any, record: Any) -> Any:
    turns = record["messages"] if "messages" in record else [*record["prompt"], *record["completion"]]
    return tokenizer.apply_chat_template(turns, tools=record.get("tools"), tokenize=True, return_dict=True)["input_ids"]


def _text(tokenizer: Any, record: Any) -> Any:
    text = record["text"] if "text" in record else record["prompt"] + record["completion"]
    return tokenizer(text)["input_ids"]


def _ended(tokenizer: Any, record: Any) -> Any:
    text = record["text"] if "text" in record else record["prompt"] + record["completion"]
    return tokenizer(text if text.endswith(tokenizer.eos_token) else text + tokenizer.eos_token)["input_ids"]


_RENDERINGS: Final = (_conversation, _ended, _text)
"""What trainers make of a record, as TRL does it and as most programs of one's own do."""


def _shared(data: Any, trained: Any) -> list[str]:
    if not (_is_dataset(data) and _is_dataset(trained)):
        return []
    there = set(trained.column_names)
    return [name for name in data.column_names if name in there]


def _same(one: Any, other: Any) -> bool:
    """Tell whether two datasets hold the same rows: as they lie, which is quick, or else in any order."""
    if len(one) != len(other):
        return False
    pairs = zip_longest(*(each.with_format("arrow").iter(_BATCH) for each in (one, other)))
    return all(a.equals(b) for a, b in pairs) or digest(one) == digest(other)


def _rows(trained: Any) -> int | None:
    """Return how many rows, or sequences packed in them, a trainer goes through; None where nobody can tell."""
    if _is_dataset(trained) and "seq_lengths" in trained.column_names:
        lengths = trained.select_columns(["seq_lengths"]).with_format(None)
        return sum(len(row["seq_lengths"]) for row in lengths)
    return len(trained) if isinstance(trained, Sized) else None


def _token_columns(data: Any) -> list[str]:
    """Return the columns that hold nothing but numbers, and are called as a tokenizer calls them."""
    if not _is_dataset(data):
        return []
    return [each.name for each in data.features.arrow_schema if _TOKENS.fullmatch(each.name) and _is_numbers(each.type)]


def _is_numbers(kind: Any) -> bool:
    from pyarrow import types  # noqa: PLC0415 - heavy, and loaded already wherever there is a dataset

    while types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind):
        kind = kind.value_type
    return bool(types.is_integer(kind) or types.is_boolean(kind) or types.is_floating(kind))


def _is_dataset(value: object) -> bool:
    library = sys.modules.get("datasets")
    return library is not None and isinstance(value, library.Dataset)


def _refused(reason: str, found: Verification | None = None) -> PassportRefused:
    if found is None:
        return PassportRefused(Verification("unchecked", (reason,)))
    return PassportRefused(replace(found, status="refused", reasons=(*found.reasons, reason)))
