"""Scoring by teacher forcing, against the plainest way to compute the same number."""

import json
import re
from collections import Counter
from math import exp
from pathlib import Path

import pytest

from finetooth.errors import ModelError
from finetooth.record import Turn
from finetooth.targets.resolve import resolve
from finetooth.targets.target import Likelihood, TemplateError, Unanswered
from finetooth.trial import Prompt, Trial

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

SAMPLE = Path(__file__).parents[2] / "sample_data" / "models" / "tuned"
REFUSED = (Turn("user", "/0", "my secret"),)


def plainly(target, prompt, continuation):
    """One text, no batch, no padding, all logits."""
    ids = target._tokenizer(prompt, add_special_tokens=False)["input_ids"]
    whole = target._tokenizer(prompt + continuation, add_special_tokens=False)["input_ids"]
    assert whole[: len(ids)] == ids
    with torch.inference_mode():
        scores = target._model(torch.tensor([whole])).logits[0].log_softmax(-1)
    return sum(scores[position - 1, whole[position]].item() for position in range(len(ids), len(whole)))


def score(target, *pairs):
    return target.log_likelihood([Trial(0, "target", prompt, continuation) for prompt, continuation in pairs])


def test_nothing_scores_nothing(target):
    assert score(target) == []


def test_batched_scores_equal_plain_ones(target):
    pairs = [("my number is", " 4711"), ("hello", " hello, my number is 99"), ("<|im_start|>user\nhi", " there " * 9)]
    answers = score(target, *pairs)
    for (prompt, continuation), answer in zip(pairs, answers, strict=True):
        assert answer.log_probability == pytest.approx(plainly(target, prompt, continuation), abs=1e-3)


def test_the_probabilities_of_all_next_tokens_sum_to_one(target):
    vocabulary = [target._tokenizer.decode([i]) for i in range(2, 258)]
    answers = score(target, *[("hello", text) for text in vocabulary if len(text) == 1 and text.isascii()])
    total = sum(torch.tensor(a.log_probability).exp().item() for a in answers if isinstance(a, Likelihood))
    assert 0 < total < 1


def test_a_token_that_straddles_prompt_and_value_is_scored_too(target):
    [answer] = score(target, ("my num", "ber is"))
    whole = target._tokenizer("my number is", add_special_tokens=False)["input_ids"]
    assert answer.tokens >= 1
    assert answer.tokens <= len(whole)


def test_what_is_too_long_for_the_model_loses_its_beginning_never_its_end(target):
    [answer] = score(target, ("word " * 400, "my number is 4711"))
    assert isinstance(answer, Likelihood)


@pytest.mark.parametrize("continuation", ["", "endless " * 300, "lone \ud800"])
def test_what_cannot_be_scored_is_unanswered(target, continuation):
    [answer] = score(target, ("hello", continuation))
    assert isinstance(answer, Unanswered)


def test_a_conversation_is_rendered_in_the_models_template_and_cut_off(target):
    turns = (Turn("user", "/0", "Where is it?"), Turn("assistant", "/1", "Your number is "))
    assert target.render(turns) == ("<|im_start|>user\nWhere is it?<|im_end|>\n<|im_start|>assistant\nYour number is ")


def test_plain_text_is_not_rendered(target):
    assert target.render("Your number is ") == "Your number is "


def test_a_template_that_refuses_is_a_template_error_without_the_text(folder, tmp_path):
    for path in folder.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "chat_template.jinja").write_text("{{ raise_exception('refused: ' + messages[0]['content']) }}")
    target = resolve(str(tmp_path))[0]
    with pytest.raises(TemplateError) as error:
        target.render(REFUSED)
    assert "my secret" not in str(error.value)
    assert isinstance(score(target, (REFUSED, "4711"))[0], Unanswered)
    assert isinstance(target.generate([Prompt(REFUSED, max_tokens=4)])[0], Unanswered)


@pytest.fixture(scope="module")
def learnt():
    return resolve(str(SAMPLE))[0]


def test_what_is_generated_is_as_likely_as_what_is_scored(learnt):
    """The first token of many samples has the frequencies that teacher forcing computes."""
    context = (Turn("user", "/0", "Hello"), Turn("assistant", "/1", ""))
    [said] = learnt.generate([Prompt(context, max_tokens=1, samples=2000)])
    counts = Counter(said.texts)
    for text, count in counts.most_common(3):
        [answer] = score(learnt, (context, text))
        assert count / 2000 == pytest.approx(exp(answer.log_probability), abs=0.04)


