"""Models in a local folder, through Hugging Face transformers: safetensors checkpoints, and PEFT adapters on a base.

Nothing is downloaded and no code from a model folder is run: weights are read from safetensors alone, and
``trust_remote_code`` is off.
"""

from __future__ import annotations

import hashlib
import inspect
import json
import warnings
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

from finetooth.errors import ModelError
from finetooth.evidence import ModelIdentity
from finetooth.targets.target import Answer, Context, Likelihood, Progress, TemplateError, Unanswered
from finetooth.trial import Trial

_BATCH_TOKENS = 8192  # padding included; small enough for a laptop, large enough to keep it busy
_CUT = "\ue000finetooth\ue000"  # private-use characters: no template and no tokenizer gives them a meaning
_PICKLES = (".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle")


class TransformersTarget:
    """One causal language model, as it is or with its adapter switched off."""

    def __init__(self, model: Any, tokenizer: Any, identity: ModelIdentity, *, adapter_off: bool = False) -> None:  # noqa: ANN401
        """Wrap a loaded model; ``load`` is the usual way in.

        Args:
            model: a transformers causal language model, or a PEFT model around one.
            tokenizer: its fast tokenizer.
            identity: what evidence calls it.
            adapter_off: score with the PEFT adapter switched off, which is the base model.
        """
        self.identity = identity
        self._model = model
        self._tokenizer = tokenizer
        self._adapter_off = adapter_off
        self._window = _window(model.config, tokenizer)
        self._picks_positions = "logits_to_keep" in inspect.signature(_innermost(model).forward).parameters

    def render(self, context: Context) -> str:
        """Return the prompt in the model's own chat template, cut off where the context ends.

        A sentinel goes where the context ends; what the template puts behind it is cut off. Without a template, the
        turns follow one another as plain text.
        """
        if isinstance(context, str):
            return context
        if not self._tokenizer.chat_template:
            return "\n\n".join(turn.text for turn in context)
        messages = [{"role": turn.role, "content": turn.text} for turn in context]
        messages[-1]["content"] += _CUT
        try:
            text = self._tokenizer.apply_chat_template(messages, tokenize=False)
        except Exception as error:  # noqa: BLE001 - a template is a stranger's program: it may raise anything
            # NOTE: the message of a template's own error may quote the conversation; its type does not.
            raise TemplateError(f"the chat template refuses a conversation ({type(error).__name__})") from None
        prompt, found, _ = str(text).partition(_CUT)
        if not found:
            raise TemplateError("the chat template drops the last message of a conversation")
        return prompt

    def log_likelihood(self, trials: Sequence[Trial], progress: Progress | None = None) -> list[Answer]:
        """Score by teacher forcing, in batches of similar length."""
        answers: list[Answer] = [Unanswered("not run")] * len(trials)
        encoded: list[tuple[int, list[int], int]] = []
        for position, trial in enumerate(trials):
            tokens, first = self._encode(trial)
            if first >= len(tokens):
                answers[position] = Unanswered("the continuation has no token of its own")
            elif len(tokens) - first >= self._window:
                answers[position] = Unanswered("the continuation is longer than the model's context")
            else:
                cut = max(0, len(tokens) - self._window)
                encoded.append((position, tokens[cut:], first - cut))
        for batch in _batches(encoded):
            for (position, _, _), answer in zip(batch, self._score(batch), strict=True):
                answers[position] = answer
            if progress:
                progress(len(batch))
        if progress:
            progress(len(trials) - len(encoded))
        return answers

    def _encode(self, trial: Trial) -> tuple[list[int], int]:
        """Return the tokens of prompt and continuation, and the position of the first one to be scored.

        Both are tokenised as one text, as in training: where a token straddles the two it is scored too, so that the
        probability is exact for the tokens that the model would have to emit.
        """
        prompt = self._ids(trial.prompt)
        whole = self._ids(trial.prompt + trial.continuation)
        shared = 0
        for left, right in zip(prompt, whole, strict=False):
            if left != right:
                break
            shared += 1
        return whole, max(shared, 1)  # the first token of all has nothing to be predicted from

    def _ids(self, text: str) -> list[int]:
        # A rendered template holds its own special tokens; raw text gets the ones it was trained with.
        special = not self._tokenizer.chat_template
        return list(self._tokenizer(text, add_special_tokens=special, verbose=False)["input_ids"])

    def _score(self, batch: Sequence[tuple[int, list[int], int]]) -> list[Answer]:
        import torch  # noqa: PLC0415 - heavy, and only here

        width = max(len(tokens) for _, tokens, _ in batch)
        ids = torch.zeros((len(batch), width), dtype=torch.long)
        mask = torch.zeros_like(ids)
        for row, (_, tokens, _) in enumerate(batch):
            ids[row, : len(tokens)] = torch.tensor(tokens)
            mask[row, : len(tokens)] = 1
        # The logits at a position predict the next token; only the positions before scored tokens are computed.
        start = min(first for _, _, first in batch) - 1
        kept = torch.arange(start, width)
        keep = {"logits_to_keep": kept} if self._picks_positions else {}
        device = self._model.device
        with torch.inference_mode(), self._reference():
            logits = self._model(input_ids=ids.to(device), attention_mask=mask.to(device), **keep).logits
        if not keep:
            logits = logits[:, start:]
        answers: list[Answer] = []
        for row, (_, tokens, first) in enumerate(batch):
            scores = logits[row, first - 1 - start : len(tokens) - 1 - start].float().log_softmax(-1)
            picked = scores.gather(-1, ids[row, first : len(tokens), None].to(device)).sum().item()
            answers.append(
                Likelihood(log_probability=min(0.0, picked), tokens=len(tokens) - first)
                if picked == picked  # noqa: PLR0124 - NaN alone differs from itself
                else Unanswered("the model gives no number (NaN) for it")
            )
        return answers

    def _reference(self) -> AbstractContextManager[Any]:
        context: AbstractContextManager[Any] = self._model.disable_adapter() if self._adapter_off else nullcontext()
        return context


