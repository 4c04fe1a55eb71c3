"""Chat templates: the same text as transformers renders, and no harm from those of strangers."""

import subprocess
import sys
import time
from pathlib import Path

import jinja2
import pytest

from finetooth.targets import templating
from finetooth.targets.target import TemplateError
from finetooth.targets.templating import ChatTemplate

CHATML = (
    "{% if messages[0]['role'] != 'system' %}{{ '<|im_start|>system\nYou are helpful.<|im_end|>\n' }}{% endif %}"
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] | trim }}<|im_end|>\n"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
LLAMA_3 = """{{- bos_token }}
{%- if not date_string is defined %}
    {%- set date_string = strftime_now("%d %b %Y") %}
{%- endif %}
{%- if messages[0].role == 'system' %}
    {%- set system = messages[0].content | trim %}
    {%- set messages = messages[1:] %}
{%- else %}
    {%- set system = "" %}
{%- endif %}
{{- "<|start_header_id|>system<|end_header_id|>\n\nToday Date: " + date_string + "\n\n" }}
{%- if tools is not none %}
    {%- for tool in tools %}
        {{- tool | tojson(indent=4) }}
        {{- "\n\n" }}
    {%- endfor %}
{%- endif %}
{{- system + "<|eot_id|>" }}
{%- for message in messages %}
    {%- if 'tool_calls' in message %}
        {%- if message.tool_calls | length != 1 %}
            {{- raise_exception("This model only supports single tool-calls at once!") }}
        {%- endif %}
        {%- set call = message.tool_calls[0].function %}
        {{- '<|start_header_id|>assistant<|end_header_id|>\n\n' }}
        {{- '{"name": "' + call.name + '", "parameters": ' }}{{- call.arguments | tojson }}{{- "}<|eot_id|>" }}
    {%- else %}
        {{- '<|start_header_id|>' + message.role + '<|end_header_id|>\n\n' + message.content | trim + '<|eot_id|>' }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|start_header_id|>assistant<|end_header_id|>\n\n' }}
{%- endif %}
"""
MISTRAL = """{{ bos_token }}{% for message in messages %}
{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}
{{ raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}{% endif %}
{% if message['role'] == 'user' %}{{ '[INST] ' + message['content'] + ' [/INST]' }}
{% elif message['role'] == 'assistant' %}{{ message['content'] + eos_token}}
{% else %}{{ raise_exception('Only user and assistant roles are supported!') }}{% endif %}{% endfor %}"""
GEMMA = """{{ bos_token }}{% if messages[0]['role'] == 'system' %}{{ raise_exception('System role not supported') }}
{% endif %}{% for message in messages %}{% if (message['role'] == 'assistant') %}{% set role = 'model' %}{% else %}
{% set role = message['role'] %}{% endif %}{{ '<start_of_turn>' + role + '\n' + message['content'] | trim }}
{{ '<end_of_turn>\n' }}{% endfor %}{% if add_generation_prompt %}{{'<start_of_turn>model\n'}}{% endif %}"""
QWEN = """{%- if tools %}
    {{- '<|im_start|>system\n' }}
    {%- if messages[0].role == 'system' %}{{- messages[0].content + '\n\n' }}{%- endif %}
    {{- "<tools>" }}
    {%- for tool in tools %}{{- "\n" }}{{- tool | tojson }}{%- endfor %}
    {{- "\n</tools><|im_end|>\n" }}
{%- endif %}
{%- set ns = namespace(multi_step=true, last=messages|length - 1) %}
{%- for message in messages[::-1] %}
    {%- if ns.multi_step and message.role == "user" %}
        {%- set ns.multi_step = false %}{%- set ns.last = messages|length - 1 - loop.index0 %}
    {%- endif %}
{%- endfor %}
{%- for message in messages %}
    {%- if message.role == 'system' and tools %}{%- continue %}{%- endif %}
    {%- if message.role == 'assistant' %}
        {%- set content = message.content.split('</think>')[-1].lstrip('\n') %}
        {{- '<|im_start|>assistant\n' }}{% generation %}{{- content + '<|im_end|>' }}{% endgeneration %}{{- '\n' }}
    {%- else %}
        {{- '<|im_start|>' + message.role + '\n' + message.content + '<|im_end|>' + '\n' }}
    {%- endif %}
    {%- if loop.index > 40 %}{%- break %}{%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}{{- '<|im_start|>assistant\n' }}{%- endif %}"""