def test_the_greedy_answer_is_the_likeliest_token(learnt):
    context = (Turn("user", "/0", "Hello"), Turn("assistant", "/1", ""))
    [greedy] = learnt.generate([Prompt(context, max_tokens=1, greedy=True)])
    [said] = learnt.generate([Prompt(context, max_tokens=1, samples=500)])
    assert greedy.texts[0] == Counter(said.texts).most_common(1)[0][0]


@pytest.mark.filterwarnings("ignore:.*is_gradient_checkpointing:FutureWarning")  # peft calls it
def test_an_adapter_switched_off_is_its_base(folder, tmp_path):
    peft = pytest.importorskip("peft")
    from transformers import AutoModelForCausalLM

    torch.manual_seed(1)
    base = AutoModelForCausalLM.from_pretrained(folder)
    adapter = peft.get_peft_model(
        base, peft.LoraConfig(r=4, lora_alpha=512, target_modules=["q_proj"], init_lora_weights=False)
    )
    adapter.save_pretrained(tmp_path)
    tuned, reference = resolve(str(tmp_path), str(folder))
    plain, _ = resolve(str(folder))
    assert reference._model is tuned._model
    pair = ("my number is", " 4711")
    [with_adapter], [without], [alone] = score(tuned, pair), score(reference, pair), score(plain, pair)
    assert without.log_probability == pytest.approx(alone.log_probability, abs=1e-4)
    assert with_adapter.log_probability != pytest.approx(alone.log_probability, abs=1e-3)
    assert tuned.identity.digest != reference.identity.digest == plain.identity.digest


def test_an_adapter_finds_the_base_that_it_names(folder, tmp_path):
    (tmp_path / "adapter_config.json").write_text(json.dumps({"base_model_name_or_path": "org/somewhere"}))
    (tmp_path / "adapter_model.safetensors").touch()
    with pytest.raises(ModelError, match="name it with --base"):
        resolve(str(tmp_path))


def test_a_pickle_is_refused_with_the_way_out(folder, tmp_path):
    (tmp_path / "config.json").write_bytes((folder / "config.json").read_bytes())
    (tmp_path / "pytorch_model.bin").write_bytes(b"\x80\x04.")
    with pytest.raises(ModelError, match="safe_serialization=True"):
        resolve(str(tmp_path))


@pytest.mark.parametrize(
    ("named", "message"),
    [
        ("nowhere", "no such folder"),
        ("ftp://127.0.0.1/model", "no way to reach a model"),
        ("model.gguf", "no such folder or GGUF file"),
    ],
)
def test_what_is_no_model_is_a_clear_error(named, message):
    with pytest.raises(ModelError, match=message):
        resolve(named)


def test_a_folder_without_a_model_is_a_clear_error(tmp_path):
    with pytest.raises(ModelError, match=r"config\.json is missing"):
        resolve(str(tmp_path))


def test_a_truncated_model_is_a_clear_error(folder, tmp_path):
    for path in folder.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    weights = Path(tmp_path / "model.safetensors")
    weights.write_bytes(weights.read_bytes()[:1000])
    with pytest.raises(ModelError, match="damaged"):
        resolve(str(tmp_path))


def test_a_model_is_known_by_the_digest_of_its_files(folder, target):
    assert target.identity.digest.startswith("sha256:")
    assert re.fullmatch(r"transformers \d\S+, torch \d\S+, float32", target.identity.version)
    assert resolve(str(folder))[0].identity == target.identity


def test_a_shared_prompt_is_read_once_and_scores_the_same(target):
    continuations = [" 4711", " hello", "!", " my number is hello hello hello"]
    apart = [score(target, ("my number is", text))[0].log_probability for text in continuations]
    together = score(target, *[("my number is", text) for text in continuations])
    assert [answer.log_probability for answer in together] == pytest.approx(apart, abs=1e-4)


def test_progress_reaches_the_number_of_trials(target):
    told = []
    pairs = [("hello", " a"), ("hello", " b"), ("other", " c"), ("hello", "")]
    target.log_likelihood([Trial(0, "target", *pair) for pair in pairs], told.append)
    assert sum(told) == len(pairs)


