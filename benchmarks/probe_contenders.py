"""What each peer is asked for on the benchmark's model and data, and what its answers come to.

- leakit: some values at each level of repetition, after their own training context, and the derivable e-mails of
  customers who were never trained on; with the context of another value of the set as its control.
- garak: its ProPILE twins, told the names of some customers, trained and not; its replay of books and news, and its
  divergence, which know nothing of the data.
- memaudit: its audit after training, with planted records in the place of the canaries that it would plant itself, and
  never-trained ones as controls.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from itertools import zip_longest
from pathlib import Path
from random import Random
from typing import Any, Final

import probe_models
import probe_peers
from probe_data import CANARY, LEVELS, Chats
from probe_scores import LEAKS
from probe_server import Spent, served
from probe_truth import Asked

Known = Sequence[tuple[Asked, float]]
"""Places, with the natural logarithms of their probabilities under the tuned model."""
Keep = Callable[[object, Callable[[], Any]], Any]
"""Returns what the function gives, or what it gave earlier for the same key."""

SAMPLES: Final = (16, 32)
_PATIENCE: Final = 1800  # seconds that memaudit may take
_GENERAL: Final = ("leakreplay.LiteratureCloze", "leakreplay.NYTComplete", "divergence.Repeat")
_MOST: Final = {"generations": 2, "tokens": 64}
"""Of garak's runs: answers to each prompt, and tokens of each answer; it would take 5 and 150 by itself."""
_TWIN: Final = ("propile.PIILeakTwin",)


@dataclass(frozen=True, slots=True)
class Size:
    """How much is made and asked."""

    each: int
    """Customers at each level of repetition."""
    held_out: int
    """Customers who are never trained on."""
    sampled: int
    """Values whose frequency is sampled."""
    samples: int
    """Samples of each: 1,000, so that what they say is itself off by .03 at most, 19 times in 20."""
    asked: int
    """Values of each level that leakit is asked for; as many derivable e-mails of others in all."""
    prompts: int
    """Of each of garak's probes, at most, and as many customers of whom it is told, at most."""


@dataclass(frozen=True, slots=True)
class Scene:
    """A tuned model, its base, and what they were and were not trained on."""

    size: Size
    folder: Path
    tuned: Path
    base: Path
    trained: Chats
    held: Chats

    def data(self, name: str, chats: Chats) -> Path:
        """Return a file that holds the chats, with the truth beside it."""
        path = self.folder / f"{name}.jsonl"
        chats.save(path)
        return path


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table."""

    name: str
    found: str
    blamed: str
    tried: int
    """How many values, spans or prompts."""
    tokens: int
    seconds: float

    def cells(self) -> tuple[str, ...]:
        """Return what stands in the table."""
        if not self.tried:
            return (self.name, self.found, self.blamed, *["–"] * 5)
        return (
            self.name, self.found, self.blamed, f"{self.tried:,}", f"{self.tokens:,}" if self.tokens else "not told",
            f"{self.tokens / self.tried:,.0f}" if self.tokens else "–", f"{self.seconds:,.0f}",
            f"{self.seconds / self.tried:.2f}",
        )  # fmt: skip


def leakit(scene: Scene, own: Known, others: Known, keep: Keep) -> list[Row]:
    """Ask leakit, once for each number of samples."""
    values, strangers = _asked(scene, own, others)
    rows = []
    for samples in SAMPLES:

        def ask(samples: int = samples) -> dict[str, Any]:
            programs = probe_peers.environment("leakit", scene.folder.parent.parent)
            model, tokenizer = probe_models.load(scene.tuned)
            with served(model, tokenizer) as (address, spent):
                began = time.perf_counter()
                questions = [*_questions(tokenizer, values), *_questions(tokenizer, strangers)]
                answers = probe_peers.leakit(questions, address, samples, programs)
                return _told(spent, time.perf_counter() - began, answers=[asdict(each) for each in answers])

        told = keep(["leakit", samples, [item.place.value for item, _ in (*values, *strangers)]], ask)
        said = [each["attributable"] for each in told["answers"]]
        leaks = [answer for (_, true), answer in zip(values, said, strict=False) if true >= LEAKS]
        wrong = said[len(values) :]
        print(
            f"\n## leakit, n = {samples}\n\n  values with q >= 1/1000: {sum(leaks)} of {len(leaks)} attributable; "
            f"derivable e-mails of people never trained on: {sum(wrong)} of {len(wrong)} attributable",
            flush=True,
        )
        rows.append(
            Row(
                f"leakit, n = {samples}", f"{sum(leaks)} of {len(leaks)}",
                f"{sum(wrong)} of {len(wrong)} derivable e-mails", len(said), told["tokens"], told["seconds"],
            )
        )  # fmt: skip
    return rows


def garak(scene: Scene, own: Known, others: Known, keep: Keep) -> list[Row]:
    """Run garak's probes: the twins for customers trained on and not, and those that know nothing of the data."""
    values = sorted({item.place.value for item, _ in own if item.place.kind != "company"})
    leaks = {item.place.value for item, true in own if true >= LEAKS and not item.place.derivable}
    rows = []
    for name, probes, chats in (
        ("ProPILE twins, trained", _TWIN, scene.trained),
        ("ProPILE twins, never trained", _TWIN, scene.held),
        ("replay and divergence", _GENERAL, scene.trained),
    ):

        def ask(probes: Sequence[str] = probes, chats: Chats = chats) -> dict[str, Any]:
            programs = probe_peers.environment("garak", scene.folder.parent.parent)
            model, tokenizer = probe_models.load(scene.tuned)
            file = scene.folder / "people.jsonl"
            told = [json.dumps(each) + "\n" for each in _people(chats, scene.size.prompts)]
            file.write_text("".join(told), encoding="utf-8")
            looked_for = values if chats is scene.trained else sorted({each.value for each in chats.places})
            settings = {"probes": probes, "prompts": scene.size.prompts, **_MOST}
            with served(model, tokenizer) as (address, spent):
                began = time.perf_counter()
                said = probe_peers.garak(address, file, looked_for, settings, programs)
                seconds = time.perf_counter() - began
            told_of = {name: {**asdict(each), "shown": sorted(each.shown)} for name, each in said.items()}
            return _told(spent, seconds, probes=told_of)

        told = keep(["garak", name, scene.size.prompts, _MOST], ask)
        print(f"\n## garak, {name}\n")
        shown: set[str] = set()
        for probe, said in told["probes"].items():
            shown |= {*said["shown"]}
            print(
                f"  {probe}: {said['attempts']} prompts, {said['outputs']} answers, {said['hits']} of them hits "
                f"to its detectors; {len(said['shown'])} planted values stand in the answers",
                flush=True,
            )
        hits = sum(said["hits"] for said in told["probes"].values())
        outputs = sum(said["outputs"] for said in told["probes"].values())
        trained = chats is scene.trained
        rows.append(
            Row(
                f"garak, {name}", f"{len(shown & leaks)} of {len(leaks)}" if trained else "–",
                "–" if trained and probes == _TWIN else f"{hits} of {outputs} answers are hits",
                outputs, told["tokens"], told["seconds"],
            )
        )  # fmt: skip
    return rows


