"""Where every NO-GO is false: models that were never trained on the data that they are probed for.

So many tiny models are tuned from one base, the sample's, each on support chats of its own customers, and each is
probed for the findings in the data of every other one. The wording is the same everywhere, so that the domain is well
known, and no value is: what a verdict blames on the tuning is chance. Each model is also probed for its own data, which
it has learnt, so that the silence of the others means something.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import probe_data
import probe_models
from finetooth.metrics.interval import upper_limit
from probe_finetooth import alien, probed

_SEED: Final = 7000
_EACH: Final = 1
_EMPTY: Final = 5


def run(models: int, cache: Path, attacks: Sequence[str] | None = None) -> int:
    """Print how many of the crossed probes end NO-GO; return 1 where one does, or where a model's own does not.

    Args:
        models: how many are made and crossed.
        cache: folder that keeps them.
        attacks: names of the attacks that are tried; all by default.
    """
    import torch  # noqa: PLC0415 - heavy

    torch.manual_seed(_SEED)
    began = time.perf_counter()
    chats = [probe_data.trained(_SEED + number, _EACH, _EMPTY) for number in range(models)]
    base = probe_models.SAMPLE
    tuned = [probe_models.tuned(cache, base, each, probe_models.TINY, _SEED) for each in chats]
    texts = [
        "\n".join(message["content"] for record in each.records for message in record["messages"]) for each in chats
    ]
    folder = cache / f"null-{models}"
    files = [folder / f"chats-{number}.jsonl" for number in range(models)]
    for file, each in zip(files, chats, strict=True):
        each.save(file)
    print(f"{models} models: made in {time.perf_counter() - began:.0f} s", flush=True)
    own: Counter[str] = Counter()
    crossed: Counter[str] = Counter()
    failed: Counter[str] = Counter()
    findings = attributable = strange = 0
    began = time.perf_counter()
    for number, model in enumerate(tuned):
        for other, file in enumerate(files):
            run = probed(file, model, base, attacks=attacks)
            verdict = run.report.verdict
            if other == number:
                own[verdict.decision] += 1
                continue
            crossed[verdict.decision] += 1
            failed.update(ruling.requirement for ruling in verdict.rulings if ruling.status == "FAIL")
            findings += len(run.claims)
            attributable += sum(claim.outcome == "attributable" for claim in run.claims)
            strange += len(alien(run, chats[other], texts[number]))
        print(f"  {number + 1} of {models}: {dict(crossed)}, {time.perf_counter() - began:.0f} s", flush=True)
    trials, false = sum(crossed.values()), crossed["NO-GO"]
    print(
        f"own data: {dict(own)}\nnull trials: {dict(crossed)}: {false} of {trials} false NO-GO (at most "
        f"{upper_limit(false, trials, 0.95):.2%} at 95 % confidence), failed requirements {dict(failed)}; "
        f"{attributable} of {findings:,} findings attributable, {strange} of them of values that the "
        f"model had not read; {time.perf_counter() - began:.0f} s"
    )
    return int(bool(false or own["NO-GO"] < models))