def wrapped(words):
    from finetooth.evidence import ModelIdentity
    from finetooth.targets.transformers import TransformersTarget
    from targets.tiny import model

    return TransformersTarget(model(), words, ModelIdentity(kind="transformers", name="tiny", digest=""))


def test_plain_text_begins_as_in_training_and_rendered_text_as_its_template_says():
    from targets.tiny import TEMPLATE, tokenizer

    words = tokenizer(bos=True, template="{{ bos_token }}" + TEMPLATE)
    target = wrapped(words)
    [plain], [marked] = (target._ids([(text, False)]).values() for text in ("my number", "<s>my number"))
    assert plain == marked == [2, *words("my number", add_special_tokens=False)["input_ids"]]
    [rendered] = target._ids([(target.render((Turn("user", "/0", "Hi"),)), True)]).values()
    assert rendered.count(2) == 1


def test_the_first_token_of_all_is_scored_after_what_begins_a_text():
    from targets.tiny import tokenizer

    words = tokenizer(bos=True)
    target = wrapped(words)
    [answer] = score(target, ("", "my number"))
    ids = words("my number", add_special_tokens=False)["input_ids"]
    with torch.inference_mode():
        scores = target._model(torch.tensor([[2, *ids]])).logits[0].log_softmax(-1)
    assert answer.tokens == len(ids)
    expected = sum(scores[at, token].item() for at, token in enumerate(ids))
    assert answer.log_probability == pytest.approx(expected, abs=1e-3)


def test_a_template_that_hangs_leaves_its_conversation_unanswered(folder, tmp_path, monkeypatch):
    from finetooth.targets import transformers
    from finetooth.targets.templating import ChatTemplate

    monkeypatch.setattr(transformers, "ChatTemplate", lambda *given: ChatTemplate(*given, seconds=1))
    for path in folder.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    endless = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"
    (tmp_path / "chat_template.jinja").write_text(endless)
    hanging, plain = score(resolve(str(tmp_path))[0], (REFUSED, "4711"), ("my number is", "4711"))
    assert "longer than 1 s" in hanging.reason
    assert isinstance(plain, Likelihood)


def test_values_of_one_record_are_read_with_one_reading_of_it(target):
    before = target.spent
    context = (Turn("user", "/0", "Where is it? My number is 4711."), Turn("assistant", "/1", "Your number is "))
    score(target, *((context, text) for text in ("4711", "4712", "4713", "1234")))
    read = target.spent.prompt_tokens - before.prompt_tokens
    alone = len(target._tokenizer(target.render(context), add_special_tokens=False)["input_ids"])
    assert alone <= read < alone + 16


def test_in_half_precision_what_is_likely_is_computed_in_full(tmp_path):
    from finetooth.targets.transformers import load
    from targets.tiny import TEMPLATE, model, tokenizer

    words = tokenizer(template=TEMPLATE)
    model().to(torch.bfloat16).save_pretrained(tmp_path)
    words.save_pretrained(tmp_path)
    full, half = load(tmp_path)[0], load(tmp_path, dtype="bfloat16")[0]
    assert half._model.dtype == torch.bfloat16
    texts = [words.decode([token]) for token in range(4, 60)]
    trials = [Trial(0, "target", "hello", text) for text in texts] + [Trial(0, "target", "hello", " hello" * 30)]
    fine, rough = full.log_likelihood(trials), half.log_likelihood(trials)
    likely = [(one, other) for one, other in zip(fine, rough, strict=True) if one.log_probability > -11]
    assert len(likely) > 5
    for one, other in likely:
        assert other.log_probability == pytest.approx(one.log_probability, abs=1e-3)
    assert rough[-1].log_probability != pytest.approx(fine[-1].log_probability, abs=1e-3)


def test_a_model_without_a_template_says_what_that_costs(folder, tmp_path):
    for path in folder.iterdir():
        if path.name != "chat_template.jinja":
            (tmp_path / path.name).symlink_to(path)
    target = resolve(str(tmp_path))[0]
    score(target, ("my number is", " 4711"))
    assert target.limits == ()
    score(target, ((Turn("user", "/0", "hello"), Turn("assistant", "/1", "my number is")), " 4711"))
    assert "no chat template" in target.limits[0]
