"""From files to a model: the three forms agree, and what is not whole or not safe is refused."""

import json
import os
import shutil

import pytest

from finetooth.errors import ModelError
from finetooth.record import Turn
from finetooth.targets import safetensors_header
from finetooth.targets.resolve import resolve
from finetooth.targets.target import Unanswered
from finetooth.trial import Prompt, Trial

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from targets.tiny import TEMPLATE, model, save, tokenizer, write_gguf  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore:.*is_gradient_checkpointing:FutureWarning")  # peft calls it

TURNS = (Turn("user", "/0", "Where is it?"), Turn("assistant", "/1", "my number is "))
TRIALS = [Trial(0, "target", context, text) for context in (TURNS, "my number is") for text in ("4711", " hello hello")]


def scores(target):
    return [answer.log_probability for answer in target.log_likelihood(TRIALS)]


@pytest.fixture
def copy(folder, tmp_path):
    return shutil.copytree(folder, tmp_path / "model")


@pytest.fixture(scope="module")
def adapted(folder, tmp_path_factory):
    """An adapter, and the same model merged."""
    peft = pytest.importorskip("peft")
    from transformers import AutoModelForCausalLM

    path = tmp_path_factory.mktemp("adapted")
    torch.manual_seed(1)
    base = AutoModelForCausalLM.from_pretrained(folder)
    settings = peft.LoraConfig(
        r=4, lora_alpha=64, target_modules=["q_proj", "down_proj"], init_lora_weights=False, task_type="CAUSAL_LM"
    )
    adapter = peft.get_peft_model(base, settings)
    adapter.save_pretrained(path / "adapter")
    merged = adapter.merge_and_unload()
    save(path / "merged", merged)
    write_gguf(path / "tuned.gguf", merged, tokenizer())
    return path


def test_adapter_checkpoint_and_gguf_file_of_one_model_agree(folder, adapted):
    untuned = write_gguf(adapted / "untuned.gguf", model(), tokenizer())
    forms = {
        "adapter": resolve(str(adapted / "adapter"), str(folder)),
        "checkpoint": resolve(str(adapted / "merged"), str(folder)),
        "gguf": resolve(str(adapted / "tuned.gguf"), str(untuned)),
    }
    tuned, base = (scores(target) for target in forms["checkpoint"])
    assert tuned != pytest.approx(base, abs=0.5)
    for one, other in forms.values():
        assert scores(one) == pytest.approx(tuned, abs=2e-3)
        assert scores(other) == pytest.approx(base, abs=2e-3)
    said = [one.generate([Prompt(TURNS, max_tokens=12, greedy=True)])[0].texts for one, _ in forms.values()]
    assert len(set(said)) == 1
    assert len({one.identity.digest for one, _ in forms.values()}) == 3


def test_a_gguf_file_brings_its_tokens_and_template(folder, adapted, target):
    other = resolve(str(adapted / "tuned.gguf"))[0]
    assert other.render(TURNS) == target.render(TURNS)
    for text in ("my number is 4711 ördér", "<|im_start|>user\nhi<|im_end|>"):
        assert other._tokenizer(text)["input_ids"] == target._tokenizer(text)["input_ids"]


def test_a_gguf_file_of_half_precision_is_off_by_as_much(tmp_path):
    exact = save(tmp_path / "exact", model())
    half = write_gguf(tmp_path / "half.gguf", model(), tokenizer(), half=True)
    assert scores(resolve(str(half))[0]) == pytest.approx(scores(resolve(str(exact))[0]), abs=0.2)


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_every_form_can_be_kept_in_half_precision(folder, adapted, dtype):
    from finetooth.targets.transformers import load

    forms = [(adapted / "adapter", folder), (adapted / "merged", folder), (adapted / "tuned.gguf", None)]
    whole = scores(load(adapted / "merged")[0])
    for form, base in forms:
        half, _ = load(form, base, dtype)
        assert half._reader.model.dtype == getattr(torch, dtype)
        assert scores(half) == pytest.approx(whole, rel=0.1)
        assert half.generate([Prompt(TURNS, max_tokens=3, samples=2)])[0].tokens <= 6


