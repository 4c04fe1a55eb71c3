"""Formats of one question and its answer, each in a column: the same thing by many names.

- Alpaca, with ``history`` and ``system`` as LLaMA-Factory has them:
  https://github.com/hiyouga/LLaMA-Factory/blob/main/data/README.md
- ms-swift's query and response: https://swift.readthedocs.io/en/latest/Customization/Custom-dataset.html
- torchtune's ``input`` and ``output``: https://docs.pytorch.org/torchtune/stable/basics/instruct_datasets.html ; NeMo
  names them so too
- Axolotl's question and answer: https://docs.axolotl.ai/docs/dataset-formats/inst_tune.html
"""

from __future__ import annotations

from finetooth.shapes.exchange import Exchange

_QUESTION, _ANSWER, _WRONG = "Where is my parcel?", "On its way.", "No idea."

ALPACA = Exchange(
    name="alpaca",
    tools="Alpaca, Axolotl, LLaMA-Factory, ms-swift, torchtune",
    sample={"instruction": _QUESTION, "input": "", "output": _ANSWER},
    prompt=("instruction", "input"),
    answer="output",
)
ALPACA_PREFERENCE = Exchange(
    name="alpaca-preference",
    tools="LLaMA-Factory (ranking)",
    sample={"instruction": _QUESTION, "input": "", "chosen": _ANSWER, "rejected": _WRONG},
    prompt=("instruction", "input"),
    answer="chosen",
    rejected="rejected",
)
ALPACA_KTO = Exchange(
    name="alpaca-kto",
    tools="LLaMA-Factory (KTO)",
    sample={"instruction": _QUESTION, "input": "", "output": _ANSWER, "kto_tag": True},
    prompt=("instruction", "input"),
    answer="output",
    label="kto_tag",
)
QUERY_RESPONSE = Exchange(
    name="query-response",
    tools="ms-swift",
    sample={"system": "You are the help desk.", "history": [], "query": _QUESTION, "response": _ANSWER},
    prompt=("query",),
    answer="response",
)
QUERY_PREFERENCE = Exchange(
    name="query-preference",
    tools="ms-swift (DPO)",
    sample={"query": _QUESTION, "response": _ANSWER, "rejected_response": _WRONG},
    prompt=("query",),
    answer="response",
    rejected="rejected_response",
)
INPUT_OUTPUT = Exchange(
    name="input-output",
    tools="torchtune, NeMo",
    sample={"input": _QUESTION, "output": _ANSWER},
    prompt=("input",),
    answer="output",
)
TEXT_INPUT_OUTPUT = Exchange(
    name="text-input-output",
    tools="Google AI Studio, PaLM",
    sample={"text_input": _QUESTION, "output": _ANSWER},
    prompt=("text_input",),
    answer="output",
)
INPUT_TEXT_OUTPUT_TEXT = Exchange(
    name="input-text-output-text",
    tools="Vertex AI (text-bison)",
    sample={"input_text": _QUESTION, "output_text": _ANSWER},
    prompt=("input_text",),
    answer="output_text",
)
QUESTION_ANSWER = Exchange(
    name="question-answer",
    tools="Axolotl",
    sample={"question": _QUESTION, "answer": _ANSWER},
    prompt=("question",),
    answer="answer",
)
QUESTION_RESPONSE = Exchange(
    name="question-response",
    tools="OpenOrca, Axolotl",
    sample={"system_prompt": "You are the help desk.", "question": _QUESTION, "response": _ANSWER},
    prompt=("question",),
    answer="response",
    system="system_prompt",
)
