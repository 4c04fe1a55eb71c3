"""A real OpenAI-compatible server over a model in this process, with the ways and the faults that servers have."""

import json
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

SAMPLES = Path(__file__).parents[1] / "sample_data" / "models"
KEY = "sk-Test0Key4711"


@dataclass
class Ways:
    """What the server can do, and what it does wrong."""

    completions: bool = True
    chat: bool = True
    renders: bool = True  # /apply-template, as llama.cpp's server
    tokenises: bool = False  # /tokenize and /detokenize, as vLLM's, and with pieces as llama.cpp's
    echo: bool = True
    empty_echo: bool = True  # takes max_tokens = 0
    prompt_logprobs: bool = False
    likeliest: int = 20  # refuses more, 0: gives no log-probabilities
    several: bool | int = True  # takes n, or as many answers at once
    prefill: str = "continue"  # "continue", "trailing", "none"
    strict: bool = False  # refuses what the OpenAI API does not know
    counts: bool = True  # says how many tokens it read
    shift: int = 0  # log-probabilities of a prompt are those of the token so many places before
    bent: float = 1.0  # log-probabilities are multiplied
    answers: bool = False  # its completions API puts texts into the chat template, as Ollama's does
    template: str | None = None  # renders with this one, and chats with its own
    same: bool = False  # gives one answer each time
    key: str | None = None
    faults: list = field(default_factory=list)  # callables that answer instead, one for each request
    fault: object = None  # answers instead, each time