def test_what_lies_beside_a_gguf_file_is_none_of_its_business(tmp_path):
    path = write_gguf(tmp_path / "model.gguf", model(), tokenizer())
    (tmp_path / "pytorch_model.bin").write_bytes(b"\x80\x04.")
    (tmp_path / "tokenizer_config.json").write_text('{"auto_map": {"AutoTokenizer": ["x.X", null]}}')
    (tmp_path / "config.json").write_text('{"model_type": "nothing"}')
    assert scores(resolve(str(path))[0])


def test_a_gguf_file_that_is_not_whole_is_refused(tmp_path):
    lacking = write_gguf(tmp_path / "lacking.gguf", model(), tokenizer(), drop="ffn_down")
    with pytest.raises(ModelError, match="not whole: 2 tensors are missing"):
        resolve(str(lacking))
    part = write_gguf(tmp_path / "part.gguf", model(), tokenizer(), split=3)
    with pytest.raises(ModelError, match="llama-gguf-split --merge"):
        resolve(str(part))
    endless = write_gguf(tmp_path / "endless.gguf", model(), tokenizer(), block_count=1 << 30)
    with pytest.raises(ModelError, match="1073741824 layers"):
        resolve(str(endless))
    cut = write_gguf(tmp_path / "cut.gguf", model(), tokenizer(), block_count=1)
    with pytest.raises(ModelError, match="speaks of 1 layers, and holds 2"):
        resolve(str(cut))


def test_a_folder_that_holds_the_model_elsewhere_says_where(tmp_path, folder):
    shutil.copytree(folder, tmp_path / "checkpoint-500")
    with pytest.raises(ModelError, match=r"name .*checkpoint-500"):
        resolve(str(tmp_path))
    write_gguf(tmp_path / "model.gguf", model(), tokenizer())
    with pytest.raises(ModelError, match=r"name .*model\.gguf"):
        resolve(str(tmp_path))


def test_weights_that_lack_a_tensor_are_refused_and_not_made_up(copy):
    from safetensors.torch import load_file, save_file

    weights = load_file(copy / "model.safetensors")
    del weights["model.layers.1.mlp.up_proj.weight"]
    save_file(weights, copy / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ModelError, match="not whole: 1 tensors are missing"):
        resolve(str(copy))


def changed(folder, name, **values):
    path = folder / name
    path.write_text(json.dumps(json.loads(path.read_text()) | values))
    return str(folder)


def test_a_configuration_of_another_model_is_refused(copy):
    with pytest.raises(ModelError, match=r"cannot be loaded|not whole"):
        resolve(changed(copy, "config.json", hidden_size=64))


def test_a_configuration_cannot_ask_for_more_than_there_is(copy):
    with pytest.raises(ModelError, match="1000000000 layers"):
        resolve(changed(copy, "config.json", num_hidden_layers=1_000_000_000))
    with pytest.raises(ModelError, match="1000000000 layers"):
        resolve(changed(copy, "config.json", num_hidden_layers=2, decoder_layers=1_000_000_000))
    with pytest.raises(ModelError, match="do not belong together"):
        resolve(changed(copy, "config.json", decoder_layers=2, vocab_size=1 << 40))


@pytest.mark.parametrize(("layers", "message"), [(1, "tensors of further layers"), (0, "0 layers"), (-1, "-1 layers")])
def test_a_configuration_cannot_leave_layers_out(copy, layers, message):
    with pytest.raises(ModelError, match=message):
        resolve(changed(copy, "config.json", num_hidden_layers=layers))


def test_tensors_that_no_layer_needs_are_left_alone(copy, target):
    from safetensors.torch import load_file, save_file

    tensors = load_file(copy / "model.safetensors")
    save_file({**tensors, "vision.patch.0.weight": torch.ones(2)}, copy / "model.safetensors", {"format": "pt"})
    assert scores(resolve(str(copy))[0]) == pytest.approx(scores(target), abs=1e-4)


