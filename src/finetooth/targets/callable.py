"""A model that is a Python function: whatever can be called can be probed.

``finetooth.audit(data, model=function)`` gives it each conversation as the list of messages that chat APIs take, and
gets back what the assistant says next. It begins the assistant's turn and no other, so what the user said can be tried
only by functions that take plain text, too (``raw_text``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import isnan
from typing import Any, Literal

from finetooth.errors import place
from finetooth.evidence import ModelIdentity, Spent
from finetooth.targets.target import Answer, Capabilities, Generation, Likelihood, Progress, Unanswered
from finetooth.trial import Context, Prompt, Trial

Asked = list[dict[str, str]] | str
"""What the function is given: messages with ``role`` and ``content``, or plain text to go on from."""

Speak = Callable[[Any], str]
"""Returns one sample of what the model says next, at temperature 1 and from the whole distribution."""

Weigh = Callable[[Any, str], float]
"""Returns the natural logarithm of the chance that the model goes on with a text."""

_CHARACTERS_PER_TOKEN = 4


class CallableTarget:
    """Asks a function.

    >>> target = CallableTarget(lambda messages: "hello, " + messages[-1]["content"])
    >>> [said] = target.generate([Prompt("Ada", max_tokens=8)])
    >>> said.reason
    'the function is asked with conversations, not with plain text'
    """

    def __init__(
        self,
        speak: Speak,
        weigh: Weigh | None = None,
        *,
        takes: Literal["messages", "text"] = "messages",
        prefills: bool = False,
        name: str | None = None,
    ) -> None:
        """Wrap a function.

        Args:
            speak: is given what was said so far, and returns what comes next.
            weigh: is given the same and a continuation, and returns the log of its chance, where the model tells.
            takes: ``messages``, as a chat API does; or ``text``, which it goes on from wherever that ends.
            prefills: with ``messages``, whether a last message of the assistant is gone on from, and not answered.
            name: what evidence calls it; the function's own name by default.
        """
        self.identity = ModelIdentity(
            kind="callable", name=name or str(getattr(speak, "__qualname__", type(speak).__name__)), digest=""
        )
        text = takes == "text"
        self.limits: tuple[str, ...] = ()
        self.capabilities = Capabilities(
            log_likelihood="exact" if weigh else "none", generate=True, any_turn=False, raw_text=text
        )
        self.spent = Spent()
        self._speak = speak
        self._weigh = weigh
        self._text = text
        self._prefills = prefills

    def log_likelihood(self, trials: Sequence[Trial], progress: Progress | None = None) -> list[Answer]:
        """Ask the second function; without one, all trials are unanswered (see `SampledTarget`)."""
        answers = []
        for trial in trials:
            answers.append(self._weighed(trial))
            if progress:
                progress(1)
        return answers

    def generate(self, prompts: Sequence[Prompt], progress: Progress | None = None) -> list[Generation | Unanswered]:
        """Call the function once for each sample; it cannot be told to be greedy, so a greedy prompt is unanswered."""
        said = []
        for prompt in prompts:
            said.append(self._said(prompt))
            if progress:
                progress(1)
        return said

    def estimate(self, trials: Sequence[Trial], prompts: Sequence[Prompt] = ()) -> Spent:
        """Return roughly what asking all of it would take."""
        return Spent(
            requests=len(trials) + sum(prompt.samples for prompt in prompts),
            prompt_tokens=sum(_tokens(trial.context) + _tokens(trial.continuation) for trial in trials)
            + sum(_tokens(prompt.context) * prompt.samples for prompt in prompts),
            generated_tokens=sum(prompt.max_tokens * prompt.samples for prompt in prompts),
        )

    def _weighed(self, trial: Trial) -> Answer:
        if self._weigh is None:
            return Unanswered("the function tells no log-probabilities")
        asked = self._asked(trial.context)
        if isinstance(asked, Unanswered):
            return asked
        try:
            number = float(self._weigh(asked, trial.continuation))
        except Exception as error:  # noqa: BLE001 - a user's function may raise anything
            return _failed(error)
        self.spent += Spent(requests=1, prompt_tokens=_tokens(trial.context) + _tokens(trial.continuation))
        if isnan(number) or number > 0:
            return Unanswered("the function returns what is no log-probability (above 0, or NaN)")
        return Likelihood(log_probability=number, tokens=_tokens(trial.continuation))

    def _said(self, prompt: Prompt) -> Generation | Unanswered:
        if prompt.greedy:
            return Unanswered("the function draws, and cannot be told to take the most probable token each time")
        asked = self._asked(prompt.context)
        if isinstance(asked, Unanswered):
            return asked
        texts = []
        for _ in range(prompt.samples):
            try:
                text = self._speak(asked)
            except Exception as error:  # noqa: BLE001 - a user's function may raise anything
                return _failed(error)
            if not isinstance(text, str):
                return Unanswered(f"the function returns a {type(text).__name__}, not a string")
            texts.append(text)
            self.spent += Spent(requests=1, prompt_tokens=_tokens(prompt.context), generated_tokens=_tokens(text))
        return Generation(texts=tuple(texts), tokens=sum(map(_tokens, texts)))

    def _asked(self, context: Context) -> Asked | Unanswered:
        if isinstance(context, str):
            return (
                context if self._text else Unanswered("the function is asked with conversations, not with plain text")
            )
        if self._text:
            return Unanswered("the function is asked with plain text, and nobody knows the model's chat template")
        messages = [{"role": turn.role, "content": turn.text} for turn in context]
        if context[-1].role != "assistant":
            return Unanswered("the function begins the assistant's turn, and goes on from no other")
        if not context[-1].text:
            return messages[:-1]
        return (
            messages if self._prefills else Unanswered("the function does not go on from what the assistant has begun")
        )


def _failed(error: Exception) -> Unanswered:
    # NOTE: the message of a foreign error may quote the conversation; its type and our place do not.
    return Unanswered(f"the function fails ({place(error)})")


def _tokens(asked: Context) -> int:
    """Return roughly how many tokens a text or a conversation has."""
    length = len(asked) if isinstance(asked, str) else sum(len(turn.text) for turn in asked)
    return -(-length // _CHARACTERS_PER_TOKEN)