TEMPLATES = {"chatml": CHATML, "llama-3": LLAMA_3, "mistral": MISTRAL, "gemma": GEMMA, "qwen": QWEN}
SPECIAL = {"bos_token": "<s>", "eos_token": "</s>"}

PLAIN = [
    {"role": "user", "content": '  Where is my ördér? <b>&"quoted"\u2028 '},
    {"role": "assistant", "content": "<think>hm</think>\n\nIt is at the depot.\n"},
    {"role": "user", "content": "Thanks"},
]
CONVERSATIONS = {
    "plain": PLAIN,
    "system": [{"role": "system", "content": "Be kind."}, *PLAIN],
    "begun": [*PLAIN, {"role": "assistant", "content": "Your number is "}],
    "two in a row": [PLAIN[0], PLAIN[0]],
    "tool call": [
        PLAIN[0],
        {
            "role": "assistant",
            "content": "",
            "tool_calls": [{"function": {"name": "find", "arguments": {"id": 7, "name": "Zoë"}}}],
        },
    ],
}
TOOLS = [
    {"type": "function", "function": {"name": "find", "description": "Finds <it>", "parameters": {"type": "object"}}}
]
HELLO = [{"role": "user", "content": "Hello"}]


@pytest.fixture(scope="module")
def tokenizer():
    pytest.importorskip("transformers")
    from tokenizers import Tokenizer, models
    from transformers import PreTrainedTokenizerFast

    return PreTrainedTokenizerFast(tokenizer_object=Tokenizer(models.BPE()), **SPECIAL)


@pytest.mark.parametrize("tools", [None, TOOLS], ids=["", "tools"])
@pytest.mark.parametrize("prompt", [False, True], ids=["", "generation prompt"])
@pytest.mark.parametrize("name", TEMPLATES)
def test_conversations_look_as_transformers_renders_them(tokenizer, name, prompt, tools):
    template = ChatTemplate(TEMPLATES[name], SPECIAL)
    rendered = template.render(list(CONVERSATIONS.values()), tools=tools, add_generation_prompt=prompt)
    for conversation, ours in zip(CONVERSATIONS.values(), rendered, strict=True):
        try:
            theirs = tokenizer.apply_chat_template(
                conversation,
                tools=tools,
                add_generation_prompt=prompt,
                chat_template=TEMPLATES[name],
                tokenize=False,
            )
        except jinja2.TemplateError:
            assert isinstance(ours, TemplateError)
        else:
            assert ours == theirs


def test_a_template_says_why_it_refuses_in_its_own_words_only():
    own, quoting = "System role not supported", "refused: "
    template = ChatTemplate(
        "{% if messages[0].role == 'system' %}{{ raise_exception('" + own + "') }}{% endif %}"
        "{{ raise_exception('" + quoting + "' + messages[0].content) }}"
    )
    first, second = template.render([[{"role": "system", "content": "x"}], [{"role": "user", "content": "my secret"}]])
    assert own in str(first)
    assert "my secret" not in str(second)


def test_a_template_that_is_none_is_refused():
    assert "TemplateSyntaxError" in str(ChatTemplate("{% for %}").render([HELLO])[0])


def test_a_template_has_no_way_out():
    way_out = "{{ ''.__class__.__mro__[1].__subclasses__() | length }}"
    assert "SecurityError" in str(ChatTemplate(way_out).render([HELLO])[0])