def test_code_of_a_model_is_never_run(copy):
    (copy / "evil.py").write_text("raise SystemExit(99)")
    named = changed(copy, "config.json", model_type="evil", auto_map={"AutoConfig": "evil.Config"})
    with pytest.raises(ModelError, match="no code of a model is ever run"):
        resolve(named)


def test_code_that_nobody_needs_is_left_alone(copy, target):
    (copy / "evil.py").write_text("raise SystemExit(99)")
    named = changed(copy, "config.json", auto_map={"AutoModelForCausalLM": "evil.Model"})
    assert scores(resolve(named)[0]) == pytest.approx(scores(target), abs=1e-4)


def test_code_of_a_tokenizer_is_never_run(copy):
    (copy / "evil.py").write_text("raise SystemExit(99)")
    named = changed(
        copy, "tokenizer_config.json", tokenizer_class="EvilTokenizer", auto_map={"AutoTokenizer": ["evil.T", "evil.T"]}
    )
    with pytest.raises(ModelError, match="no code of a model is ever run"):
        resolve(named)


def test_a_configuration_cannot_lead_to_a_pickle(copy):
    (copy / "adapter_model.bin").write_bytes(b"\x80\x04.")
    with pytest.raises(ModelError, match="transformers_weights"):
        resolve(changed(copy, "config.json", transformers_weights="adapter_model.bin"))


@pytest.mark.parametrize("name", ["config.json", "model.safetensors", "more.safetensors", "a.safetensors.index.json"])
def test_a_device_or_a_pipe_in_place_of_a_file_is_refused(copy, name):
    (copy / name).unlink(missing_ok=True)
    (copy / name).symlink_to(os.devnull)
    with pytest.raises(ModelError, match="no regular file"):
        resolve(str(copy))
    (copy / name).unlink()
    os.mkfifo(copy / name)
    with pytest.raises(ModelError, match="no regular file"):
        resolve(str(copy))


def test_an_index_that_is_endless_is_refused(copy, monkeypatch):
    monkeypatch.setattr(safetensors_header, "_LONGEST_INDEX", 100)
    (copy / "model.safetensors.index.json").write_text(json.dumps({"weight_map": {"a" * 100: "model.safetensors"}}))
    with pytest.raises(ModelError, match="too long"):
        resolve(str(copy))


def test_a_tokenizer_that_panics_is_refused(copy):
    with pytest.raises(ModelError, match="tokenizer cannot be loaded"):
        resolve(
            changed(copy, "tokenizer.json", normalizer={"type": "Replace", "pattern": {"Regex": ""}, "content": "x"})
        )


@pytest.mark.parametrize("limit", [-5, float("inf"), float("nan")], ids=str)
def test_a_window_that_is_no_number_of_tokens_is_not_believed(copy, target, limit):
    named = changed(copy, "tokenizer_config.json", model_max_length=limit)
    assert scores(resolve(named)[0]) == pytest.approx(scores(target), abs=1e-4)


def test_a_text_that_the_tokenizer_fails_at_costs_the_others_nothing(copy):
    model = {"type": "WordPiece", "unk_token": "?", "continuing_subword_prefix": "", "max_input_chars_per_word": 100}
    named = changed(copy, "tokenizer.json", model={**model, "vocab": {letter: at for at, letter in enumerate("abc")}})
    trials = [Trial(number, "target", "a", text) for number, text in enumerate(("b", "q", "c"))]
    known, unknown, other = resolve(named)[0].log_likelihood(trials)
    assert unknown == Unanswered("the tokenizer does not take the text")
    assert known.tokens == other.tokens == 1


def test_links_as_in_the_cache_of_the_hub_are_followed(folder, tmp_path, target):
    for path in folder.iterdir():
        (tmp_path / path.name).symlink_to(path)
    assert resolve(str(tmp_path))[0].identity.digest == target.identity.digest


