"""Continuations: the same draws in any batch, from the model's own distribution, ending where its turn does."""

from collections import Counter
from math import exp

import pytest

from finetooth.evidence import ModelIdentity
from finetooth.record import Turn
from finetooth.targets.target import Generation, Unanswered
from finetooth.trial import Prompt, Trial

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from finetooth.targets import decoding  # noqa: E402
from finetooth.targets.transformers import TransformersTarget  # noqa: E402
from targets.tiny import model, tokenizer  # noqa: E402

USER = (Turn("user", "/0", ""),)
ASKED = (Turn("user", "/0", "Where is it?"), Turn("assistant", "/1", "my number is"))
CONTEXTS = ["my", "my number is hello", "hello hello hello my number", ASKED, USER]


def target(kind="Llama", words=None, **more):
    return TransformersTarget(
        model(kind, **more), words or tokenizer(), ModelIdentity(kind="transformers", name="tiny", digest="")
    )


def test_nothing_says_nothing(target):
    assert target.generate([]) == []


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("Llama", {}),
        ("Gemma2", {"sliding_window": 8, "head_dim": 16, "num_key_value_heads": 2}),
        ("Mistral", {"sliding_window": 4, "num_key_value_heads": 2}),
        ("Bloom", {"n_layer": 2, "n_head": 2}),
        ("Lfm2", {"layer_types": ["conv", "full_attention"], "num_key_value_heads": 2, "pad_token_id": 0}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_draw_is_the_same_alone_and_in_company(kind, more):
    asked = target(kind, **more)
    prompts = [Prompt(context, max_tokens=9, samples=3) for context in CONTEXTS]
    together = asked.generate([*prompts, Prompt("my", max_tokens=5, greedy=True)])
    alone = [asked.generate([prompt])[0] for prompt in prompts]
    assert together[:-1] == alone
    assert together == asked.generate([*prompts, Prompt("my", max_tokens=5, greedy=True)])


def test_draws_of_one_prompt_differ(target):
    [said] = target.generate([Prompt("my", max_tokens=8, samples=20)])
    assert len(set(said.texts)) > 15


def test_the_likeliest_token_is_taken_each_time():
    asked = target()
    ids = list(asked._tokenizer("my number", add_special_tokens=False)["input_ids"])
    expected = list(ids)
    for _ in range(6):
        with torch.inference_mode():
            expected.append(asked._model(torch.tensor([expected])).logits[0, -1].argmax().item())
    [said] = asked.generate([Prompt("my number", max_tokens=6, greedy=True)])
    if 1 not in expected[len(ids) :]:
        whole = asked._text(expected)
        assert said.texts[0] == whole[len("my number") :]
    assert said.tokens <= 6


def test_draws_have_the_frequencies_that_scoring_computes():
    asked = target()
    [said] = asked.generate([Prompt("hello", max_tokens=1, samples=3000)])
    for text, count in Counter(said.texts).most_common(3):
        if text.isascii() and text:
            [answer] = asked.log_likelihood([Trial(0, "target", "hello", text)])
            assert count / 3000 == pytest.approx(exp(answer.log_probability), abs=0.04)


def always(token):
    """A model that says one token for ever."""
    asked = target()
    head = asked._model.lm_head
    head.register_forward_hook(lambda *given: torch.zeros_like(given[2]).index_fill_(-1, torch.tensor([token]), 1e4))
    return asked


def test_an_answer_ends_where_the_template_ends_the_turn():
    words = tokenizer()
    end = words.convert_tokens_to_ids("<|im_end|>")
    asked = always(end)
    asked._model.config.eos_token_id = asked._model.generation_config.eos_token_id = None
    rendered, raw = asked.generate([Prompt(ASKED, max_tokens=7), Prompt("my number", max_tokens=7)])
    assert rendered == Generation(texts=("",), tokens=1)
    assert raw.tokens == 7


def test_what_the_user_says_can_be_continued_and_ends_too():
    asked = always(tokenizer().convert_tokens_to_ids("<|im_end|>"))
    asked._model.config.eos_token_id = asked._model.generation_config.eos_token_id = None
    assert asked.render(USER) == "<|im_start|>user\n"
    assert asked.generate([Prompt(USER, max_tokens=7)]) == [Generation(texts=("",), tokens=1)]


def test_what_is_said_keeps_the_space_before_it():
    asked = always(tokenizer()("my number", add_special_tokens=False)["input_ids"][-1])
    [said] = asked.generate([Prompt("my", max_tokens=2)])
    assert said.texts[0].startswith(" number")


def test_settings_that_come_with_the_model_change_nothing():
    asked = target()
    before = asked.generate([Prompt("my", max_tokens=8, samples=5)])
    asked._model.generation_config.repetition_penalty = 9.0
    asked._model.generation_config.top_k = 1
    asked._model.generation_config.temperature = 0.1
    assert asked.generate([Prompt("my", max_tokens=8, samples=5)]) == before


def test_a_prompt_is_read_once_for_all_its_samples():
    asked = target()
    asked.generate([Prompt("my number", max_tokens=4, samples=20)])
    read = len(asked._tokenizer("my number", add_special_tokens=False)["input_ids"])
    assert asked.spent.prompt_tokens == read
    assert 20 <= asked.spent.generated_tokens <= 80


def test_too_little_memory_makes_batches_smaller(monkeypatch):
    asked = target()
    prompts = [Prompt(context, max_tokens=6, samples=4) for context in CONTEXTS]
    expected = asked.generate(prompts)
    forward = asked._model.forward

    def limited(input_ids, **more):
        if len(input_ids) > 3:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return forward(input_ids=input_ids, **more)

    monkeypatch.setattr(asked._model, "forward", limited)
    assert asked.generate(prompts) == expected


def test_a_prompt_that_no_memory_suffices_for_is_unanswered(monkeypatch):
    asked = target()
    monkeypatch.setattr(asked._model, "forward", lambda **_: (_ for _ in ()).throw(MemoryError()))
    [said] = asked.generate([Prompt("my", max_tokens=6)])
    assert "not enough memory" in said.reason


def test_progress_reaches_the_number_of_prompts(monkeypatch):
    monkeypatch.setitem(decoding._MOST, "cpu", 3)
    asked, told = target(), []
    prompts = [Prompt(context, max_tokens=2, samples=2) for context in [*CONTEXTS, "lone \ud800"]]
    said = asked.generate(prompts, told.append)
    assert sum(told) == len(prompts)
    assert isinstance(said[-1], Unanswered)


def test_the_empty_prompt_begins_where_texts_do():
    asked = target(words=tokenizer(bos=True))
    [said] = asked.generate([Prompt("", max_tokens=3)])
    assert isinstance(said, Generation)
    assert asked.spent.prompt_tokens == 1


def test_no_more_than_the_window_is_read():
    asked = target()
    [said] = asked.generate([Prompt("word " * 400, max_tokens=20)])
    assert isinstance(said, Generation)
    assert asked.spent.prompt_tokens == 108
    [said] = asked.generate([Prompt("word", max_tokens=200)])
    assert isinstance(said, Unanswered)
