"""Models in this process, through Hugging Face transformers: asked how probable a text is, and asked to go on.

Nothing is downloaded and no code of a model is run. `checkpoints` loads it, `templating` renders conversations,
`teacherforcing` and `decoding` ask the model; here contexts become tokens, and answers become texts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from typing import Any, Final

from finetooth.errors import ModelError
from finetooth.evidence import ModelIdentity, Spent
from finetooth.targets.checkpoints import load_adapter, load_checkpoint
from finetooth.targets.decoding import Draw, draw
from finetooth.targets.fullprecision import in_full_precision
from finetooth.targets.modelfiles import files_of, identity
from finetooth.targets.packing import Scored
from finetooth.targets.target import (
    EVERYTHING,
    Answer,
    Generation,
    Likelihood,
    Precision,
    Progress,
    TemplateError,
    Unanswered,
)
from finetooth.targets.teacherforcing import Reader
from finetooth.targets.templating import ChatTemplate
from finetooth.torchthreads import one_if_small
from finetooth.trial import Context, Prompt, Trial, length

_CUT = "\ue000finetooth\ue000"  # private-use characters: no template and no tokenizer gives them a meaning
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_TELLING: Final = -12.0
"""Log-probability above which an answer is computed again in float32: 1,000 samples show what is likelier than e^-7.3,
and half precision is off by less than the rest."""
_STRANGE: Final = "the tokenizer gives a token that the model does not have: it is another model's"
_NO_TEMPLATE: Final = (
    "the model has no chat template, so that conversations are shown to it as plain text; if it was tuned in one, this "
    "pulls out far less than it holds: save the template with the model"
)
_TORN: Final = "the text holds a lone surrogate, which no tokenizer takes"
_LONGEST_WINDOW: Final = 1_000_000  # tokens
_MEASURED: Final = 64  # contexts that are cut into tokens to see how many others have
_CHARACTERS_PER_TOKEN: Final = 4  # where none of them can be
_BEFORE: Final = 8  # tokens of a context that are decoded with what follows, which may depend on them


@dataclass(frozen=True, slots=True)
class _Rendered:
    """A context as the model is shown it."""

    text: str = field(repr=False)
    """The text."""
    after: str = field(repr=False)
    """What the template puts behind it, which begins with what ends the turn."""
    template: bool
    """Whether a chat template made it, and so its special tokens too."""


class TransformersTarget:
    """One causal language model, as it is or with its adapter switched off."""

    def __init__(self, model: Any, tokenizer: Any, identity: ModelIdentity, *, adapter_off: bool = False) -> None:
        """Wrap a loaded model; ``load`` is the usual way in.

        Args:
            model: a transformers causal language model, or a PEFT model around one.
            tokenizer: its tokenizer.
            identity: what evidence calls it.
            adapter_off: ask with the PEFT adapter switched off, which is the base model.
        """
        self.identity = replace(identity, version=_version(model))
        self.capabilities = EVERYTHING
        self.limits: tuple[str, ...] = ()
        self.spent = Spent()
        self._model = model
        self._tokenizer = tokenizer
        self._adapter_off = adapter_off
        self._reader = Reader(_innermost(model))
        self._window = _window(self._reader.model.config, tokenizer)
        self._template = _template(tokenizer, identity.name)
        self._opening = _opening(tokenizer)
        self._density: float | None = None  # tokens to a character

    def render(self, context: Context) -> str:
        """Return the context in the model's own chat template, cut off where it ends.

        A sentinel goes where the context ends; what the template puts behind it is cut off. Without a template, the
        turns follow one another as plain text.

        Raises:
            TemplateError: the template cannot render this conversation.
        """
        rendered = self._rendered([context])[context]
        if isinstance(rendered, Unanswered):
            raise TemplateError(rendered.reason)
        return rendered.text

    def log_likelihood(self, trials: Sequence[Trial], progress: Progress | None = None) -> list[Answer]:
        """Score by teacher forcing; what several trials have in common is read once."""
        answers: list[Answer] = [Unanswered("not run")] * len(trials)
        items: list[Scored] = []
        for position, encoded in enumerate(self._encoded(trials)):
            if isinstance(encoded, Unanswered):
                answers[position] = encoded
            else:
                tokens, first = encoded
                cut = max(0, len(tokens) - self._window)
                items.append(Scored(position, tuple(tokens[cut:]), first - cut))
        if progress and len(items) < len(trials):
            progress(len(trials) - len(items))
        with self._asked():
            for item, answer in self._scored(items, progress):
                answers[item.position] = answer
            again = [item for item in items if self._halved and _telling(answers[item.position])]
            if again:
                with in_full_precision(self._reader.model):
                    for item, answer in self._scored(again, None):
                        answers[item.position] = answer
        return answers

    def generate(self, prompts: Sequence[Prompt], progress: Progress | None = None) -> list[Generation | Unanswered]:
        """Continue the contexts, many at once, each of them read once for all its samples."""
        rendered = self._rendered(prompt.context for prompt in prompts)
        draws = [self._draws(at, prompt, rendered[prompt.context]) for at, prompt in enumerate(prompts)]
        failed = {at: each for at, each in enumerate(draws) if isinstance(each, Unanswered)}
        wanted = {at: each for at, each in enumerate(draws) if not isinstance(each, Unanswered)}
        said: dict[int, list[list[int]]] = {at: [[]] * len(each) for at, each in wanted.items()}
        left = {at: len(each) for at, each in wanted.items()}
        if progress and failed:
            progress(len(failed))
        with self._asked():
            for drawn in draw(self._reader, [each for several in wanted.values() for each in several]):
                for each, tokens in drawn.said:
                    if isinstance(tokens, Unanswered):
                        failed[each.position] = tokens
                    else:
                        said[each.position][each.number] = tokens
                    left[each.position] -= 1
                    if progress and not left[each.position]:
                        progress(1)
                self.spent += Spent(requests=1, prompt_tokens=drawn.read, generated_tokens=drawn.generated)
        return [failed.get(at) or self._generation(wanted[at][0], said[at]) for at in range(len(prompts))]

    def estimate(self, trials: Sequence[Trial], prompts: Sequence[Prompt] = ()) -> Spent:
        """Return roughly what asking all of it would take: what several trials have in common is read once."""
        contexts = dict.fromkeys([*(trial.context for trial in trials), *(prompt.context for prompt in prompts)])
        read = sum(map(length, contexts)) + sum(len(trial.continuation) for trial in trials)
        said = sum(prompt.max_tokens * (1 if prompt.greedy else prompt.samples) for prompt in prompts)
        if self._density is None and contexts:
            self._density = self._measured(list(islice(contexts, _MEASURED)))
        return Spent(prompt_tokens=round(read * (self._density or 0.0)), generated_tokens=said)

    def _measured(self, contexts: Sequence[Context]) -> float:
        """Return how many tokens these contexts have for each of their characters, the template's own included."""
        shown = [each for each in self._rendered(contexts).values() if isinstance(each, _Rendered)]
        encoded = self._ids((each.text, each.template) for each in shown).values()
        tokens = sum(len(ids) for ids in encoded if not isinstance(ids, Unanswered))
        characters = sum(map(length, contexts))
        return tokens / characters if tokens and characters else 1 / _CHARACTERS_PER_TOKEN

    def _scored(self, items: Sequence[Scored], progress: Progress | None) -> Iterator[tuple[Scored, Answer]]:
        for read, batch in self._reader.score(items) if items else ():
            self.spent += Spent(requests=1, prompt_tokens=read)
            yield from batch
            if progress:
                progress(len(batch))

    def _rendered(self, contexts: Iterable[Context]) -> dict[Context, _Rendered | Unanswered]:
        """Render each distinct context once."""
        distinct = list(dict.fromkeys(contexts))
        rendered: dict[Context, _Rendered | Unanswered] = {}
        conversations = []
        for context in distinct:
            if isinstance(context, str):
                rendered[context] = _Rendered(context, "", template=False)
            elif self._template is None:
                rendered[context] = _Rendered("\n\n".join(turn.text for turn in context), "", template=False)
                self.limits = (_NO_TEMPLATE,)
            else:
                conversations.append(context)
        if self._template is not None and conversations:
            messages = [[{"role": turn.role, "content": turn.text} for turn in context] for context in conversations]
            for conversation in messages:
                conversation[-1]["content"] += _CUT
            for context, text in zip(conversations, self._template.render(messages), strict=True):
                rendered[context] = _cut(text)
        return rendered

    def _encoded(self, trials: Sequence[Trial]) -> Iterator[tuple[list[int], int] | Unanswered]:
        """Yield the tokens of each trial, and the position of the first one to be scored.

        Context and continuation are tokenised as one text, as in training: where a token straddles the two it is scored
        too, so that the probability is exact for the tokens that the model would have to emit.
        """
        rendered = self._rendered(trial.context for trial in trials)
        texts = [(rendered[trial.context], trial.continuation) for trial in trials]
        shown = [(context, context.text + more) for context, more in texts if isinstance(context, _Rendered)]
        before = self._ids({(context.text, context.template) for context, _ in shown})
        whole = self._ids({(text, context.template) for context, text in shown})
        for context, more in texts:
            if isinstance(context, Unanswered):
                yield context
                continue
            head = before[context.text, context.template]
            tokens = whole[context.text + more, context.template]
            if isinstance(tokens, Unanswered):
                yield tokens
                continue
            if isinstance(head, Unanswered):
                yield head
                continue
            shared = next((at for at, (a, b) in enumerate(zip(head, tokens, strict=False)) if a != b), None)
            first = min(len(head), len(tokens)) if shared is None else shared
            yield self._placed(tokens, first)

    def _placed(self, tokens: list[int], first: int) -> tuple[list[int], int] | Unanswered:
        if first == 0 and (start := self._start()) is not None:
            tokens, first = [start, *tokens], 1  # the first token of all needs something to be predicted from
        first = max(first, 1)
        if first >= len(tokens):
            return Unanswered("the continuation has no token of its own")
        if len(tokens) - first >= self._window:
            return Unanswered("the continuation is longer than the model's context")
        if max(tokens) >= self._reader.words:
            return Unanswered(_STRANGE)
        return tokens, first

    def _ids(self, texts: Iterable[tuple[str, bool]]) -> Mapping[tuple[str, bool], list[int] | Unanswered]:
        """Return the tokens of texts, by text and whether a chat template made it.

        A rendered template holds its own special tokens; plain text gets those that stand before it in training.
        """
        found: dict[tuple[str, bool], list[int] | Unanswered] = {}
        sound = []
        for key in texts:
            if _SURROGATE.search(key[0]):
                found[key] = Unanswered(_TORN)
            else:
                sound.append(key)
        for (text, template), ids in zip(sound, self._cut_up([text for text, _ in sound]), strict=True):
            if isinstance(ids, Unanswered) or template or ids[: len(self._opening)] == self._opening:
                found[text, template] = ids
            else:
                found[text, template] = [*self._opening, *ids]
        return found

    def _cut_up(self, texts: list[str]) -> list[list[int] | Unanswered]:
        """Return the tokens of texts. One that the tokenizer fails at costs the others nothing."""
        if not texts:
            return []
        try:
            return list(self._tokenizer(texts, add_special_tokens=False, verbose=False)["input_ids"])
        except Exception:  # noqa: BLE001 - a stranger's tokenizer may raise anything, and quote the text
            if len(texts) == 1:
                return [Unanswered("the tokenizer does not take the text")]
            return [ids for text in texts for ids in self._cut_up([text])]

    def _draws(self, position: int, prompt: Prompt, context: _Rendered | Unanswered) -> list[Draw] | Unanswered:
        """Return the continuations that a prompt asks for, or why there can be none."""
        if isinstance(context, Unanswered):
            return context
        [ids] = self._ids([(context.text, context.template)]).values()
        if isinstance(ids, Unanswered):
            return ids
        room = self._window - prompt.max_tokens
        start = self._start()
        ids = ids or ([] if start is None else [start])
        if not ids or room < 1 or prompt.max_tokens < 1:
            return Unanswered("the context is empty, or the model's window too short for an answer")
        if max(ids) >= self._reader.words:
            return Unanswered(_STRANGE)
        shown, ends = tuple(ids[-room:]), self._ends(context.after)
        return [
            Draw(position, number, shown, prompt.max_tokens, prompt.greedy, ends)
            for number in range(1 if prompt.greedy else prompt.samples)
        ]

    def _generation(self, context: Draw, said: Sequence[list[int]]) -> Generation:
        before = list(context.tokens[-_BEFORE:])
        opening = self._text(before)
        texts = []
        for tokens in said:
            spoken = tokens[:-1] if tokens and tokens[-1] in context.ends else tokens
            # NOTE: some tokenizers drop a space at the beginning of a text, which here is in the middle of one.
            whole = self._text(before + spoken)
            texts.append(whole[len(opening) :] if whole.startswith(opening) else self._text(spoken))
        return Generation(texts=tuple(texts), tokens=sum(map(len, said)))

    def _text(self, tokens: Sequence[int]) -> str:
        return str(self._tokenizer.decode(tokens, skip_special_tokens=True, clean_up_tokenization_spaces=False))

    def _ends(self, after: str) -> frozenset[int]:
        """Return the tokens that end an answer: the model's own, and the one with which its template ends this turn."""
        config, generation = self._reader.model.config, getattr(self._reader.model, "generation_config", None)
        ends: set[int] = set()
        for named in (self._tokenizer, config, generation):
            ids = getattr(named, "eos_token_id", None)
            ends.update([ids] if isinstance(ids, int) else ids or [])
        if after and not _SURROGATE.search(after):
            following = self._tokenizer(after.lstrip(), add_special_tokens=False, verbose=False)["input_ids"]
            if following and following[0] in self._tokenizer.added_tokens_decoder:
                ends.add(following[0])
        return frozenset(ends)

    def _start(self) -> int | None:
        """Return the token that stands before the beginning of a text that has none."""
        ids = (self._tokenizer.bos_token_id, self._tokenizer.eos_token_id)
        return next((token for token in ids if isinstance(token, int)), None)

    @property
    def _halved(self) -> bool:
        import torch  # noqa: PLC0415 - heavy, and whoever has a model has it

        return bool(self._reader.model.dtype != torch.float32)

    @contextmanager
    def _asked(self) -> Iterator[None]:
        off: AbstractContextManager[Any] = self._model.disable_adapter() if self._adapter_off else nullcontext()
        with one_if_small(self._model), off:
            yield