def test_an_index_that_leads_out_of_the_folder_is_refused(copy):
    index = {"weight_map": {"lm_head.weight": "../model.safetensors"}}
    (copy / "model.safetensors.index.json").write_text(json.dumps(index))
    with pytest.raises(ModelError, match="not in this folder"):
        resolve(str(copy))


def test_an_adapter_in_a_pickle_is_refused(folder, adapted, tmp_path):
    shutil.copytree(adapted / "adapter", tmp_path, dirs_exist_ok=True)
    (tmp_path / "adapter_model.safetensors").rename(tmp_path / "adapter_model.bin")
    with pytest.raises(ModelError, match=r"peft_model\.save_pretrained"):
        resolve(str(tmp_path), str(folder))


def test_an_adapter_that_names_a_module_is_refused(folder, adapted, tmp_path):
    shutil.copytree(adapted / "adapter", tmp_path, dirs_exist_ok=True)
    named = changed(tmp_path, "adapter_config.json", megatron_config={"x": 1}, megatron_core="os")
    with pytest.raises(ModelError, match="names a module to import"):
        resolve(named, str(folder))


@pytest.mark.parametrize(
    "values",
    [{"rank_pattern": [1 << 40]}, {"rank_pattern": {"q_proj": 1 << 40}}, {"base_model_name_or_path": "a" * 5000}],
)
def test_an_adapter_whose_configuration_is_damaged_is_refused(adapted, tmp_path, values):
    shutil.copytree(adapted / "adapter", tmp_path, dirs_exist_ok=True)
    with pytest.raises(ModelError):
        resolve(
            changed(tmp_path, "adapter_config.json", **{"base_model_name_or_path": str(adapted / "merged"), **values})
        )


def test_an_adapter_of_another_model_is_refused(adapted, tmp_path):
    other = save(tmp_path / "other", model(num_hidden_layers=3))
    with pytest.raises(ModelError, match="does not fit"):
        resolve(str(adapted / "adapter"), str(other))
    wider = save(tmp_path / "wider", model(hidden_size=64))
    with pytest.raises(ModelError, match="cannot be loaded onto"):
        resolve(str(adapted / "adapter"), str(wider))


def test_an_adapter_is_no_base(folder, adapted):
    with pytest.raises(ModelError, match="cannot be the base"):
        resolve(str(adapted / "merged"), str(adapted / "adapter"))


def test_an_adapter_is_asked_in_the_template_that_it_was_trained_with(adapted, tmp_path):
    plain = save(tmp_path / "base", model(), tokenizer(template=None))
    shutil.copytree(adapted / "adapter", tmp_path / "adapter")
    tokenizer(template=TEMPLATE.replace("im_start", "im_end")).save_pretrained(tmp_path / "adapter")
    tuned, reference = resolve(str(tmp_path / "adapter"), str(plain))
    assert tuned.render(TURNS).startswith("<|im_end|>user")
    assert reference.render(TURNS) == tuned.render(TURNS)


@pytest.mark.parametrize("rows", [0, 100], ids=["fewer", "more"])
@pytest.mark.filterwarnings("ignore:Setting `save_embedding_layers`:UserWarning")
def test_an_adapter_may_bring_more_tokens_or_fewer(folder, tmp_path, rows):
    peft = pytest.importorskip("peft")
    from transformers import AutoModelForCausalLM

    words = tokenizer()
    words.add_tokens(["<new>"])
    base = AutoModelForCausalLM.from_pretrained(folder)
    base.resize_token_embeddings(len(words) + rows, mean_resizing=False)
    settings = peft.LoraConfig(
        r=2, target_modules=["q_proj"], modules_to_save=["embed_tokens", "lm_head"], task_type="CAUSAL_LM"
    )
    peft.get_peft_model(base, settings).save_pretrained(tmp_path)
    words.save_pretrained(tmp_path)
    tuned, _ = resolve(str(tmp_path), str(folder))
    [answer] = tuned.log_likelihood([Trial(0, "target", TURNS, "<new>")])
    assert answer.tokens == 1