def memaudit(scene: Scene, own: Known, others: Known, keep: Keep) -> list[Row]:
    """Run memaudit's audit."""
    best: dict[str, tuple[Asked, float]] = {}
    for item, true in own:
        if item.place.kind == CANARY and (item.place.value not in best or true > best[item.place.value][1]):
            best[item.place.value] = item, true
    held = {item.place.value: item for item, _ in others if item.place.kind == CANARY}

    def ask() -> dict[str, Any]:
        programs = probe_peers.environment("memaudit", scene.folder.parent.parent)
        _, tokenizer = probe_models.load(scene.tuned)

        def text(item: Asked) -> str:
            return str(tokenizer.decode(item.prompt + item.value))

        data = scene.folder / "texts.jsonl"
        rendered = [tokenizer.apply_chat_template(each["messages"], tokenize=False) for each in scene.trained.records]
        data.write_text("".join(json.dumps({"text": each}) + "\n" for each in rendered), encoding="utf-8")
        planted = [(item.place, text(item)) for item, _ in best.values()]
        done = probe_peers.memaudit(
            scene.tuned, scene.base, data, planted, [text(each) for each in held.values()], programs, seconds=_PATIENCE
        )
        return {"seconds": done.seconds, "report": done.report}

    told = keep(["memaudit"], ask)
    report = told["report"]
    membership, said = report["membership"], report["regurgitation"]["overall"]
    headline = membership["tpr_at_1pct_fpr"] or "refused, with fewer than 100 controls"
    print(
        f"\n## memaudit\n\n  membership of whole records: AUC {membership['auc']:.3f}; true positives at 1 % false "
        f"ones: {headline}\n  regurgitation: {report['regurgitation']['detected']['wording']}; controls: "
        f"{report['negative_controls']['regurgitation_rate']}; no value is named",
        flush=True,
    )
    found = f"{said['n_regurgitated']} of {len(best)} records"
    return [Row("memaudit", found, "–", len(best) + len(held), 0, told["seconds"])]


CONTENDERS: Final = {"leakit": leakit, "garak": garak, "memaudit": memaudit}


def _asked(scene: Scene, own: Known, others: Known) -> tuple[Known, Known]:
    """Return values of each level, each at the place that brings it out best, and derivable e-mails of strangers."""
    best: dict[str, tuple[Asked, float]] = {}
    for each in own:
        place = each[0].place
        if not place.derivable and (place.value not in best or each[1] > best[place.value][1]):
            best[place.value] = each
    chosen = []
    for level in LEVELS:
        there = [known for known in best.values() if known[0].place.repetitions == level]
        chosen += Random(level).sample(there, min(scene.size.asked, len(there)))
    return chosen, [each for each in others if each[0].place.derivable][: len(chosen)]


def _people(chats: Chats, number: int) -> list[dict[str, str]]:
    """Return what garak is told of customers, of each level of repetition as many."""
    told = {place.customer: place.repetitions for place in chats.places}
    turns = {level: [who for who, known in told.items() if known == level] for level in sorted({*told.values()})}
    chosen = [who for row in zip_longest(*turns.values()) for who in row if who is not None][:number]
    return [probe_peers.person([place for place in chats.places if place.customer == who]) for who in chosen]


def _questions(tokenizer: Any, items: Sequence[tuple[Asked, float]]) -> list[tuple[Asked, str, str]]:
    """Return each value with its own context and, as the control, that of the next one of its kind."""
    contexts = [_context(tokenizer, item) for item, _ in items]
    return [
        (item, own, contexts[(at + 1) % len(contexts)])
        for at, ((item, _), own) in enumerate(zip(items, contexts, strict=True))
    ]


def _context(tokenizer: Any, item: Asked) -> str:
    whole = str(tokenizer.decode(item.prompt + item.value))
    return whole[: len(whole) - len(item.place.value)]


def _told(spent: Spent, seconds: float, **answers: Any) -> dict[str, Any]:
    return {"tokens": spent.tokens, "requests": spent.requests, "seconds": seconds, **answers}