def load(folder: Path, base: Path | None = None) -> tuple[TransformersTarget, TransformersTarget | None]:
    """Load the model in a folder, and its reference where there is one.

    Args:
        folder: a checkpoint, or a PEFT adapter.
        base: the untuned model. An adapter finds its own where its configuration names a folder.

    Returns:
        The tuned model, and the reference: ``base``, or for an adapter the same model with the adapter switched off.

    Raises:
        ModelError: there is no model, it cannot be loaded, or loading it could run code.
    """
    if not (folder / "adapter_config.json").is_file():
        tuned = _load_checkpoint(folder)
        return tuned, _load_checkpoint(base) if base else None
    from peft import PeftModel  # noqa: PLC0415 - heavy, and only here

    _refuse_pickles(folder, "adapter_model.safetensors")
    under = base or _adapter_base(folder)
    below = _load_checkpoint(under)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the two libraries deprecate one another's names, which tells a user nothing
            model = PeftModel.from_pretrained(below._model, str(folder), local_files_only=True)
    except Exception as error:  # noqa: BLE001 - whatever a stranger's files make the library raise
        raise ModelError(f"{folder}: the adapter cannot be loaded onto {under} ({_brief(error)})") from None
    model.eval()
    tuned = TransformersTarget(model, below._tokenizer, _identity(folder, under))
    return tuned, TransformersTarget(model, below._tokenizer, _identity(under), adapter_off=True)


def _load_checkpoint(folder: Path) -> TransformersTarget:
    import torch  # noqa: PLC0415 - heavy, and only here
    import transformers  # noqa: PLC0415
    from transformers import AutoModelForCausalLM, AutoTokenizer  # noqa: PLC0415

    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    if not (folder / "config.json").is_file():
        raise ModelError(f"{folder}: no model here (config.json is missing); name the folder that training saved")
    _refuse_pickles(folder)
    device = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    safe = {"local_files_only": True, "trust_remote_code": False}
    try:
        tokenizer = AutoTokenizer.from_pretrained(str(folder), **safe)
        # Full precision: in bf16 a log-probability is off by .14 nats on average, which moves borderline verdicts.
        model = AutoModelForCausalLM.from_pretrained(str(folder), use_safetensors=True, dtype=torch.float32, **safe).to(
            device
        )
    except Exception as error:  # noqa: BLE001 - whatever a stranger's files make the library raise
        raise ModelError(f"{folder}: the model cannot be loaded ({_brief(error)})") from None
    model.eval()
    return TransformersTarget(model, tokenizer, _identity(folder))


def _refuse_pickles(folder: Path, weights: str = "*.safetensors") -> None:
    """Refuse weights that run code when they are read: no flag of any library makes a stranger's pickle safe."""
    if any(folder.glob(weights)):
        return
    pickles = sorted(path.name for path in folder.iterdir() if path.suffix in _PICKLES)
    if pickles:
        raise ModelError(
            f"{folder}: the weights are a pickle ({pickles[0]}), which can run any code when loaded; convert them "
            "where you trust them: model.save_pretrained(folder, safe_serialization=True)"
        )
    raise ModelError(f"{folder}: no weights here ({weights}); name the folder that training saved")


def _adapter_base(folder: Path) -> Path:
    try:
        named = json.loads((folder / "adapter_config.json").read_text("utf-8")).get("base_model_name_or_path") or ""
    except (OSError, ValueError, AttributeError):
        raise ModelError(f"{folder}: adapter_config.json cannot be read as JSON") from None
    for candidate in (folder / named, Path(named)):
        if named and (candidate / "config.json").is_file():
            return candidate
    raise ModelError(
        f"{folder}: an adapter needs its base model, and the one that it names is no folder here; name it with --base"
    )


def _identity(*folders: Path) -> ModelIdentity:
    digest = hashlib.sha256()
    for folder in folders:
        for path in sorted(entry for entry in folder.iterdir() if entry.is_file()):
            with path.open("rb") as file:
                digest.update(f"{path.name}\0{hashlib.file_digest(file, 'sha256').hexdigest()}\n".encode())
    return ModelIdentity(kind="transformers", name=str(folders[0]), digest=f"sha256:{digest.hexdigest()}")


def _window(config: Any, tokenizer: Any) -> int:  # noqa: ANN401
    """Return how many tokens fit the model's context."""
    limits = [getattr(config, "max_position_embeddings", None), getattr(tokenizer, "model_max_length", None)]
    return min(int(limit) for limit in [*limits, 1_000_000] if limit)


def _innermost(model: Any) -> Any:  # noqa: ANN401
    """Return the model under a PEFT wrapper, whose own ``forward`` takes anything."""
    return model.get_base_model() if hasattr(model, "get_base_model") else model


def _batches(
    encoded: list[tuple[int, list[int], int]],
) -> Iterator[list[tuple[int, list[int], int]]]:
    """Yield batches of similar length, longest first, so that too little memory shows at once."""
    batch: list[tuple[int, list[int], int]] = []
    for item in sorted(encoded, key=lambda item: -len(item[1])):
        if batch and len(batch[0][1]) * (len(batch) + 1) > _BATCH_TOKENS:
            yield batch
            batch = []
        batch.append(item)
    if batch:
        yield batch


def _brief(error: Exception) -> str:
    return f"{type(error).__name__}: {str(error).splitlines()[0][:200]}" if str(error) else type(error).__name__