class ModelServer:
    """Serves the sample models, by their folder's name."""

    def __init__(self, **ways):
        self.ways = Ways(**ways)
        self.requests = []
        self.headers = []
        self._lock = threading.Lock()

    @contextmanager
    def running(self):
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                server.requests.append((self.path, body))
                server.headers.append(dict(self.headers))
                fault = server.ways.faults.pop(0) if server.ways.faults else server.ways.fault
                if fault and fault(self) is not False:
                    return
                status, answer = server.answer(self.path, body, self.headers)
                self.reply(status, answer)

            def reply(self, status, answer, **headers):
                content = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                for name, value in headers.items():
                    self.send_header(name.replace("_", "-"), value)
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_):
                pass

        class Quiet(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                pass

        http = Quiet(("127.0.0.1", 0), Handler)
        self.root = f"http://127.0.0.1:{http.server_port}"
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            http.shutdown()
            http.server_close()
            thread.join()

    def named(self, model="tuned"):
        return f"{self.root}/v1#{model}"

    def answer(self, path, body, headers):
        ways = self.ways
        if ways.key and headers.get("Authorization") != f"Bearer {ways.key}":
            return 401, {"error": {"message": f"wrong key {headers.get('Authorization')}", "code": "invalid_api_key"}}
        known = {"/v1/completions": ways.completions, "/v1/chat/completions": ways.chat}
        known |= {"/apply-template": ways.renders, "/tokenize": ways.tokenises, "/detokenize": ways.tokenises}
        if not known.get(path):
            return 404, {"error": {"message": "not found", "code": "not_found"}}
        if "model" in body and body["model"] not in ("tuned", "base"):
            return 404, {"error": {"message": f"no {body['model']}", "code": "model_not_found"}}
        torch.set_num_threads(1)  # of this request's thread: the model is too small for more
        with self._lock, torch.inference_mode():
            served = Served.of(body.get("model", "tuned"))
            if path == "/apply-template":
                return 200, {"prompt": served.render(body["messages"], template=ways.template)}
            if path == "/tokenize" and "content" in body:
                pieces = [served.tokenizer.decode([token]) for token in served.ids(body["content"])]
                return 200, {"tokens": [{"id": 0, "piece": list(p.encode()) if "\ufffd" in p else p} for p in pieces]}
            if path == "/tokenize":
                return 200, {"tokens": served.ids(served.render(body["messages"], template=ways.template))}
            if path == "/detokenize":
                return 200, {"prompt": served.tokenizer.decode(body["tokens"])}
            try:
                return 200, self.complete(served, body, chat=path.endswith("chat/completions"))
            except UnsupportedError as error:
                return 400, {"error": {"message": f"{error}: {json.dumps(body)}", "code": "invalid_request_error"}}

    def complete(self, served, body, *, chat):
        ways = self.ways
        told = body.get("top_logprobs", 0) if chat else body.get("logprobs") or 0
        if told > ways.likeliest and ways.likeliest:
            raise UnsupportedError("too many logprobs")
        if ways.strict and {
            "top_k",
            "min_p",
            "repetition_penalty",
            "generation_config",
            "continue_final_message",
        } & set(body):
            raise UnsupportedError("unrecognized request argument")
        if body.get("n", 1) > (64 if ways.several is True else max(1, ways.several)):
            raise UnsupportedError("n")
        echo = bool(body.get("echo")) and ways.echo and not chat
        limit = body["max_tokens"]
        if limit == 0 and not (echo and ways.empty_echo):
            raise UnsupportedError("max_tokens")
        prompt = self.prompt(served, body) if chat else body["prompt"]
        if ways.answers and not chat:
            prompt = served.render([{"role": "user", "content": prompt}])
        ids = served.ids(prompt)
        choices, said = [], 0
        seed = 1 if ways.same else body.get("seed", 0)
        for new, scores in served.generate(ids, limit, body.get("n", 1), body.get("temperature", 1.0), seed):
            said += len(new)
            own = [served.place(token, row * ways.bent, told) for token, row in zip(new, scores, strict=True)]
            text = served.tokenizer.decode([token for token in new if token != served.end])
            choice = {"index": len(choices), "finish_reason": "length" if len(new) == limit else "stop"}
            choice |= {"message": {"role": "assistant", "content": text}} if chat else {"text": text}
            if echo:
                choice["text"] = prompt + text
                own = [*served.places(ids, told, ways.shift), *own]
            if told and ways.likeliest:
                choice["logprobs"] = content(own) if chat else legacy(own)
            choices.append(choice)
        answer = {"choices": choices}
        if "prompt_logprobs" in body and ways.prompt_logprobs:
            where = answer if chat else choices[0]
            where["prompt_logprobs"] = [
                None if number is None else {str(token): {"logprob": number, "rank": 1, "decoded_token": text}}
                for token, (text, number, _) in zip(ids, served.places(ids, 0, ways.shift), strict=True)
            ]
        if ways.counts:
            answer["usage"] = {"prompt_tokens": len(ids), "completion_tokens": said}
        return answer

    def prompt(self, served, body):
        messages, ways = body["messages"], self.ways
        last = messages[-1]["role"]
        goes_on = (ways.prefill == "continue" and body.get("continue_final_message")) or (
            ways.prefill == "trailing" and last == "assistant"
        )
        return served.render(messages, goes_on=goes_on, begins=not goes_on)


class UnsupportedError(Exception):
    pass


class Served:
    """One model."""

    _known: ClassVar = {}

    def __init__(self, name):
        self.tokenizer = AutoTokenizer.from_pretrained(SAMPLES / name)
        self.model = AutoModelForCausalLM.from_pretrained(SAMPLES / name, dtype=torch.float32).eval()
        self.end = self.tokenizer.eos_token_id

    @classmethod
    def of(cls, name):
        if name not in cls._known:
            cls._known[name] = cls(name)
        return cls._known[name]

    def ids(self, text):
        return self.tokenizer(text, add_special_tokens=False)["input_ids"]

    def render(self, messages, *, goes_on=False, begins=True, template=None):
        how = {"continue_final_message": True} if goes_on else {"add_generation_prompt": begins}
        return self.tokenizer.apply_chat_template(messages, tokenize=False, chat_template=template, **how)

    def scores(self, ids):
        return self.model(torch.tensor([ids])).logits[0].float().log_softmax(-1)

    def places(self, ids, told, shift):
        rows = self.scores(ids)
        numbers = [None] + [rows[i - 1, ids[i]].item() for i in range(1, len(ids))]
        if shift > 0:
            numbers = [None] * (shift + 1) + numbers[1:-shift]
        if shift < 0:
            numbers = [None] + numbers[1 - shift :] + [-1.0] * -shift
        return [
            (self.tokenizer.decode([token]), number, {} if i == 0 else self.top(rows[i - 1], told))
            for i, (token, number) in enumerate(zip(ids, numbers, strict=True))
        ]

    def place(self, token, row, told):
        return self.tokenizer.decode([token]), row[token].item(), self.top(row, told)

    def top(self, row, told):
        best = row.topk(min(told, len(row)))
        return {
            self.tokenizer.decode([token]): number
            for token, number in zip(best.indices.tolist(), best.values.tolist(), strict=True)
        }

    def generate(self, ids, limit, n, temperature, seed):
        """Yield the tokens of each answer, each with the log-probabilities of all tokens at its place."""
        if limit == 0:
            yield [], []
            return
        torch.manual_seed(seed)
        drawn = temperature > 0
        out = self.model.generate(
            torch.tensor([ids]), attention_mask=torch.ones(1, len(ids), dtype=torch.long), max_new_tokens=limit,
            do_sample=drawn, num_return_sequences=n if drawn else 1, pad_token_id=self.end, output_logits=True,
            return_dict_in_generate=True, **({"temperature": 1.0, "top_k": 0, "top_p": 1.0} if drawn else {}),
        )  # fmt: skip
        for i, sequence in enumerate(out.sequences[:, len(ids) :].tolist()):
            length = sequence.index(self.end) + 1 if self.end in sequence else len(sequence)
            yield sequence[:length], [out.logits[step][i].float().log_softmax(-1) for step in range(length)]


def legacy(places):
    return {
        "tokens": [text for text, _, _ in places],
        "token_logprobs": [number for _, number, _ in places],
        "top_logprobs": [top or None for _, _, top in places],
    }


def content(places):
    return {
        "content": [
            {"token": text, "logprob": number, "top_logprobs": [{"token": t, "logprob": v} for t, v in top.items()]}
            for text, number, top in places
        ]
    }


# Faults


def status(code, **headers):
    return lambda handler: handler.reply(code, {"error": {"message": "quoted: my secret", "code": "busy"}}, **headers)


def redirect(to):
    return lambda handler: handler.reply(307, b"", Location=to)


def error_under_200(handler):
    handler.reply(200, {"error": {"message": "quoted: my secret", "code": "server_error"}})


def no_json(handler):
    handler.reply(200, b"<html>my secret</html>")


def huge(handler):
    handler.send_response(200)
    handler.send_header("Content-Length", str(1 << 40))
    handler.end_headers()
    for _ in range(40):
        handler.wfile.write(b" " * (1 << 20))


def hang_up(handler):
    handler.close_connection = True
    handler.connection.close()


def slow(handler):
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    for _ in range(40):
        handler.wfile.write(b" ")
        handler.wfile.flush()
        time.sleep(0.05)


def slow_head(handler):
    for _ in range(100):
        handler.connection.sendall(b"H")
        time.sleep(0.05)


def waiting(handler):
    for _ in range(100):
        handler.connection.sendall(b"HTTP/1.1 102 Processing\r\n\r\n")
        time.sleep(0.05)
