"""Models in a local folder, through Hugging Face transformers: safetensors checkpoints, and PEFT adapters on a base.

Nothing is downloaded and no code from a model folder is run: weights are read from safetensors alone, and
``trust_remote_code`` is off.
"""

from __future__ import annotations

import inspect
import json
import re
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from itertools import chain
from math import isnan
from pathlib import Path
from typing import Any

from finetooth.digests import digest_of
from finetooth.errors import ModelError
from finetooth.evidence import ModelIdentity, Spent
from finetooth.targets.target import EVERYTHING, Answer, Generation, Likelihood, Progress, TemplateError, Unanswered
from finetooth.torchthreads import one_if_small
from finetooth.trial import Context, Prompt, Trial

_BATCH_TOKENS = 8192  # padding included; small enough for a laptop, large enough to keep it busy
_CUT = "\ue000finetooth\ue000"  # private-use characters: no template and no tokenizer gives them a meaning
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_PICKLES = (".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle")


@dataclass(frozen=True, slots=True)
class _Encoded:
    """A trial in tokens."""

    position: int
    prompt: tuple[int, ...]
    continuation: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.prompt) + len(self.continuation)


class TransformersTarget:
    """One causal language model, as it is or with its adapter switched off."""

    def __init__(self, model: Any, tokenizer: Any, identity: ModelIdentity, *, adapter_off: bool = False) -> None:
        """Wrap a loaded model; ``load`` is the usual way in.

        Args:
            model: a transformers causal language model, or a PEFT model around one.
            tokenizer: its fast tokenizer.
            identity: what evidence calls it.
            adapter_off: score with the PEFT adapter switched off, which is the base model.
        """
        self.identity = identity
        self.capabilities = EVERYTHING
        self.spent = Spent()
        self._model = model
        self._tokenizer = tokenizer
        self._adapter_off = adapter_off
        self._window = _window(model.config, tokenizer)
        self._picks_positions = "logits_to_keep" in inspect.signature(_innermost(model).forward).parameters

    def render(self, context: Context) -> str:
        """Return the context in the model's own chat template, cut off where it ends.

        A sentinel goes where the context ends; what the template puts behind it is cut off. Without a template, the
        turns follow one another as plain text.

        Raises:
            TemplateError: the template cannot render this conversation.
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
        """Score by teacher forcing: a prompt that several trials share is read once, the others in padded batches."""
        answers: list[Answer] = [Unanswered("not run")] * len(trials)
        by_prompt: dict[tuple[int, ...], list[_Encoded]] = {}
        rendered = self._rendered(trial.context for trial in trials)
        for position, trial in enumerate(trials):
            prompt = rendered[trial.context]
            if isinstance(prompt, Unanswered):
                answers[position] = prompt
                continue
            if _SURROGATE.search(prompt + trial.continuation):
                answers[position] = Unanswered("the text holds a lone surrogate, which no tokenizer takes")
                continue
            tokens, first = self._encode(prompt, trial.continuation)
            if first >= len(tokens):
                answers[position] = Unanswered("the continuation has no token of its own")
            elif len(tokens) - first >= self._window:
                answers[position] = Unanswered("the continuation is longer than the model's context")
            else:
                cut = max(0, len(tokens) - self._window)
                encoded = _Encoded(position, tuple(tokens[cut:first]), tuple(tokens[first:]))
                by_prompt.setdefault(encoded.prompt, []).append(encoded)
        alone = [group[0] for group in by_prompt.values() if len(group) == 1]
        shared = [group for group in by_prompt.values() if len(group) > 1]
        scored = ((batch, self._score_apart(batch)) for batch in _batches(alone))
        together = ((batch, self._score_together(batch)) for group in shared for batch in _batches(group))
        with one_if_small(self._model):
            for batch, log_probabilities in chain(scored, together):
                self.spent += Spent(requests=1, prompt_tokens=_read(batch))
                for item, log_probability in zip(batch, log_probabilities, strict=True):
                    answers[item.position] = _answer(log_probability, len(item.continuation))
                if progress:
                    progress(len(batch))
        if progress:
            progress(sum(isinstance(answer, Unanswered) for answer in answers))
        return answers

    def generate(self, prompts: Sequence[Prompt], progress: Progress | None = None) -> list[Generation | Unanswered]:
        """Continue each context: its samples are drawn together, from one reading of it."""
        said: list[Generation | Unanswered] = []
        rendered = self._rendered(prompt.context for prompt in prompts)
        with one_if_small(self._model):
            for prompt in prompts:
                text = rendered[prompt.context]
                said.append(text if isinstance(text, Unanswered) else self._continued(text, prompt))
                if progress:
                    progress(1)
        return said

    def _continued(self, text: str, prompt: Prompt) -> Generation | Unanswered:
        import torch  # noqa: PLC0415 - heavy, and only here

        if _SURROGATE.search(text):
            return Unanswered("the text holds a lone surrogate, which no tokenizer takes")
        room = self._window - prompt.max_tokens
        ids = self._ids(text)[-room:] if room > 0 else []
        if not ids:
            return Unanswered("the context is empty, or the model's window too short for an answer")
        torch.manual_seed(len(ids))  # the same draws for the same prompt, whatever was drawn before
        with torch.inference_mode(), self._reference():
            drawn = self._model.generate(
                input_ids=torch.tensor([ids], device=self._model.device),
                attention_mask=torch.ones((1, len(ids)), dtype=torch.long, device=self._model.device),
                max_new_tokens=prompt.max_tokens,
                do_sample=not prompt.greedy,
                num_return_sequences=1 if prompt.greedy else prompt.samples,
                pad_token_id=self._tokenizer.pad_token_id or self._tokenizer.eos_token_id or 0,
                **({} if prompt.greedy else {"temperature": 1.0, "top_k": 0, "top_p": 1.0}),
            )
        new = drawn[:, len(ids) :]
        self.spent += Spent(requests=1, prompt_tokens=len(ids), generated_tokens=new.numel())
        return Generation(texts=tuple(self._tokenizer.batch_decode(new, skip_special_tokens=True)), tokens=new.numel())

    def _rendered(self, contexts: Iterable[Context]) -> dict[Context, str | Unanswered]:
        """Render each distinct context once."""
        rendered: dict[Context, str | Unanswered] = {}
        for context in contexts:
            if context not in rendered:
                try:
                    rendered[context] = self.render(context)
                except TemplateError as error:
                    rendered[context] = Unanswered(str(error))
        return rendered

    def _encode(self, prompt: str, continuation: str) -> tuple[list[int], int]:
        """Return the tokens of prompt and continuation, and the position of the first one to be scored.

        Both are tokenised as one text, as in training: where a token straddles the two it is scored too, so that the
        probability is exact for the tokens that the model would have to emit.
        """
        before = self._ids(prompt)
        whole = self._ids(prompt + continuation)
        shared = 0
        for left, right in zip(before, whole, strict=False):
            if left != right:
                break
            shared += 1
        return whole, max(shared, 1)  # the first token of all has nothing to be predicted from

    def _ids(self, text: str) -> list[int]:
        # A rendered template holds its own special tokens; raw text gets the ones it was trained with.
        special = not self._tokenizer.chat_template
        return list(self._tokenizer(text, add_special_tokens=special, verbose=False)["input_ids"])

    def _score_apart(self, batch: Sequence[_Encoded]) -> list[float]:
        """Return the log-probability of each continuation, each after a prompt of its own."""
        texts = [item.prompt + item.continuation for item in batch]
        # The logits at a position predict the next token; those before the first scored token are not computed.
        start = min(len(item.prompt) for item in batch) - 1
        logits = self._logits(texts, start)
        return [
            _log_probability(row[len(item.prompt) - 1 - start :], item.continuation)
            for row, item in zip(logits, batch, strict=True)
        ]

    def _score_together(self, batch: Sequence[_Encoded]) -> list[float]:
        """Return the log-probability of each continuation after the one prompt that all of them share."""
        import torch  # noqa: PLC0415 - heavy, and only here

        prompt = torch.tensor([batch[0].prompt], device=self._model.device)
        with torch.inference_mode(), self._reference():
            read = self._model(input_ids=prompt, use_cache=True)
        first = read.logits[:, -1:]
        rest = [item.continuation[:-1] for item in batch]
        if not any(rest):
            return [_log_probability(first[0], item.continuation) for item in batch]
        read.past_key_values.batch_repeat_interleave(len(batch))
        logits = self._logits(rest, 0, past_key_values=read.past_key_values)
        return [
            _log_probability(torch.cat([first[0], row]), item.continuation)
            for row, item in zip(logits, batch, strict=True)
        ]

    def _logits(self, texts: Sequence[tuple[int, ...]], start: int, **more: Any) -> Any:
        """Return the logits from position ``start`` on, shape (texts, longest - start, vocabulary), in float32.

        Texts are padded on the right, where causal attention keeps padding from reaching any token before it.
        """
        import torch  # noqa: PLC0415 - heavy, and only here

        width = max(map(len, texts))
        ids = torch.zeros((len(texts), width), dtype=torch.long)
        for row, tokens in enumerate(texts):
            ids[row, : len(tokens)] = torch.tensor(tokens, dtype=torch.long)
        if self._picks_positions:
            more["logits_to_keep"] = torch.arange(start, width, device=self._model.device)
        with torch.inference_mode(), self._reference():
            logits = self._model(input_ids=ids.to(self._model.device), **more).logits
        return (logits if self._picks_positions else logits[:, start:]).float()

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
            warnings.simplefilter("ignore")  # two libraries deprecating one another say nothing to a user
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
    entries = [entry for folder in folders for entry in sorted(folder.iterdir()) if entry.is_file()]
    digest = digest_of((path.name, path) for path in entries)
    return ModelIdentity(kind="transformers", name=str(folders[0]), digest=f"sha256:{digest}")


def _window(config: Any, tokenizer: Any) -> int:
    """Return how many tokens fit the model's context."""
    limits = [getattr(config, "max_position_embeddings", None), getattr(tokenizer, "model_max_length", None)]
    return min(int(limit) for limit in [*limits, 1_000_000] if limit)


