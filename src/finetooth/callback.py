"""The training gate: a callback of transformers' ``Trainer``, and of whatever is made of it, such as TRL's trainers.

It imports transformers, which is heavy: nothing but ``finetooth.PassportCallback`` loads this file.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from finetooth import api, passportfile, ranks, runfolder
from finetooth.errors import IncompleteError, UsageError
from finetooth.gating import require_go
from finetooth.trainset import Checked, Claim, check

try:
    from transformers import TrainerCallback
except ImportError as error:
    raise UsageError("PassportCallback needs transformers; call: pip install 'finetooth[train]'") from error

if TYPE_CHECKING:
    from finetooth.report import Report
    from finetooth.running import Data, Model

_LOG = logging.getLogger("finetooth")
_SPREAD: Final = (
    "the weights are spread over ranks, so that none can save the model from a callback; save it after training "
    "(trainer.save_model), and judge it then: finetooth.gate(data, model=folder, base=base)"
)


class PassportCallback(TrainerCallback):  # type: ignore[misc]  # transformers ships no types here
    """Lets a trainer begin only on data that was judged GO, and, if asked, judges the model that comes out.

    Before the first step (``on_train_begin``) the passport is verified: it must have been issued at the train gate, be
    good today, and be for the records of ``data``. Where it is not, `PassportRefused` is raised on every rank,
    whichever rank's data differs, and no step is taken. Every rank must have the callback.

    What is proven. That the records of ``data`` are those that were judged: always, by their digest (by the bytes of
    files, where ``data`` names files). That they are what *trains*, as far as the trainer still shows it:

    - ``data`` is left out: the rows behind the trainer's dataloader are the records. Where they hold token ids alone,
      nothing can be compared, and it raises.
    - ``data`` and those rows have columns in common: these hold the same, or it raises. ``data=trainer.train_dataset``
      is best with TRL, which keeps the texts there beside the token ids.
    - The rows have ``input_ids``: the tokenizer of the trainer makes them again of the records (a conversation by its
      chat template, a text with and without the end token, packed sequences one by one, cut where they are cut), and
      they are the same, in any order. That proves it all. It takes as long as tokenising in one process does;
      ``retokenize=False`` leaves it out.
    - Otherwise, that there are as many rows as records were judged, or it raises, unless ``regrouped=True``.

    What is not: that token ids were made of these records, where they could not be made again (a template or
    a formatting function of your own); what a data collator or a transform changes afterwards; what a stream will
    yield; evaluation data. What is not proven stands in ``checked.unproven`` and is logged as a warning.

    Args:
        passport: the ``passport.json`` of a run.
        data: what was judged, as it was before it became token ids: a ``datasets.Dataset``, rows, or paths. Without it,
            the dataset behind the trainer's dataloader.
        policy: what the passport must have been judged by, any by default; and what the model is judged by, the
            configured one by default.
        key: file with the public key (Ed25519, PEM) that must have signed the passport.
        records: compare files by what their records say, not by their bytes.
        strict: refuse what is not proven, too.
        regrouped: rows were packed, cut or filtered after judging, so that their number says nothing.
        retokenize: make the token ids again of the records, and compare.
        today: the day on which the passport must be good; UTC's by default.
        probe: after training, save the model and judge it at the release gate, on rank 0.
        base: the untuned model, to tell what training is to blame for; naming it means ``probe=True``.
        model: folder that the trained model is saved to; ``finetooth-probed`` in the output folder by default.
        out: folder for the report on the model; ``finetooth`` in the output folder by default.
        audit: more arguments of ``finetooth.audit`` for the probe, such as ``{"attacks": ["targeted"]}``.

    After training with ``probe``, `NoGo` or `Incomplete` is raised on every rank unless the verdict is GO; the model
    stays saved. On a GO the passport goes on with the model: it then names the digests of both, and both gates. One
    that was signed is replaced only by one that is: without a signing key here that of the model stands in ``out``.
    """

    def __init__(
        self,
        passport: str | Path,
        data: Data | None = None,
        *,
        policy: str | Path | None = None,
        key: str | Path | None = None,
        records: bool = False,
        strict: bool = False,
        regrouped: bool = False,
        retokenize: bool = True,
        today: date | None = None,
        probe: bool = False,
        base: Model | None = None,
        model: str | Path | None = None,
        out: str | Path | None = None,
        audit: dict[str, Any] | None = None,
    ) -> None:
        self._passport = Path(passport)
        self._data = list(data) if isinstance(data, Iterator) else data  # it is read more than once
        self._policy = policy
        self._named: dict[str, Any] = {"key": key, "records": records, "today": today}
        self._named |= {"strict": strict, "regrouped": regrouped}
        self._retokenize = retokenize
        self._probe = probe or base is not None
        self._base = base
        self._model = model
        self._out = out
        self._audit = audit or {}
        self.checked: Checked | None = None
        """What was proven before the first step; None before that."""
        self.report: Report | None = None
        """What became of the trained model, on every rank; None where it was not probed."""

    def on_train_begin(
        self, args: Any, state: Any, control: Any, *, model: Any = None, train_dataloader: Any = None, **more: Any
    ) -> None:
        """Verify the passport, and raise on every rank where it is not good for what is about to train."""
        self.checked = ranks.on_all(lambda: self._check(model, train_dataloader, more.get("processing_class")))
        if state.is_world_process_zero:
            _LOG.info("passport %s: %s", self._passport, "; ".join(self.checked.proven))
            for each in self.checked.unproven:
                _LOG.warning("passport %s: not proven: %s", self._passport, each)

    def on_train_end(self, args: Any, state: Any, control: Any, *, model: Any = None, **more: Any) -> None:
        """Save the model and judge it, where that was asked for, and raise on every rank unless it is GO."""
        if not self._probe:
            return

        def probed() -> Report | None:
            if not state.is_world_process_zero:
                return None
            return self._release(Path(args.output_dir), model, more.get("processing_class"))

        self.report = next(report for report in ranks.told_by_all(ranks.on_all(probed)) if report is not None)
        require_go(self.report)

    def _check(self, model: Any, dataloader: Any, tokenizer: Any) -> Checked:
        if self._probe and _is_spread(model):
            raise UsageError(_SPREAD)
        if dataloader is None:
            raise IncompleteError("the trainer shows its callbacks no dataloader, so that nothing can be verified")
        claim = Claim(
            passport=self._passport,
            data=self._data,
            trained=dataloader.dataset,
            tokenizer=tokenizer if self._retokenize else None,
            policy=self._policy,
            **self._named,
        )
        return check(claim)

    def _release(self, output: Path, model: Any, tokenizer: Any) -> Report:
        if self.checked is None:
            raise IncompleteError("no passport was verified before training, so that nothing can be said of the model")
        saved = Path(self._model or output / "finetooth-probed")
        model.save_pretrained(saved)
        if tokenizer is not None:
            tokenizer.save_pretrained(saved)
        report = api.audit(self.checked.judged, model=saved, base=self._base, policy=self._policy, **self._audit)
        out = Path(self._out or output / "finetooth")
        said = api.save(report, out, ["html"], before=self.checked.verification.statement)
        if report.verdict.decision == "GO":
            self._go_on(out / passportfile.NAME, said)
        return report

    def _go_on(self, issued: Path, said: str) -> None:
        """Let the passport of data and model take the place of that of the data, unless that would unsign it."""
        if not issued.exists():
            _LOG.warning("passport %s: does not name the model: %s", self._passport, said)
        elif passportfile.load(self._passport).signatures and not passportfile.load(issued).signatures:
            _LOG.warning("passport %s: is signed, and there is no key here; %s names the model", self._passport, issued)
        else:
            runfolder.replace(self._passport, issued.read_bytes())


def _is_spread(model: Any) -> bool:
    """Tell whether no rank has all of the weights: FSDP, or DeepSpeed's third stage."""
    if model is None:
        return True
    wrapped = any(type(module).__name__ == "FullyShardedDataParallel" for module in model.modules())
    return wrapped or any(hasattr(weight, "full_tensor") or hasattr(weight, "ds_id") for weight in model.parameters())