def load(
    folder: Path, base: Path | None = None, dtype: Precision = "float32"
) -> tuple[TransformersTarget, TransformersTarget | None]:
    """Load a model, and its reference where there is one.

    Args:
        folder: a checkpoint, a PEFT adapter, or a GGUF file.
        base: the untuned model: a checkpoint or a GGUF file. An adapter finds its own where its configuration names a
            folder.
        dtype: what the weights are kept in. In half precision what is likely enough to matter is computed once more in
            float32, for a log-probability is off by .14 on average.

    Returns:
        The tuned model, and the reference: ``base``, or for an adapter the same model with the adapter switched off.
        Each is asked in its own tokens and chat template; the two of an adapter in the adapter's, where it has some.

    Raises:
        ModelError: there is no model, it cannot be loaded, or loading it could run code.
    """
    _, *below = files_of(folder, base)
    if not below:
        tuned = load_checkpoint(folder, dtype)
        reference = load_checkpoint(base, dtype) if base else None
        return (
            TransformersTarget(tuned.model, tuned.tokenizer, identity(folder)),
            TransformersTarget(reference.model, reference.tokenizer, identity(base)) if reference and base else None,
        )
    [under] = below
    both = load_adapter(folder, under, dtype)
    tuned_one = TransformersTarget(both.model, both.tokenizer, identity(folder, under))
    if both.base_kept:
        return tuned_one, TransformersTarget(both.model, both.tokenizer, identity(under), adapter_off=True)
    return tuned_one, TransformersTarget(load_checkpoint(under, dtype).model, both.tokenizer, identity(under))