@pytest.mark.parametrize("settings", [{"init_lora_weights": "pissa"}, {"bias": "all"}], ids=["pissa", "biases"])
@pytest.mark.filterwarnings("ignore:.*[Cc]areful.*:UserWarning")
def test_an_adapter_that_alters_its_base_is_compared_with_the_base_itself(tmp_path, settings):
    peft = pytest.importorskip("peft")
    from transformers import AutoModelForCausalLM

    folder = save(tmp_path / "base", model("Qwen2", num_key_value_heads=2))
    base = AutoModelForCausalLM.from_pretrained(folder)
    adapter = peft.get_peft_model(
        base, peft.LoraConfig(r=4, target_modules=["q_proj"], task_type="CAUSAL_LM", **settings)
    )
    for name, parameter in adapter.named_parameters():
        if "lora_" in name or name.endswith("bias"):
            parameter.data += 0.5
    adapter.save_pretrained(tmp_path / "adapter")
    expected = scores(resolve(str(folder))[0])
    tuned, reference = resolve(str(tmp_path / "adapter"), str(folder))
    assert reference._model is not tuned._model
    assert scores(reference) == pytest.approx(expected, abs=1e-3)
    assert scores(tuned) != pytest.approx(expected, abs=0.1)


def test_an_adapter_of_another_kind_is_refused_before_it_names_a_file(folder, adapted, tmp_path):
    shutil.copytree(adapted / "adapter", tmp_path, dirs_exist_ok=True)
    more = {"peft_type": "MULTITASK_PROMPT_TUNING", "prompt_tuning_init_state_dict_path": "evil.bin"}
    with pytest.raises(ModelError, match=r"\(MULTITASK_PROMPT_TUNING\) is not supported"):
        resolve(changed(tmp_path, "adapter_config.json", **more), str(folder))
    with pytest.raises(ModelError, match=r"\(XLORA\) is not supported"):
        resolve(changed(tmp_path, "adapter_config.json", peft_type="XLORA", adapters={"a": "evil"}), str(folder))
    with pytest.raises(ModelError, match="a rank that no tensor"):
        resolve(changed(tmp_path, "adapter_config.json", peft_type="LORA", r=1 << 40), str(folder))


def test_a_tokenizer_of_a_larger_model_is_refused(copy):
    tokenizer().save_pretrained(copy)
    small = save(copy.parent / "small", model(vocab_size=200))
    with pytest.raises(ModelError, match="the tokenizer is another model's"):
        resolve(str(small))


def test_a_token_that_was_added_but_never_trained_is_unanswered(folder, copy):
    words = tokenizer()
    words.add_tokens(["<new>"] * 1 + [f"<new{number}>" for number in range(300)])
    words.save_pretrained(copy)
    target = resolve(str(copy))[0]
    plain, new = target.log_likelihood([Trial(0, "target", TURNS, text) for text in ("4711", "<new299>")])
    assert not isinstance(plain, Unanswered)
    assert "token that the model does not have" in new.reason
    assert isinstance(target.generate([Prompt("<new299>", max_tokens=2)])[0], Unanswered)


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json"])
def test_files_that_are_damaged_are_a_clear_error(copy, name):
    (copy / name).write_text('{"a": [[')
    with pytest.raises(ModelError, match=r"cannot be read as JSON|cannot be loaded"):
        resolve(str(copy))


def test_weights_are_hashed_once(adapted, folder, monkeypatch):
    from finetooth.targets import modelfiles

    modelfiles._sha256.cache_clear()
    resolve(str(adapted / "adapter"), str(folder))
    told = modelfiles._sha256.cache_info()
    assert told.misses == len(list(folder.iterdir())) + len(list((adapted / "adapter").iterdir()))