def _innermost(model: Any) -> Any:
    """Return the model under a PEFT wrapper, whose own ``forward`` takes anything."""
    return model.get_base_model() if hasattr(model, "get_base_model") else model


def _batches(items: Sequence[_Encoded]) -> Iterator[list[_Encoded]]:
    """Yield batches of similar length, longest first, so that too little memory shows at once."""
    batch: list[_Encoded] = []
    for item in sorted(items, key=len, reverse=True):
        if batch and len(batch[0]) * (len(batch) + 1) > _BATCH_TOKENS:
            yield batch
            batch = []
        batch.append(item)
    if batch:
        yield batch


def _read(batch: Sequence[_Encoded]) -> int:
    """Return how many tokens the model reads for a batch: a prompt that is shared is read once."""
    prompts = {item.prompt for item in batch}
    return sum(map(len, prompts)) + sum(len(item.continuation) for item in batch)


def _log_probability(logits: Any, continuation: tuple[int, ...]) -> float:
    """Return the log-probability of tokens, given the logits of the positions before each of them."""
    import torch  # noqa: PLC0415 - heavy, and only here

    scores = logits[: len(continuation)].log_softmax(-1)
    picked = scores.gather(-1, torch.tensor(continuation, device=scores.device)[:, None])
    return float(picked.sum().item())


def _answer(log_probability: float, tokens: int) -> Answer:
    if isnan(log_probability):
        return Unanswered("the model gives no number (NaN) for it")
    return Likelihood(log_probability=min(0.0, log_probability), tokens=tokens)


def _brief(error: Exception) -> str:
    return f"{type(error).__name__}: {str(error).splitlines()[0][:200]}" if str(error) else type(error).__name__