@pytest.mark.parametrize(
    "bomb",
    [
        "{{ 'a'.ljust(3000000000) | length }}",
        "{{ 'a' * 3000000000 }}",
        "{% set ns = namespace(x='a' * 1000000) %}{% for i in range(1000) %}{% set ns.x = ns.x + ns.x %}{% endfor %}",
    ],
)
def test_a_template_may_not_take_all_memory(bomb):
    began = time.monotonic()
    [answer] = ChatTemplate(bomb, seconds=5).render([HELLO])
    assert isinstance(answer, TemplateError)
    assert "memory" in str(answer)
    assert time.monotonic() - began < 15


ENDLESS = (
    "{% if 'bomb' in messages[0].content %}{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}"
    "{% endfor %}{% endif %}{{ messages[0].content }}"
)


def test_a_template_that_takes_too_long_costs_that_conversation_alone():
    template = ChatTemplate(ENDLESS, seconds=1)
    texts = ["one", "bomb", "three"]
    first, second, third = template.render([[{"role": "user", "content": text}] for text in texts])
    assert (first, third) == ("one", "three")
    assert "stopped: it takes longer than 1 s" in str(second)


def test_a_template_that_always_takes_too_long_is_given_up():
    began = time.monotonic()
    answers = ChatTemplate(ENDLESS, seconds=1).render([[{"role": "user", "content": "bomb"}]] * 100)
    assert len(answers) == 100
    assert "given up" in str(answers[-1])
    assert time.monotonic() - began < 20


@pytest.mark.parametrize("said", [b"", b"{", b"[true, 1]", b"[1, 2, 3]", b"[" * 100_000, b"\xff"])
def test_what_is_no_answer_is_not_believed(said):
    with pytest.raises(templating._DiedError, match="out of turn"):
        templating._answer(said)


def test_what_is_rendered_may_not_be_endless(monkeypatch):
    monkeypatch.setattr(templating, "LONGEST", 1 << 20)
    assert "renders more than 1 MiB" in str(ChatTemplate("{{ 'a' * 2000000 }}").render([HELLO])[0])


def test_the_process_is_kept_and_ends_with_its_owner():
    template = ChatTemplate("{{ messages[0].content }}")
    template.render([HELLO])
    process = template._process._process
    template.render([HELLO])
    assert template._process._process is process
    del template
    assert process.poll() is not None


def test_the_process_has_no_secret_and_no_arguments(monkeypatch):
    monkeypatch.setenv("FINETOOTH_KEY", "sesame")
    template = ChatTemplate("{{ messages[0].content }}")
    template.render([[{"role": "user", "content": "raw text"}]])
    place = Path(f"/proc/{template._process._process.pid}")
    if not place.exists():
        pytest.skip("no /proc here")
    for name in ("environ", "cmdline"):
        shown = (place / name).read_bytes()
        assert b"sesame" not in shown
        assert b"raw text" not in shown


def test_the_process_can_open_nothing():
    program = "from finetooth.targets import templateprogram as t; t._limit(1 << 34); open('/etc/hostname')"
    ended = subprocess.run([sys.executable, "-c", program], check=False, capture_output=True)
    assert b"Too many open files" in ended.stderr


def test_where_there_is_no_limit_on_memory_the_process_is_watched():
    program = (
        "import resource, time\n"
        "from finetooth.targets import templateprogram as t\n"
        "real = resource.setrlimit\n"
        "def refuses(what, limits):\n"
        "    if what == resource.RLIMIT_AS: raise ValueError\n"
        "    real(what, limits)\n"
        "resource.setrlimit = refuses\n"
        "t._limit(200 << 20)\n"
        "held = [b'a' * (400 << 20)]\n"
        "time.sleep(30)\n"
    )
    began = time.monotonic()
    ended = subprocess.run([sys.executable, "-c", program], check=False, capture_output=True)
    assert (ended.returncode, ended.stderr) == (1, b"")
    assert time.monotonic() - began < 20
