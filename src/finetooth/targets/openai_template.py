"""How a conversation reads in the served model's own chat template, for a completions API that takes plain text.

The server is asked where it can tell: llama.cpp renders conversations (``/apply-template``), vLLM tokenises them and
turns tokens back into text. Otherwise a folder with the model's tokenizer may be named in the configuration.

A sentinel goes where the context ends; what the template puts behind it is cut off. So a turn of the user can be cut
off in its middle too, which no chat API offers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from threading import Lock
from typing import Any

from finetooth.errors import ModelError
from finetooth.record import Turn
from finetooth.targets.endpointerror import EndpointError, Refused
from finetooth.targets.httpclient import Client
from finetooth.targets.openai_api import CannotAsk, turns
from finetooth.targets.target import TemplateError
from finetooth.targets.templating import ChatTemplate

Rendering = Callable[[Sequence[Turn]], str]
"""Renders a conversation up to the end of its last turn's text.

Raises:
    CannotAsk: the template does not take this conversation.
    EndpointError: the server does not answer.
"""

Cutting = Callable[[str], list[str]]
"""Cuts a text into the texts of its tokens, which do not join to it where a character has several tokens.

Raises:
    EndpointError: the server does not answer.
"""

REPLACED = "\ufffd"
"""What stands for a token that is a part of a character."""

_CUT = "xfinetoothqcutqherex"  # letters alone: every tokenizer gives them back as they were
_PLAIN = "How is the weather?"


def served(client: Client) -> Rendering | None:
    """Return how the server renders conversations, or None where it does not."""
    for ask in (_applied, _tokenised):

        def rendering(
            conversation: Sequence[Turn], ask: Callable[[Client, Sequence[Mapping[str, str]]], str] = ask
        ) -> str:
            return _cut(conversation, lambda messages: ask(client, messages))

        try:
            shown = rendering(turns(("user", _PLAIN), ("assistant", "")))
        except (CannotAsk, Refused):
            continue
        except EndpointError:
            if client.silent:
                raise
            continue
        if _PLAIN in shown:
            return rendering
    return None


def cutting(client: Client) -> Cutting | None:
    """Return how the server cuts texts into tokens, or None where it does not tell, as only llama.cpp's does."""

    def cut(text: str) -> list[str]:
        body = {"content": text, "with_pieces": True, "add_special": False}
        told = client.post(f"{client.endpoint.root}/tokenize", body).get("tokens")
        pieces = [each.get("piece") for each in told if isinstance(each, dict)] if isinstance(told, list) else []
        return [piece if isinstance(piece, str) else REPLACED for piece in pieces]

    try:
        return cut if "".join(cut(_PLAIN)) == _PLAIN else None
    except EndpointError:
        if client.silent:
            raise
        return None


class LocalTokenizer:
    """The served model's tokenizer, from a folder here."""

    def __init__(self, folder: Path) -> None:
        """Load it.

        Raises:
            ModelError: there is no tokenizer, or it has no chat template.
        """
        from transformers import AutoTokenizer  # noqa: PLC0415 - heavy, and only here

        try:
            tokenizer = AutoTokenizer.from_pretrained(str(folder), local_files_only=True, trust_remote_code=False)
        except Exception as error:  # noqa: BLE001 - whatever a stranger's files make the library raise
            raise ModelError(f"{folder}: no tokenizer that can be loaded ({type(error).__name__})") from None
        source = tokenizer.chat_template
        if isinstance(source, dict):
            source = source.get("default")
        if not source:
            raise ModelError(f"{folder}: the tokenizer has no chat template; name the folder of the tuned model's")
        self._tokenizer = tokenizer
        self._template = ChatTemplate(str(source), dict(tokenizer.special_tokens_map))
        self._lock = Lock()  # one process renders, for all threads

    def render(self, conversation: Sequence[Turn]) -> str:
        """Render a conversation, as `Rendering`."""
        return _cut(conversation, self._applied)

    def cut(self, text: str) -> list[str]:
        """Cut a text into tokens, as `Cutting`."""
        encoded = self._tokenizer(text, add_special_tokens=False, return_offsets_mapping=True, verbose=False)
        return [text[start:end] for start, end in encoded["offset_mapping"]]

    def _applied(self, messages: Sequence[Mapping[str, str]]) -> str:
        with self._lock:
            [text] = self._template.render([messages])
        if isinstance(text, TemplateError):
            raise CannotAsk(str(text))
        return text


def _applied(client: Client, messages: Sequence[Mapping[str, str]]) -> str:
    """Ask llama.cpp's server."""
    return _text(client.post(f"{client.endpoint.root}/apply-template", {"messages": messages}))


def _tokenised(client: Client, messages: Sequence[Mapping[str, str]]) -> str:
    """Ask vLLM's server."""
    root, model = client.endpoint.root, client.endpoint.model
    body = {"model": model, "messages": messages, "add_generation_prompt": False}
    tokens = client.post(f"{root}/tokenize", body).get("tokens")
    if not isinstance(tokens, list):
        raise CannotAsk("the endpoint does not render conversations")
    return _text(client.post(f"{root}/detokenize", {"model": model, "tokens": tokens}))


def _text(answer: Mapping[str, Any]) -> str:
    text = answer.get("prompt")
    if not isinstance(text, str):
        raise CannotAsk("the endpoint does not render conversations")
    return text


def _cut(conversation: Sequence[Turn], apply: Callable[[Sequence[Mapping[str, str]]], str]) -> str:
    messages = [{"role": turn.role, "content": turn.text} for turn in conversation]
    messages[-1]["content"] += _CUT
    try:
        text = apply(messages)
    except Refused as error:
        if error.status in (401, 403):
            raise
        raise CannotAsk("the server's chat template refuses a conversation") from None
    shown, found, _ = text.rpartition(_CUT)
    if not found:
        raise CannotAsk("the chat template drops the last message of a conversation")
    return shown