def _cut(text: str | TemplateError) -> _Rendered | Unanswered:
    if isinstance(text, TemplateError):
        return Unanswered(str(text))
    prompt, found, after = text.partition(_CUT)
    if not found:
        return Unanswered("the chat template drops the last message of a conversation")
    return _Rendered(prompt, after, template=True)


def _telling(answer: Answer) -> bool:
    return isinstance(answer, Likelihood) and answer.log_probability > _TELLING


def _template(tokenizer: Any, name: str) -> ChatTemplate | None:
    source = tokenizer.chat_template
    if isinstance(source, dict):
        source = source.get("default")
        if source is None:
            raise ModelError(f"{name}: has several chat templates and none named default; keep the one that it uses")
    return ChatTemplate(source, tokenizer.special_tokens_map) if source else None


def _opening(tokenizer: Any) -> list[int]:
    """Return the special tokens that the tokenizer puts before plain text, without those that it puts behind it."""
    plain = tokenizer("a", add_special_tokens=False, verbose=False)["input_ids"]
    whole = tokenizer("a", add_special_tokens=True, verbose=False)["input_ids"]
    for at in range(len(whole)):
        if whole[at : at + len(plain)] == plain:
            return list(whole[:at])
    return []


def _version(model: Any) -> str:
    """Return what else than the weights decides a probability's last digits."""
    libraries = ", ".join(f"{name} {version(name)}" for name in ("transformers", "torch"))
    return f"{libraries}, {str(model.dtype).removeprefix('torch.')}"


def _window(config: Any, tokenizer: Any) -> int:
    """Return how many tokens fit the model's context. A configuration may say anything there, or what is no number."""
    limits = [
        getattr(config.get_text_config(), "max_position_embeddings", None),
        getattr(tokenizer, "model_max_length", None),
    ]
    return min(
        (int(limit) for limit in limits if isinstance(limit, int | float) and 0 < limit < _LONGEST_WINDOW),
        default=_LONGEST_WINDOW,
    )


def _innermost(model: Any) -> Any:
    """Return the model under a PEFT wrapper, whose own ``forward`` takes anything."""
    return model.get_base_model() if hasattr(model, "get_base_model") else model
