"""One model behind the two endpoints of OpenAI's interface that the peers ask, with an account of what they ask.

A peer lives in an environment of its own, so it reaches the model as it would reach a hosted one, and all of them reach
the same. Texts that are asked for in one request (``n``) are sampled together, which is the cheapest way there is here.
Only this machine can connect.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from probe_truth import sample


@dataclass(slots=True)
class Spent:
    """What was asked of the model so far."""

    requests: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    seconds: float = 0.0
    """That the model took."""

    @property
    def tokens(self) -> int:
        """All that a host would charge for."""
        return self.prompt_tokens + self.completion_tokens


@contextmanager
def served(model: Any, tokenizer: Any) -> Iterator[tuple[str, Spent]]:
    """Serve the model, and give the address of its interface and the account."""
    spent, alone = Spent(), threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Say nothing of requests: they hold what the peers try."""

        def do_GET(self) -> None:
            self._answer(200, {"object": "list", "data": [{"id": "tuned", "object": "model"}]})

        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            try:
                with alone:
                    answer = _answer(model, tokenizer, asked, spent, chat=self.path.endswith("/chat/completions"))
            except Exception as error:  # noqa: BLE001 - a peer may ask for anything, and hears what was wrong with it
                print(f"the server cannot answer: {type(error).__name__}", file=sys.stderr)
                self._answer(400, {"error": {"message": type(error).__name__, "type": "invalid_request_error"}})
            else:
                self._answer(200, answer)

        def _answer(self, status: int, body: Any) -> None:
            told = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(told)))
            self.end_headers()
            self.wfile.write(told)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/v1", spent
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _answer(model: Any, tokenizer: Any, asked: dict[str, Any], spent: Spent, *, chat: bool) -> dict[str, Any]:
    if chat:
        text = tokenizer.apply_chat_template(asked["messages"], tokenize=False, add_generation_prompt=True)
    else:
        text = asked["prompt"]
    prompt = tokenizer(text, add_special_tokens=False)["input_ids"] or [tokenizer.eos_token_id]
    longest = int(asked.get("max_completion_tokens") or asked.get("max_tokens") or 64)
    temperature, top_p = float(asked.get("temperature", 1.0)), float(asked.get("top_p", 1.0))
    began = time.perf_counter()
    answers = sample(model, tokenizer, prompt, int(asked.get("n") or 1), longest, temperature, top_p)
    spent.seconds += time.perf_counter() - began
    used = sum(tokens for _, tokens in answers)
    spent.requests += 1
    spent.prompt_tokens += len(prompt)
    spent.completion_tokens += used
    choices = []
    for number, (said, _) in enumerate(answers):
        kept = _until(said, asked.get("stop"))
        what = {"message": {"role": "assistant", "content": kept}} if chat else {"text": kept}
        choices.append({"index": number, "finish_reason": "stop", "logprobs": None, **what})
    return {
        "id": f"answer-{spent.requests}",
        "object": "chat.completion" if chat else "text_completion",
        "created": int(time.time()),
        "model": "tuned",
        "choices": choices,
        "usage": {"prompt_tokens": len(prompt), "completion_tokens": used, "total_tokens": len(prompt) + used},
    }


def _until(text: str, stop: str | list[str] | None) -> str:
    """Return the text up to the first of the strings that stop it."""
    stops = [stop] if isinstance(stop, str) else stop or []
    return text[: min((text.index(each) for each in stops if each in text), default=len(text))]
